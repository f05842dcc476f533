"""The network and the path of cmd/bench/ourstraining.go in JAX."""
import math

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)  # for the works in float64; all others state their types

BETA = 0.1, 20.0
FIRST, LAST = 1e-3, 1.0  # times
SPREAD = math.sqrt(2 + 0.15**2)  # standard deviation of the ring along an axis
LADDER = (math.pi / 40 * 40.0 ** (np.arange(16) / 15)).astype(np.float32)


def versions(_):
    return {"jax": jax.__version__, "jaxlib": jax.lib.__version__}


def path(t):
    """alpha, sigma and beta."""
    integral = t * (BETA[0] + t * ((BETA[1] - BETA[0]) / 2))
    return jnp.exp(-integral / 2), jnp.sqrt(-jnp.expm1(-integral)), BETA[0] + t * (BETA[1] - BETA[0])


def swish(x):
    return x * jax.nn.sigmoid(x)


def dense(w, x):
    return x @ w[0] + w[1]


def net(weights, x, alpha, sigma):
    """The raw network at x scaled to unit variance; alpha and sigma are scalars or columns."""
    level = jnp.clip(2 * jnp.log(alpha / sigma), -20, 20)
    phase = jnp.reshape(level, (-1, 1)) * LADDER
    known = swish(dense(weights["noise"], jnp.concatenate([jnp.cos(phase), jnp.sin(phase)], 1)))
    scaled = x / jnp.sqrt(alpha**2 * SPREAD**2 + sigma**2)
    h = swish(dense(weights["layer0"], scaled) + dense(weights["condition"], known))
    h = swish(dense(weights["layer1"], h))
    h = swish(dense(weights["layer2"], h))
    return dense(weights["last"], h)


def on_device(weights):
    return jax.tree.map(jnp.asarray, weights)


def adam(w, m, v, g, k, rate=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    """Step k = 1, 2, ... of Adam on trees."""
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, g)
    v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)
    k = k.astype(jnp.float32)
    first, second = 1 / (1 - b1**k), 1 / (1 - b2**k)
    w = jax.tree.map(lambda w, m, v: w - (rate * first) * m / (jnp.sqrt(v * second) + eps), w, m, v)
    return w, m, v
