"""Writes parity.json: where the schedulers of diffusers carry eight points under the exact noise predictor of a mixture.

    python -m venv /tmp/parity && /tmp/parity/bin/pip install torch==2.6.0 diffusers==0.42.1 numpy
    /tmp/parity/bin/python lib/diffusion/testdata/parity.py

Every case is the same kind of record, so that one test can follow any of them:

    levels   sigma/alpha before each step and after the last: what diffusers calls sigmas
    times    the same in steps of the beta table, diffusers' timestep + 1, where they are whole steps
    next     where a step ends when that is not where the next one starts (DDIM)
    start    y = x/alpha of the eight points, and end after the last level (or after `steps` of them)
    noise    the standard normals that the scheduler was given, a row for each draw

The predictor reads the level from the scheduler, not the timestep: diffusers rounds the timesteps of Karras' levels.
"""
import json
import pathlib
import platform
import sys

import diffusers
import numpy as np
import torch

POINTS = np.array([-2.1, -1.3, -0.7, -0.2, 0.3, 0.8, 1.4, 2.2])
WEIGHTS, MEANS, SCALES = np.array([0.3, 0.7]), np.array([-2.0, 1.0]), np.array([0.4, 0.6])
TABLES = {  # in diffusers' words
    "ddpm": dict(num_train_timesteps=1000, beta_start=1e-4, beta_end=0.02, beta_schedule="linear"),
    "stable-diffusion": dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
    "short": dict(num_train_timesteps=20, beta_start=0.005, beta_end=0.6, beta_schedule="linear"),
}


def denoise(y, level):
    """E[x0 | x0 + level z = y] for the mixture."""
    y = np.asarray(y)[..., None]
    variance = SCALES**2 + level**2
    log = np.log(WEIGHTS) - np.log(variance) / 2 - (y - MEANS) ** 2 / (2 * variance)
    share = np.exp(log - log.max(-1, keepdims=True))
    share /= share.sum(-1, keepdims=True)
    return (share * (MEANS + SCALES**2 / variance * (y - MEANS))).sum(-1)


def noise_in(y, level):
    """E[z | x0 + level z = y]: the noise is the same for x = alpha y."""
    return (y - denoise(y, level)) / level


