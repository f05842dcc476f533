"""Training steps in PyTorch."""
import torch

from registry import values, work
from torch_net import FIRST, LAST, Net, compiled, path


def versions(_):
    return {}


@work("denoising", "pytorch", "torch.compile")
def denoising(size, inputs, peer):
    def loss(net, x0, u, eps):
        alpha, sigma, _ = path(FIRST + (LAST - FIRST) * u)
        return ((net(alpha * x0 + sigma * eps, alpha, sigma) - eps) ** 2).sum(1).mean() / 2

    def begin():
        net = Net(inputs.weights())
        # Fused where it is the fastest of PyTorch's three implementations of Adam.
        return net, torch.optim.Adam(net.parameters(), lr=1e-3, fused=True), compiled(
            lambda x0, u, eps: loss(net, x0, u, eps), peer)

    def step(optimizer, loss, *batch):
        optimizer.zero_grad()
        value = loss(*batch)
        value.backward()
        optimizer.step()
        return value.detach()

    fixed = [torch.from_numpy(inputs[name]) for name in ("x0", "u", "eps")]
    net, optimizer, of = begin()
    losses = [float(step(optimizer, of, *fixed)) for _ in range(5)]

    table, n = torch.from_numpy(inputs["table"]), size["batch"]
    torch.manual_seed(1)

    def run():
        curve = []
        for _ in range(size["steps"]):
            x0 = table[torch.randint(len(table), (n,))]
            curve.append(step(optimizer, of, x0, torch.rand(n, 1), torch.randn(n, 2)))
        return torch.stack(curve).numpy()
    return values(loss=losses), run
