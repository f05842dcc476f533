"""Trains a small network with optax in float64, for TestAdamAgreesWithOptax (pip install jax optax numpy).

Writes adam.json: for each setting the curves, the weights after the last step and their moving average.
"""
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy
import optax

jax.config.update("jax_enable_x64", True)

STEPS = 30
rng = numpy.random.default_rng(1)
x = rng.normal(size=(8, 2))
y = 3 * numpy.sin(2 * x[:, :1]) + x[:, 1:]
start = {"first": rng.normal(size=(2, 3)), "second": rng.normal(size=(3, 1)), "shift": numpy.zeros(3)}


def loss(w):
    return jnp.mean((jnp.tanh(x @ w["first"] + w["shift"]) @ w["second"] - y) ** 2)


def schedule(rate, warmup, cosine, final):
    def at(count):  # optax counts from 0
        value = rate
        if warmup:
            value = value * min(1.0, (count + 1) / warmup)
        if cosine:
            done = min(max((count - warmup) / (cosine - warmup), 0.0), 1.0)
            value = value * (final + (1 - final) * 0.5 * (1 + numpy.cos(numpy.pi * done)))
        return value

    return at


def run(rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, decay=0.0, clip=0.0, warmup=0, cosine=0, final=0.0, average=0.0):
    at = schedule(rate, warmup, cosine, final)
    w = {k: jnp.array(v) for k, v in start.items()}
    rates = [at(k) for k in range(STEPS)]
    chain = [optax.clip_by_global_norm(clip)] if clip else []
    chain += [
        optax.scale_by_adam(b1=beta1, b2=beta2, eps=epsilon),
        optax.add_decayed_weights(decay),
        optax.scale_by_schedule(lambda count: -jnp.array(rates)[count]),
    ]
    optimizer = optax.chain(*chain)
    state = optimizer.init(w)
    ema = optax.ema(average, debias=True)
    ema_state, mean = ema.init(w), w
    losses, norms = [], []
    for _ in range(STEPS):
        value, gradient = jax.value_and_grad(loss)(w)
        losses.append(float(value))
        norms.append(float(optax.global_norm(gradient)))
        updates, state = optimizer.update(gradient, state, w)
        w = optax.apply_updates(w, updates)
        mean, ema_state = ema.update(w, ema_state)
    lists = lambda tree: {k: numpy.asarray(v).tolist() for k, v in tree.items()}
    return {"loss": losses, "norm": norms, "rate": [float(r) for r in rates], "weights": lists(w), "average": lists(mean)}


settings = [
    {},
    {"rate": 0.1, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3},
    {"rate": 0.05, "beta1": 0.0, "decay": 0.1, "clip": 1.0, "warmup": 5, "cosine": 25, "final": 0.1, "average": 0.9},
    {"rate": 0.05, "clip": 1e-3, "warmup": 40, "average": 0.99},
    {"rate": 0.02, "decay": 1.0, "cosine": 30, "average": 0.5},
]
out = {
    "versions": {"jax": jax.__version__, "optax": optax.__version__},
    "x": x.tolist(), "y": y.tolist(), "start": {k: v.tolist() for k, v in start.items()},
    "runs": [{"settings": s, **run(**s)} for s in settings],
}
path = pathlib.Path(__file__).parent / "adam.json"
path.write_text(json.dumps(out, indent=1) + "\n")
