"""Solvers of the probability flow that a program in JAX or PyTorch has or writes, and the choice among them."""
import numpy as np

ERROR = 0.01  # as in cmd/bench/oursflow.go
STEPS = [4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 64, 96, 128, 192, 256]
KINDS = {"DPM-Solver++ 2M": "2m", "EDM's Heun": "heun", "DDIM": "ddim"}


def time_of(level):
    """The time at which sigma/alpha has a value, on the path with beta from 0.1 to 20."""
    integral = np.log1p(level**2)
    return 2 * integral / (0.1 + np.sqrt(0.01 + 2 * 19.9 * integral))


def levels():
    b = np.array([1.0, 1e-3])
    return np.sqrt(np.expm1(b * (0.1 + b * 9.95)))


def grids(steps):
    first, last = levels()
    u = np.linspace(0, 1, steps + 1)
    yield "equal steps of log SNR", time_of(first ** (1 - u) * last**u).astype(np.float32)
    yield "the grid of Karras et al.", time_of(((1 - u) * first ** (1 / 7) + u * last ** (1 / 7)) ** 7).astype(np.float32)


def run(kind, np, loop, noise, path, x, grid):
    """Carries x over the grid. np is the array library, and loop(first, last, body, state) its loop."""
    def denoised(x, t):
        a, b = path(t)
        return (x - b * noise(x, t)) / a

    def ddim(i, state):
        x, last = state
        (a, b), (c, d), eps = path(grid[i]), path(grid[i + 1]), noise(x, grid[i])
        return c * (x - b * eps) / a + d * eps, last

    def heun(i, state):
        x, last = state
        (a, b), (c, d) = path(grid[i]), path(grid[i + 1])
        eps = noise(x, grid[i])
        y = x / a + (d / c - b / a) * eps
        return c * (x / a + (d / c - b / a) / 2 * (eps + noise(c * y, grid[i + 1]))), last

    def multistep(i, state):
        x, last = state
        (a, b), (c, d) = path(grid[i]), path(grid[i + 1])
        now = denoised(x, grid[i])
        h = np.log(c / d) - np.log(a / b)
        before = grid[i - 1] if not hasattr(i, "dtype") else grid[np.maximum(i - 1, 0)]
        e, f = path(before)
        r = (np.log(a / b) - np.log(e / f)) / h
        share = np.where(r > 0, 1 / (2 * np.where(r > 0, r, 1.0)), 0.0)
        mean = now + share * (now - last)
        return d / b * x - c * np.expm1(-h) * mean, now

    body = {"ddim": ddim, "heun": heun, "2m": multistep}[kind]
    return loop(0, len(grid) - 1, body, (x, 0 * x))[0]


def best(samplers, end, reference):
    """The first sampler and grid whose error is small enough. Heun evaluates twice a step."""
    for evaluations in STEPS:
        for name, sampler in samplers.items():
            steps = evaluations // 2 if KINDS[name] == "heun" else evaluations
            for rule, grid in grids(steps):
                got = np.asarray(end(sampler, grid), dtype=np.float64)
                rms = float(np.sqrt(np.mean(np.sum((got - reference) ** 2, 1))))
                if rms <= ERROR:
                    return ({"bounds": {"error": {"got": rms, "lo": 0, "hi": ERROR}},
                             "notes": {"sampler": f"{name}, {steps} steps, {rule}"}}, name, grid)
    raise RuntimeError(f"no sampler reaches an error of {ERROR}")
