"""The cold start of cmd/bench/cold.go in JAX: train the network on fresh samples of the ring and draw samples from it."""
import json
import sys

import jax
import jax.numpy as jnp
import numpy as np

from jax_net import FIRST, LAST, adam
from jax_sample import ddim, noise_of
from jax_train import denoising

STEPS = 50  # of the sampler
SHAPES = {"noise": (32, 64), "condition": (64, 128), "layer0": (2, 128), "layer1": (128, 128), "layer2": (128, 128),
          "last": (128, 2)}


def initial(key):
    """Weights of Glorot and Bengio, and no bias."""
    return {name: (jax.random.uniform(k, shape, jnp.float32, -1, 1) * np.float32(np.sqrt(6 / sum(shape))),
                   jnp.zeros((1, shape[1]), jnp.float32))
            for (name, shape), k in zip(SHAPES.items(), jax.random.split(key, len(SHAPES)))}


def ring(key, n):
    mode, spread = jax.random.split(key)
    angle = (jnp.pi / 4 * jax.random.randint(mode, (n,), 0, 8)).astype(jnp.float32)
    return 2 * jnp.stack([jnp.cos(angle), jnp.sin(angle)], 1) + 0.15 * jax.random.normal(spread, (n, 2), jnp.float32)


def main(size):
    @jax.jit
    def train(w, key):
        zero = jax.tree.map(jnp.zeros_like, w)

        def body(carry, k):
            data, u, eps = jax.random.split(jax.random.fold_in(key, k), 3)
            n = size["batch"]
            batch = (ring(data, n), jax.random.uniform(u, (n, 1), jnp.float32),
                     jax.random.normal(eps, (n, 2), jnp.float32), None)
            value, g = jax.value_and_grad(denoising)(carry[0], *batch)
            return adam(*carry, g, k + 1), value
        return jax.lax.scan(body, (w, zero, zero), jnp.arange(size["steps"], dtype=jnp.int32))

    @jax.jit
    def sample(w, x):
        grid, move = jnp.linspace(LAST, FIRST, STEPS + 1, dtype=x.dtype), ddim(noise_of(w))
        return jax.lax.fori_loop(0, STEPS, lambda i, x: move(x, grid[i], grid[i + 1], None), x)

    (w, _, _), _ = train(jax.jit(initial)(jax.random.key(1)), jax.random.key(2))
    samples = np.asarray(sample(w, jax.random.normal(jax.random.key(3), (size["points"], 2), jnp.float32)))
    radius = float(np.sqrt((samples**2).sum(1).mean()))
    print(json.dumps({"bounds": {"radius of the samples": {"got": radius, "lo": 1.7, "hi": 2.3}}}))


main(json.loads(sys.argv[1]))
