"""The network and the path of cmd/bench/ourstraining.go in PyTorch."""
import math

import torch

BETA = 0.1, 20.0
FIRST, LAST = 1e-3, 1.0  # times
SPREAD = math.sqrt(2 + 0.15**2)  # standard deviation of the ring along an axis
LADDER = torch.tensor([math.pi / 40 * 40.0 ** (i / 15) for i in range(16)])


def versions(peer):
    if peer == "torch.compile":
        torch.compile(lambda x: torch.sin(x) + x)(torch.ones(2))  # fails where there is no C++ compiler
    return {"torch": torch.__version__}


def compiled(f, peer):
    if peer != "torch.compile":
        return f
    torch.compiler.reset()  # else a second size is compiled for all sizes, and runs slower
    return torch.compile(f)


def path(t):
    """alpha, sigma and beta."""
    integral = t * (BETA[0] + t * ((BETA[1] - BETA[0]) / 2))
    return torch.exp(-integral / 2), torch.sqrt(-torch.expm1(-integral)), BETA[0] + t * (BETA[1] - BETA[0])


class Net(torch.nn.Module):
    """The raw network at x scaled to unit variance; alpha and sigma are scalars or columns."""

    def __init__(self, weights):
        super().__init__()
        for name, (w, b) in weights.items():
            layer = torch.nn.Linear(*w.shape)
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(w.T))
                layer.bias.copy_(torch.from_numpy(b.ravel()))
            setattr(self, name, layer)

    def forward(self, x, alpha, sigma):
        swish = torch.nn.functional.silu
        level = torch.clip(2 * torch.log(alpha / sigma), -20, 20)
        phase = level.reshape(-1, 1) * LADDER
        known = swish(self.noise(torch.cat([torch.cos(phase), torch.sin(phase)], 1)))
        scaled = x / torch.sqrt(alpha**2 * SPREAD**2 + sigma**2)
        h = swish(self.layer0(scaled) + self.condition(known))
        return self.last(swish(self.layer2(swish(self.layer1(h)))))
