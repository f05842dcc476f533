"""The Fokker-Planck equation in scipy: Crank-Nicolson steps with matrices that are factored once."""
import numpy as np
import scipy
from scipy import sparse
from scipy.linalg import lapack
from scipy.sparse.linalg import splu

from registry import values, work


def versions(_):
    return {"scipy": scipy.__version__}


def diagonals(up, down):
    """The lower, main and upper diagonal of the generator."""
    leaving = np.zeros(len(up) + 1)
    leaving[:-1] += up
    leaving[1:] += down
    return up, -leaving, down


@work("fokker-planck", "scipy")
def line(size, inputs):
    half = inputs["step"][0] / 2
    lower, main, upper = (half * d for d in diagonals(inputs["up"], inputs["down"]))
    factors = lapack.dgttrf(-lower, 1 - main, -upper)[:5]
    start = inputs["start"]

    def run():
        p = start
        for _ in range(size["steps"]):
            right = (1 + main) * p
            right[1:] += lower * p[:-1]
            right[:-1] += upper * p[1:]
            p = lapack.dgttrs(*factors, right, overwrite_b=True)[0]
        return p
    return values(density=run()), run


def half_steps(ups, downs, half):
    """The two matrices of a step along many lines, as one matrix of blocks; the implicit one is factored."""
    generator = sparse.block_diag([sparse.diags_array(diagonals(up, down), offsets=(-1, 0, 1))
                                   for up, down in zip(ups, downs)], format="csr")
    one = sparse.eye_array(generator.shape[0])
    return (one + half * generator).tocsr(), splu((one - half * generator).tocsc(), permc_spec="NATURAL")


@work("fokker-planck-plane", "scipy")
def plane(size, inputs):
    start, dt = inputs["start"], inputs["step"][0]
    along_rows = half_steps(inputs["rows-up"], inputs["rows-down"], dt / 4)
    along_cols = half_steps(inputs["cols-up"], inputs["cols-down"], dt / 2)

    def move(p, matrices):
        return matrices[1].solve(matrices[0] @ p.ravel()).reshape(p.shape)

    def run():
        p = start
        for _ in range(size["steps"]):
            p = move(p, along_rows)
            p = move(p.T, along_cols).T
            p = move(p, along_rows)
        return p
    return values(density=run()), run
