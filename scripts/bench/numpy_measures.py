"""The squared mean discrepancy and matrix products in numpy."""
import numpy as np

from registry import values, work


def versions(_):
    return {"numpy": np.__version__}


def kernel(x, y, width):
    square = (x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * (x @ y.T)
    return np.exp(square / (-2 * width**2))


@work("mmd2", "numpy")
def mmd2(size, inputs):
    x, y, width = inputs["x"], inputs["y"], inputs["width"][0]
    n, m = len(x), len(y)

    def of():
        within = (kernel(x, x, width).sum() - n) / (n * (n - 1)) + (kernel(y, y, width).sum() - m) / (m * (m - 1))
        return within - 2 * kernel(x, y, width).mean()
    return values(distance=of()), of


@work("product", "numpy")
def product(size, inputs):
    x, y = inputs["x"], inputs["y"]

    def run():
        for _ in range(size["repeats"]):
            x @ y
    return values(result=(x @ y).ravel()[:2000]), run