class Double:
    """A module whose float32 is float64: the schedulers name float32 wherever they compute."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        return getattr(self.module, "float64" if name == "float32" else name)


torch.set_default_dtype(torch.float64)


def scheduler(name, table, n, **options):
    kind = getattr(diffusers, name)
    module = sys.modules[kind.__module__]
    module.np, module.torch = Double(np), Double(torch)
    options = {k: v for k, v in options.items() if v is not None}
    s = kind(**TABLES[table], **options)
    s.set_timesteps(n)
    for key, value in vars(s).items():
        if torch.is_tensor(value) and value.is_floating_point():
            assert value.dtype == torch.float64, key
    return s, module


def normals(name, count):
    seed = list(name.encode())
    return np.random.default_rng(seed).normal(size=(count, len(POINTS))).round(6)


def record(name, table, levels, start, end, times=None, next_=None, steps=None, noise=()):
    out = dict(name=name, table=table, levels=list(levels), start=list(start), end=list(end))
    if times is not None and all(t == round(t) for t in times):
        out["times"] = [int(t) for t in times]
    if next_ is not None and list(next_) != list(times[1:]):
        out["next"] = [int(t) for t in next_]
    if steps is not None:
        out["steps"] = steps
    if len(noise):
        out["noise"] = [list(z) for z in noise]
    return out


def in_timesteps(name, kind, table, n, eta=None, **options):
    """DDIM and DDPM, which know timesteps of the table and x on the variance-preserving path."""
    s, module = scheduler(kind, table, n, clip_sample=False, **options)
    abar = s.alphas_cumprod.numpy()
    noise = normals(name, n)
    drawn = []

    def draw(shape, **_):
        drawn.append(noise[len(drawn)])
        return torch.tensor(drawn[-1]).reshape(shape)

    module.randn_tensor = draw
    extra = {} if eta is None else dict(eta=eta)
    timesteps = s.timesteps.tolist()
    start = POINTS / np.sqrt(abar[timesteps[0]])
    x = torch.tensor(POINTS)[:, None]
    for t in timesteps:
        level = np.sqrt((1 - abar[t]) / abar[t])
        eps = noise_in(x[:, 0].numpy() / np.sqrt(abar[t]), level)
        x = s.step(torch.tensor(eps)[:, None], t, x, **extra).prev_sample
        assert x.dtype == torch.float64
    if kind == "DDIMScheduler":
        last = 0 if s.config.set_alpha_to_one else 1
        reach = [t + 1 - s.config.num_train_timesteps // n for t in timesteps]
        reach = [t if t >= 1 else last for t in reach]
    else:
        last = 0
        reach = [t + 1 for t in timesteps[1:]] + [last]
    times = [t + 1 for t in timesteps] + [last]
    level_at = lambda t: np.sqrt((1 - abar[t - 1]) / abar[t - 1]) if t else 0.0
    end = x[:, 0].numpy() * np.hypot(1, level_at(reach[-1]))
    return record(name, table, [level_at(t) for t in times], start, end, times, reach, noise=drawn)


def in_levels(name, kind, table, n, evaluations=1, steps=None, scaled=True, **options):
    """The others, which know levels; x is on the variance-preserving path, or y itself where the input is scaled."""
    s, module = scheduler(kind, table, n, **options)
    s.set_begin_index(0)
    count = len(s.timesteps)
    noise = normals(name, n)
    drawn = []

    def draw(shape, **_):
        drawn.append(noise[len(drawn)])
        return torch.tensor(drawn[-1]).reshape(shape)

    module.randn_tensor = draw
    levels = s.sigmas.numpy()
    unit = (lambda level: 1.0) if scaled else (lambda level: 1 / np.hypot(1, level))
    assert np.any(levels != levels.astype(np.float32)), "levels went through float32"
    x = torch.tensor(POINTS * float(s.init_noise_sigma))[:, None]
    start = x[:, 0].numpy() / unit(levels[0])
    for i, t in enumerate(s.timesteps[: None if steps is None else steps]):
        if scaled:
            s.scale_model_input(x, t)  # divides by sqrt(1 + level^2), as noise_in's caller would
        eps = noise_in(x[:, 0].numpy() / unit(levels[i]), levels[i])
        x = s.step(torch.tensor(eps)[:, None], t, x).prev_sample
        assert x.dtype == torch.float64
    end = x[:, 0].numpy() / unit(levels[count if steps is None else steps])
    if evaluations == 2:  # Heun's list has every level twice
        levels, timesteps = levels[[0, *range(1, count + 1, 2)]], s.timesteps[[0, *range(1, count, 2)]]
    else:
        timesteps = s.timesteps
    # A timestep is where its level is, unless diffusers rounded it or interpolated.
    table_levels = ((1 - s.alphas_cumprod) / s.alphas_cumprod).numpy() ** 0.5
    times = []
    for t, level in zip([*timesteps.tolist(), None], levels):
        at = None if t is None or t != round(t) else int(t)
        if level == 0:
            times.append(0)
        elif t is None and level == table_levels[0]:
            times.append(1)
        elif at is not None and level == table_levels[at]:
            times.append(at + 1)
        else:
            times = None
            break
    return record(name, table, levels, start, end, times, steps=steps, noise=drawn)


def all_cases():
    D, P = "DDIMScheduler", "DDPMScheduler"
    yield in_timesteps("ddim/leading", D, "ddpm", 10)
    yield in_timesteps("ddim/trailing", D, "ddpm", 10, timestep_spacing="trailing")
    yield in_timesteps("ddim/eta .5", D, "ddpm", 10, eta=0.5)
    yield in_timesteps("ddim/eta 1", D, "ddpm", 10, eta=1.0)
    yield in_timesteps("ddim/stable diffusion", D, "stable-diffusion", 10, steps_offset=1, set_alpha_to_one=False)
    yield in_timesteps("ddim/linspace", D, "ddpm", 10, timestep_spacing="linspace")
    yield in_timesteps("ddim/trailing, 7 steps", D, "ddpm", 7, timestep_spacing="trailing")
    yield in_timesteps("ddpm/small", P, "short", 20)
    yield in_timesteps("ddpm/large", P, "short", 20, variance_type="fixed_large")
    yield in_timesteps("ddpm/small, leading", P, "ddpm", 10)
    yield in_timesteps("ddpm/small, linspace", P, "ddpm", 10, timestep_spacing="linspace")
    yield in_timesteps("ddpm/small, trailing", P, "ddpm", 10, timestep_spacing="trailing")
    yield in_timesteps("ddpm/large, trailing", P, "ddpm", 10, timestep_spacing="trailing", variance_type="fixed_large")

    E, A, H = "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "HeunDiscreteScheduler"
    for spacing in "linspace", "leading", "trailing":
        yield in_levels(f"euler/{spacing}", E, "ddpm", 10, timestep_spacing=spacing)
        yield in_levels(f"euler ancestral/{spacing}", A, "ddpm", 10, timestep_spacing=spacing)
        yield in_levels(f"heun/{spacing}", H, "ddpm", 10, evaluations=2, timestep_spacing=spacing)
    yield in_levels("euler/between timesteps", E, "ddpm", 8)
    yield in_levels("euler/sigma_min", E, "ddpm", 10, final_sigmas_type="sigma_min")
    yield in_levels("euler/karras", E, "ddpm", 10, use_karras_sigmas=True)
    yield in_levels("heun/karras", H, "ddpm", 10, evaluations=2, use_karras_sigmas=True)

    def multistep(name, kind, n, **options):
        return in_levels(name, kind, "ddpm", n, scaled=False, **options)

    M = "DPMSolverMultistepScheduler"
    full = dict(lower_order_final=False, final_sigmas_type="sigma_min")
    for order in 1, 2, 3:
        yield multistep(f"dpm++/{order}", M, 16, solver_order=order)
        yield multistep(f"dpm++/{order}, sigma_min", M, 10, solver_order=order, **full)
    yield multistep("dpm++/2, leading", M, 16, solver_order=2, timestep_spacing="leading")
    yield multistep("dpm++/2, trailing", M, 16, solver_order=2, timestep_spacing="trailing")
    yield multistep("dpm++/2, karras", M, 16, solver_order=2, use_karras_sigmas=True)
    yield multistep("dpm++/3, karras", M, 16, solver_order=3, use_karras_sigmas=True)
    yield multistep("dpm++/2 heun", M, 16, solver_order=2, solver_type="heun")
    yield multistep("dpm++/2 heun, sigma_min", M, 10, solver_order=2, solver_type="heun", **full)
    yield multistep("dpm++/2, 10 steps", M, 10, solver_order=2)
    yield multistep("dpm++/3, 10 steps", M, 10, solver_order=3)
    yield multistep("dpm++/2, sigma_min, lower", M, 10, solver_order=2, final_sigmas_type="sigma_min")
    # In equal steps of the logarithm every second level is the middle of its step, up to the last, repeated one.
    yield multistep("dpm singlestep/2, exponential", "DPMSolverSinglestepScheduler", 12, steps=10, solver_order=2,
                    algorithm_type="dpmsolver", final_sigmas_type="sigma_min", use_exponential_sigmas=True)

    U = "UniPCMultistepScheduler"
    for order in 1, 2, 3:
        for kind in "bh1", "bh2":
            yield multistep(f"unipc/{order} {kind}, sigma_min", U, 10, solver_order=order, solver_type=kind, **full)
        yield multistep(f"unipc/{order} bh2", U, 10, solver_order=order)  # bh1 is NaN at the level 0
    yield multistep("unipc/2 bh2, karras", U, 10, solver_order=2, use_karras_sigmas=True)

    I = "DEISMultistepScheduler"
    for order in 1, 2, 3:
        yield multistep(f"deis/{order}", I, 16, solver_order=order)
        yield multistep(f"deis/{order}, 10 steps", I, 10, solver_order=order)
    yield multistep("deis/2, karras", I, 16, solver_order=2, use_karras_sigmas=True)


def by_hand():
    """The patched DDIM against its formula: no float32 is left."""
    betas = np.linspace(1e-4, 0.02, 1000)
    abar = np.cumprod(1 - betas)
    case = in_timesteps("ddim/leading", "DDIMScheduler", "ddpm", 10)
    y = np.array(case["start"])
    for a, b in zip(case["times"], case["times"][1:]):
        p, q = abar[a - 1], abar[b - 1] if b else 1.0
        u, v = np.sqrt((1 - p) / p), np.sqrt((1 - q) / q)
        y = denoise(y, u) + v * noise_in(y, u)
    assert np.max(np.abs(y - case["end"])) < 1e-12, np.max(np.abs(y - case["end"]))


if __name__ == "__main__":
    by_hand()
    versions = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__, "diffusers": diffusers.__version__}
    cases = list(all_cases())
    for case in cases:
        assert np.all(np.isfinite(case["end"])), case["name"]
    lines = ",\n".join(json.dumps(case) for case in cases)
    text = '{"versions": %s,\n"tables": %s,\n"cases": [\n%s\n]}\n' % (json.dumps(versions), json.dumps(TABLES), lines)
    path = pathlib.Path(__file__).with_name("parity.json")
    path.write_text(text)
    print(path, len(text), "bytes,", len(cases), "cases")
