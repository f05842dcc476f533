"""Training steps in JAX: objectives, and Adam in one lax.scan."""
import jax
import jax.numpy as jnp

from jax_net import FIRST, LAST, adam, net, on_device, path
from registry import values, work


def versions(_):
    return {}


def noised(x0, u, eps):
    alpha, sigma, _ = path(FIRST + (LAST - FIRST) * u)
    return alpha, sigma, alpha * x0 + sigma * eps


def denoising(w, x0, u, eps, probe):
    alpha, sigma, x = noised(x0, u, eps)
    return jnp.mean(jnp.sum((net(w, x, alpha, sigma) - eps) ** 2, 1) / 2)


def implicit(w, x0, u, eps, probe):
    """The exact trace, by a pass forward for each dimension."""
    alpha, sigma, x = noised(x0, u, eps)
    score = lambda x: net(w, x, alpha, sigma)
    trace = 0
    for i in range(x.shape[1]):
        s, along = jax.jvp(score, (x,), (jnp.zeros_like(x).at[:, i].set(1),))
        trace = trace + along[:, i]
    return jnp.mean(trace + jnp.sum(s**2, 1) / 2)


def sliced(w, x0, u, eps, probe):
    alpha, sigma, x = noised(x0, u, eps)
    s, along = jax.jvp(lambda x: net(w, x, alpha, sigma), (x,), (probe,))
    return jnp.mean(jnp.sum(probe * along, 1) + jnp.sum(s**2, 1) / 2)


def stepper(loss):
    """A function of (weights, moments, step, batch and noise) that returns the new ones and the loss."""
    def step(w, m, v, k, *batch):
        value, g = jax.value_and_grad(loss)(w, *batch)
        w, m, v = adam(w, m, v, g, k)
        return w, m, v, value
    return step


def draw(key, table, batch, probes):
    """A batch and its noise."""
    rows, u, eps, probe = jax.random.split(key, 4)
    x0 = table[jax.random.randint(rows, (batch,), 0, table.shape[0])]
    f32 = jnp.float32
    return (x0, jax.random.uniform(u, (batch, 1), f32), jax.random.normal(eps, (batch, 2), f32),
            jax.random.normal(probe, (batch, 2), f32) if probes else None)


def training(loss, probes):
    def prepare(size, inputs):
        step, w = stepper(loss), on_device(inputs.weights())
        zero = jax.tree.map(jnp.zeros_like, w)
        fixed = [jnp.asarray(inputs[name]) for name in ("x0", "u", "eps", "probe")]
        losses, state, one = [], (w, zero, zero), jax.jit(step)
        for k in range(5):
            *state, value = one(*state, jnp.int32(k + 1), *fixed)
            losses.append(value)

        table = jnp.asarray(inputs["table"])

        @jax.jit
        def many(state, first, key):
            def body(carry, k):
                w, m, v, value = step(*carry, k + 1, *draw(jax.random.fold_in(key, k), table, size["batch"], probes))
                return (w, m, v), value
            return jax.lax.scan(body, state, first + jnp.arange(size["steps"], dtype=jnp.int32))

        now = [(w, zero, zero), 0]

        def run():
            now[0], losses = many(now[0], jnp.int32(now[1]), jax.random.key(1))
            now[1] += size["steps"]
            jax.block_until_ready(losses)
        return values(loss=losses), run
    return prepare


work("denoising", "jax")(training(denoising, False))
work("implicit", "jax")(training(implicit, False))
work("sliced", "jax")(training(sliced, True))
