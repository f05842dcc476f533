"""Writes edm.json: where the samplers of NVlabs/edm carry the points of parity.py under the same exact predictor.

    /tmp/parity/bin/python lib/diffusion/testdata/edm.py CHECKOUT

CHECKOUT is a checkout of NVlabs/edm (008a4e5), whose licence is not ours: it is asked, and nothing of it is kept but the
numbers. Records are those of parity.py; times are those of the continuous process.
"""
import ast
import json
import math
import pathlib
import platform
import sys

import numpy as np
import torch

from parity import POINTS, denoise, normals


def samplers(checkout):
    """The functions of generate.py, without its imports."""
    tree = ast.parse((pathlib.Path(checkout) / "generate.py").read_text())
    tree.body = [f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name in ("edm_sampler", "ablation_sampler")]
    found = {"torch": torch, "np": np}
    exec(compile(tree, "generate.py", "exec"), found)
    return found["edm_sampler"], found["ablation_sampler"]


class Net:
    """A denoiser that keeps what it was asked."""

    sigma_min, sigma_max = 0, math.inf

    def __init__(self):
        self.asked = []

    def round_sigma(self, sigma):
        return torch.as_tensor(sigma)

    def __call__(self, x, sigma, labels=None):
        self.asked.append((x[:, 0].numpy().copy(), float(sigma)))
        return torch.tensor(denoise(x[:, 0].numpy(), float(sigma)))[:, None]


def run(name, sampler, n, steps=None, **options):
    noise = iter(normals(name, n))
    drawn = []

    def draw(x):
        drawn.append(list(next(noise)))
        return torch.tensor(drawn[-1])[:, None]

    net = Net()
    end = sampler(net, torch.tensor(POINTS)[:, None], randn_like=draw, num_steps=n, **options)[:, 0]
    assert end.dtype == torch.float64
    out = dict(name=name, options=options, end=list(end.numpy()))
    # The first of every pair of questions is at the start of a step, after the churn.
    starts = net.asked if options.get("solver") == "euler" else net.asked[::2]
    if steps is not None:
        out["steps"], out["end"] = steps, list(starts[steps][0])
    if options.get("S_churn"):
        out["noise"] = drawn
        ramp = np.arange(n) / (n - 1)
        levels = (80 ** (1 / 7) + ramp * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7
        out["start"] = list(POINTS * levels[0])
    else:
        levels = [sigma for _, sigma in starts]
        out["start"] = list(starts[0][0])
    out["levels"] = [*map(float, levels), 0.0]
    if "discretization" in options:
        out["times"] = [1 + i / (n - 1) * (1e-3 - 1) for i in range(n)]
    return out


def all_cases(edm, ablation):
    yield run("edm", edm, 10)
    yield run("edm/2 steps", edm, 2)
    yield run("edm/churn", edm, 10, S_churn=3, S_min=0.05, S_max=50, S_noise=1.003)
    yield run("edm/most churn", edm, 10, S_churn=40, S_min=0.05, S_max=50, S_noise=1.007)
    yield run("edm/churn above the horizon", edm, 10, S_churn=3)
    # In the time of the variance-preserving process, up to the last step: that ends at 0, where the velocity is infinite.
    vp = dict(discretization="vp", schedule="vp", scaling="vp")
    yield run("edm ablation/euler", ablation, 10, steps=9, solver="euler", **vp)
    yield run("edm ablation/heun", ablation, 10, steps=9, solver="heun", **vp)


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}
    lines = ",\n".join(json.dumps(case) for case in all_cases(*samplers(sys.argv[1])))
    path = pathlib.Path(__file__).with_name("edm.json")
    path.write_text('{"versions": %s,\n"cases": [\n%s\n]}\n' % (json.dumps(versions), lines))
    print(path, path.stat().st_size, "bytes")
