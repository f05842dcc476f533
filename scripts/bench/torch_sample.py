"""Sampling with the network in PyTorch."""
import torch

import flows
from registry import values, work
from torch_net import FIRST, LAST, Net, compiled, path


def versions(_):
    return {}


def reverse_sde(net):
    """A step of Euler-Maruyama from time t to s, for dx = (f x - g^2 score) dt + g dB."""
    def step(x, t, s, z):
        alpha, sigma, beta = path(t)
        dt = t - s
        return x + (beta / 2 * x - beta / sigma * net(x, alpha, sigma)) * dt + torch.sqrt(beta * dt) * z
    return step


def ddim(net):
    def step(x, t, s, z):
        (a, b, _), (c, d, _) = path(t), path(s)
        eps = net(x, a, b)
        return c * (x - b * eps) / a + d * eps
    return step


def sampling(step_of, drawn):
    def prepare(size, inputs, peer):
        step = compiled(step_of(Net(inputs.weights()).requires_grad_(False)), peer)
        start, noise = torch.from_numpy(inputs["start"]), torch.from_numpy(inputs["noise"])

        @torch.inference_mode()
        def carried(steps, given):
            x, grid = start, torch.linspace(LAST, FIRST, steps + 1).unbind()
            for i in range(steps):
                z = given[i, 0] if given is not None else torch.randn_like(x) if drawn else x
                x = step(x, grid[i], grid[i + 1], z)
            return x

        return values(end=carried(len(noise), noise)), lambda: carried(size["steps"], None)
    return prepare


work("reverse-sde", "pytorch", "torch.compile")(sampling(reverse_sde, True))
work("ddim", "pytorch", "torch.compile")(sampling(ddim, False))


class Arrays:
    """What flows.run needs of an array library, in PyTorch."""
    log, where, expm1, maximum = torch.log, torch.where, torch.expm1, max


def loop(first, last, body, state):
    for i in range(first, last):
        state = body(i, state)
    return state


@work("quality-flow", "pytorch")
def quality(size, inputs):
    net, start = Net(inputs.weights()).requires_grad_(False), torch.from_numpy(inputs["start"])

    def noise(x, t):
        alpha, sigma, _ = path(t)
        return net(x, alpha, sigma)

    @torch.inference_mode()
    def run(kind, grid):
        return flows.run(kind, Arrays, loop, noise, lambda t: path(t)[:2], start, torch.from_numpy(grid).unbind())

    bounds, name, grid = flows.best(flows.KINDS, run_of(run), inputs["reference"])
    return bounds, lambda: run(flows.KINDS[name], grid)


def run_of(run):
    return lambda kind, grid: run(kind, grid).numpy()
