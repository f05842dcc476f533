"""Writes objectives.json: losses of score matching, and their gradients in the weights of a small network, by JAX in float64.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2
    /tmp/golden/bin/python lib/diffusion/testdata/objectives.py

Every loss is written down as in its paper, for what the network predicts there. Weights are given for the error of the score,
and carried to what is predicted by hand.
"""
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")

rng = np.random.default_rng(20261122)
BATCH, D, HIDDEN = 5, 2, 8
SD, STEP, GAMMA = 0.8, 0.05, 5.0
x0 = rng.normal(size=(BATCH, D))
eps = rng.normal(size=(BATCH, D))
probe = rng.normal(size=(BATCH, D))
t = rng.uniform(0.05, 0.95, size=BATCH)
weights = [
    rng.normal(size=(D, HIDDEN)),
    rng.normal(size=(1, HIDDEN)) / 4,  # of the log signal-to-noise ratio
    rng.normal(size=(1, HIDDEN)) / 2,
    rng.normal(size=(HIDDEN, D)) / 2,
    rng.normal(size=(1, D)) / 2,
]


def network(w, x, log_snr):
    """One sample: 2-8-2, tanh."""
    return (jnp.tanh(x @ w[0] + log_snr * w[1][0] + w[2][0])) @ w[3] + w[4][0]


def vp(t):  # Song et al. 2021, appendix C: beta from 0.1 to 20
    log_alpha = -0.25 * t**2 * (20 - 0.1) - 0.5 * t * 0.1
    return jnp.exp(log_alpha), jnp.sqrt(1 - jnp.exp(2 * log_alpha)), 0.1 + t * (20 - 0.1)


def flow(t):  # f = -1/(1-t), g^2 = 2t/(1-t)
    return 1 - t, t, 2 * t / (1 - t)


# What a head predicts, and by how much the score is off where the prediction is off by one.
predictions = {
    "eps": lambda a, s, x0, eps: (eps, 1 / s),
    "x0": lambda a, s, x0, eps: (x0, a / s**2),
    "v": lambda a, s, x0, eps: (a * eps - s * x0, a / (s * (a**2 + s**2))),
    "score": lambda a, s, x0, eps: (-eps / s, 1.0),
    "edm": lambda a, s, x0, eps: karras(a, s, x0, eps),
}


def karras(a, s, x0, eps):
    """Karras et al. 2022, table 1 and equation 8, for x/alpha at the noise level sigma/alpha."""
    level, y = s / a, x0 + s / a * eps
    c_skip = SD**2 / (level**2 + SD**2)
    c_out = level * SD / jnp.sqrt(SD**2 + level**2)
    return (x0 - c_skip * y) / c_out, c_out * a / s**2


# Weights of |score - score*|^2; "plain" is of what is predicted.
lambdas = {
    "score": lambda a, s, g2: 1.0,
    "noise": lambda a, s, g2: s**2,
    "data": lambda a, s, g2: s**4 / a**2,
    "likelihood": lambda a, s, g2: g2,
    "min-snr": lambda a, s, g2: jnp.minimum(a**2 / s**2, GAMMA) * s**4 / a**2,
    "edm": lambda a, s, g2: ((s / a) ** 2 + SD**2) / (s / a * SD) ** 2 * s**4 / a**2,
}


def denoising(head, weighting):
    def loss(w, path, x0, eps, probe, t):
        a, s, g2 = path(t)
        x = a * x0 + s * eps
        target, slope = predictions[head](a, s, x0, eps)
        got = network(w, x / jnp.sqrt(a**2 * SD**2 + s**2), 2 * jnp.log(a / s))
        scale = 1.0 if weighting == "plain" else lambdas[weighting](a, s, g2) * slope**2
        return scale * jnp.sum((got - target) ** 2) / 2

    return loss


def matching(of, weighting):
    def loss(w, path, x0, eps, probe, t):
        a, s, g2 = path(t)
        score = lambda x: network(w, x / jnp.sqrt(a**2 * SD**2 + s**2), 2 * jnp.log(a / s))
        scale = 1.0 if weighting == "plain" else lambdas[weighting](a, s, g2)
        exact = lambda x: -x / (a**2 * SD**2 + s**2)
        return scale * of(score, a * x0 + s * eps, probe, exact)

    return loss


def explicit(score, x, v, exact):
    return jnp.sum((score(x) - exact(x)) ** 2) / 2


def implicit(score, x, v, exact):  # Hyvarinen 2005
    return jnp.trace(jax.jacrev(score)(x)) + jnp.sum(score(x) ** 2) / 2


def sliced(score, x, v, exact):  # Song et al. 2019, SSM
    return v @ jax.jacfwd(score)(x) @ v + jnp.dot(v, score(x)) ** 2 / 2


def sliced_vr(score, x, v, exact):  # the same, SSM-VR
    return v @ jax.jvp(score, (x,), (v,))[1] + jnp.sum(score(x) ** 2) / 2


def sliced_fd(score, x, v, exact):  # Pang et al. 2020, FD-SSM
    u = STEP * v
    plus, minus = score(x + u), score(x - u)
    return jnp.sum((plus + minus) ** 2) / 8 + jnp.dot(u, plus - minus) / (2 * STEP**2)


def case(name, weighting, process, path, loss):
    args = [jnp.asarray(z) for z in (x0, eps, probe, t)]
    w = [jnp.asarray(z) for z in weights]
    losses = jax.vmap(lambda *z: loss(w, path, *z))(*args)
    mean = lambda w: jnp.mean(jax.vmap(lambda *z: loss(w, path, *z))(*args))
    return {
        "objective": name,
        "weighting": weighting,
        "process": process,
        "losses": losses.tolist(),
        "gradients": [g.ravel().tolist() for g in jax.grad(mean)(w)],
    }


cases = []
forms = {"explicit": explicit, "implicit": implicit, "sliced": sliced, "sliced-vr": sliced_vr, "sliced-fd": sliced_fd}
for name, of in forms.items():
    for weighting in ("plain", "likelihood"):
        cases.append(case(name, weighting, "vp", vp, matching(of, weighting)))
    cases.append(case(name, "noise", "flow", flow, matching(of, "noise")))
for head in predictions:
    for weighting in ("plain", *lambdas):
        cases.append(case("denoising-" + head, weighting, "vp", vp, denoising(head, weighting)))
    cases.append(case("denoising-" + head, "likelihood", "flow", flow, denoising(head, "likelihood")))

out = {
    "sd": SD, "step": STEP, "x0": x0.tolist(), "eps": eps.tolist(), "probe": probe.tolist(), "t": t.reshape(-1, 1).tolist(),
    "weights": [w.tolist() for w in weights],
}
text = json.dumps(out)[:-1] + ',\n"cases": [\n' + ",\n".join(json.dumps(c) for c in cases) + "\n]}\n"
pathlib.Path(__file__).with_name("objectives.json").write_text(text)
