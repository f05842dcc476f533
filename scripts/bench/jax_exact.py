"""The exact mixture, the ideal denoiser and matrix products in JAX."""
import jax
import jax.numpy as jnp
import numpy as np

from jax_net import path
from jax_sample import chain, reverse_sde
from registry import values, work


def versions(_):
    return {}


def score_of_mixture(weights, means, spectrum, basis):
    """The score of a mixture along the path, from the eigenvalues and eigenvectors of each covariance."""
    def score(x, t):
        alpha, sigma, _ = path(t)
        z = jnp.einsum("nd,kde->nke", x, basis) - alpha * jnp.einsum("kd,kde->ke", means, basis)
        v = alpha**2 * spectrum + sigma**2
        joint = jnp.log(weights) - (jnp.sum(z**2 / v, 2) + jnp.sum(jnp.log(v), 1)) / 2
        each = -jnp.einsum("nke,kde->nkd", z / v, basis)
        return jnp.sum(jax.nn.softmax(joint, 1)[:, :, None] * each, 1)
    return score


@work("mixture", "jax")
def mixture(size, inputs):
    parts = [np.asarray(inputs["mixture/" + name]) for name in ("weights", "means", "spectrum", "basis")]
    return chain(lambda: reverse_sde(score_of_mixture(*parts)), size, inputs, True)


@work("ideal-denoiser", "jax")
def ideal_denoiser(size, inputs):
    images, x = jnp.asarray(inputs["images"]), jnp.asarray(inputs["x"])
    alpha, sigma = (float(v) for v in inputs["path"])

    @jax.jit
    def denoise(x, images):
        half = alpha**2 * jnp.sum(images**2, 1) / 2 - alpha * (x @ images.T)
        return jax.nn.softmax(-half / sigma**2, 1) @ images

    def run():
        for _ in range(size["repeats"]):
            jax.block_until_ready(denoise(x, images))
    return values(result=denoise(x, images).ravel()[:2000]), run


@work("product", "jax")
def product(size, inputs):
    x, y = jnp.asarray(inputs["x"]), jnp.asarray(inputs["y"])
    multiply = jax.jit(lambda x, y: jnp.dot(x, y))

    def run():
        for _ in range(size["repeats"]):
            jax.block_until_ready(multiply(x, y))
    return values(result=multiply(x, y).ravel()[:2000]), run
