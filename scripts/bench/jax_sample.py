"""Sampling and likelihood with the network in JAX: one fori_loop under jit."""
import jax
import jax.numpy as jnp
import numpy as np

import flows
from jax_net import BETA, FIRST, LAST, net, on_device, path
from registry import values, work


def versions(_):
    return {}


def reverse_sde(score):
    """A step of Euler-Maruyama from time t to s, for dx = (f x - g^2 score) dt + g dB."""
    def step(x, t, s, z):
        beta, dt = path(t)[2], t - s
        return x + (beta / 2 * x + beta * score(x, t)) * dt + jnp.sqrt(beta * dt) * z
    return step


def ddim(noise):
    def step(x, t, s, z):
        (a, b, _), (c, d, _) = path(t), path(s)
        eps = noise(x, t)
        return c * (x - b * eps) / a + d * eps
    return step


def noise_of(w):
    def noise(x, t):
        alpha, sigma, _ = path(t)
        return net(w, x, alpha, sigma)
    return noise


def score_of(w):
    noise = noise_of(w)
    return lambda x, t: -noise(x, t) / path(t)[1]


def even(steps, dtype):
    return jnp.linspace(LAST, FIRST, steps + 1, dtype=dtype)


def chain(step, size, inputs, drawn, *parameters):
    """The task of a chain on an even grid; step(*parameters) is its step. The check is a short run with given noise."""
    start, noise = jnp.asarray(inputs["start"]), jnp.asarray(inputs["noise"])

    @jax.jit
    def given(x, *parameters):
        move, grid = step(*parameters), even(len(noise), x.dtype)
        return jax.lax.fori_loop(0, len(noise), lambda i, x: move(x, grid[i], grid[i + 1], noise[i, 0]), x)

    @jax.jit
    def whole(x, key, *parameters):
        move, grid = step(*parameters), even(size["steps"], x.dtype)

        def body(i, x):
            z = jax.random.normal(jax.random.fold_in(key, i), x.shape, x.dtype) if drawn else None
            return move(x, grid[i], grid[i + 1], z)
        return jax.lax.fori_loop(0, size["steps"], body, x)

    key = jax.random.key(1)
    return (values(end=given(start, *parameters)),
            lambda: jax.block_until_ready(whole(start, key, *parameters)))


@work("reverse-sde", "jax")
def sampled_by_sde(size, inputs):
    return chain(lambda w: reverse_sde(score_of(w)), size, inputs, True, on_device(inputs.weights()))


@work("ddim", "jax")
def sampled_by_ddim(size, inputs):
    return chain(lambda w: ddim(noise_of(w)), size, inputs, False, on_device(inputs.weights()))


@work("quality-flow", "jax")
def quality(size, inputs):
    w, start = on_device(inputs.weights()), jnp.asarray(inputs["start"])
    samplers = {name: jax.jit(lambda x, grid, w, kind=kind: flows.run(
        kind, jnp, jax.lax.fori_loop, noise_of(w), lambda t: path(t)[:2], x, grid))
        for name, kind in flows.KINDS.items()}
    bounds, name, grid = flows.best(samplers, lambda run, grid: run(start, jnp.asarray(grid), w), inputs["reference"])
    run, grid = samplers[name], jnp.asarray(grid)
    return bounds, lambda: jax.block_until_ready(run(start, grid, w))


@work("likelihood", "jax")
def likelihood(size, inputs):
    """RK4 along the probability flow, with the divergence by a pass forward for each dimension."""
    w, x = on_device(inputs.weights()), jnp.asarray(inputs["x"])

    def field(w, x, t):
        beta, score = path(t)[2], score_of(w)
        velocity = lambda x: -beta / 2 * (x + score(x, t))
        trace = 0
        for i in range(x.shape[1]):
            v, along = jax.jvp(velocity, (x,), (jnp.zeros_like(x).at[:, i].set(1),))
            trace = trace + along[:, i]
        return v, trace

    @jax.jit
    def whole(x, w):
        grid = jnp.linspace(FIRST, LAST, size["steps"] + 1, dtype=x.dtype)

        def body(i, state):
            x, volume = state
            t, h = grid[i], grid[i + 1] - grid[i]
            v1, d1 = field(w, x, t)
            v2, d2 = field(w, x + h / 2 * v1, t + h / 2)
            v3, d3 = field(w, x + h / 2 * v2, t + h / 2)
            v4, d4 = field(w, x + h * v3, t + h)
            return x + h / 6 * (v1 + 2 * v2 + 2 * v3 + v4), volume + h / 6 * (d1 + 2 * d2 + 2 * d3 + d4)
        return jax.lax.fori_loop(0, size["steps"], body, (x, jnp.zeros(x.shape[0], x.dtype)))

    end, volume = whole(x, w)
    sigma = path(jnp.float32(LAST))[1]
    prior = -jnp.sum((end / sigma) ** 2, 1) / 2 - 2 * jnp.log(sigma) - jnp.log(2 * np.pi)
    return values(nats=prior + volume), lambda: jax.block_until_ready(whole(x, w))
