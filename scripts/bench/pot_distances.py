"""Wasserstein distances in POT."""
import numpy as np
import ot

from registry import values, work


def versions(_):
    return {"pot": ot.__version__}


@work("w2", "pot")
def w2(size, inputs):
    x, y = inputs["x"], inputs["y"]
    weights = np.full(len(x), 1 / len(x))

    def of():
        return np.sqrt(ot.emd2(weights, weights, ot.dist(x, y), numItermax=10_000_000, numThreads="max"))
    return values(distance=of()), of


@work("sliced-w2", "pot")
def sliced(size, inputs):
    x, y, directions = inputs["x"], inputs["y"], np.ascontiguousarray(inputs["directions"].T)

    def of():
        return ot.sliced_wasserstein_distance(x, y, projections=directions)
    return values(distance=of()), of
