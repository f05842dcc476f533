"""The time of BenchmarkStep over that of the same step in JAX, one lax.scan (pip install jax optax numpy).

Rounds alternate, and each side counts with its fastest: only the ratio means something. Run it from the repository's root,
with SCORELAB_BACKEND=xla:cpu, on a machine that does nothing else.
"""
import re
import subprocess
import time

import jax
import jax.numpy as jnp
import numpy
import optax

STEPS, ROUNDS = 1000, 5
angle = 2 * numpy.pi * numpy.arange(10_000) / 10_000
data = jnp.array(numpy.stack([2 * numpy.cos(angle), numpy.sin(2 * angle)], 1), jnp.float32)
sizes = [3, 128, 128, 128, 2]
keys = jax.random.split(jax.random.key(1), len(sizes))
weights = [(jax.random.normal(k, (m, n)) * (2 / m) ** 0.5, jnp.zeros(n)) for k, m, n in zip(keys, sizes, sizes[1:])]
optimizer = optax.adam(1e-3)


def loss(weights, key):
    rows, times, noise = jax.random.split(key, 3)
    x0 = data[jax.random.randint(rows, (512,), 0, len(data))]
    t = jax.random.uniform(times, (512, 1))
    eps = jax.random.normal(noise, x0.shape)
    h = jnp.concatenate([x0 + t * eps, t], 1)
    for w, b in weights[:-1]:
        h = jax.nn.swish(h @ w + b)
    w, b = weights[-1]
    return jnp.mean(jnp.sum((h @ w + b - eps) ** 2, 1))


@jax.jit
def train(state):
    def step(state, i):
        weights, moments = state
        value, gradient = jax.value_and_grad(loss)(weights, jax.random.fold_in(jax.random.key(2), i))
        updates, moments = optimizer.update(gradient, moments)
        return (optax.apply_updates(weights, updates), moments), (value, optax.global_norm(gradient))

    return jax.lax.scan(step, state, jnp.arange(STEPS))


def here():
    began = time.perf_counter()
    jax.block_until_ready(train((weights, optimizer.init(weights))))
    return (time.perf_counter() - began) / STEPS


def there():
    out = subprocess.run(["go", "test", "./lib/train", "-run", "^$", "-bench", "^BenchmarkStep$", "-benchtime", f"{STEPS}x"], capture_output=True, text=True, check=True)
    return float(re.search(r"([\d.]+) ns/op", out.stdout)[1]) * 1e-9


here(), there()
rounds = [(here(), there()) for _ in range(ROUNDS)]
jax_time, our_time = (min(side) for side in zip(*rounds))
print(f"ours / JAX: {our_time / jax_time:.2f}")
