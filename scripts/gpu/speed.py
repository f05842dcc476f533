"""What probe measures of training and sampling, in JAX: the same work, from the same first weights.

Prints one line of JSON a measurement, as probe does. With --compare FILE... it reads such lines and prints the ratios.
"""
import argparse
import json
import math
import sys
import time


def flags():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("width", 128), ("batch", 512), ("steps", 1000), ("samples", 2000), ("grid", 500), ("rounds", 3)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--compare", nargs="+", metavar="FILE", help="lines of both sides")
    parser.add_argument("what", nargs="?", choices=("train", "sample"))
    return parser.parse_args()


def ratios(files):
    """The best round of each work, ours over JAX's. Returns whether the means agree."""
    best = {}
    for name in files:
        with open(name) as lines:
            for line in map(json.loads, filter(lambda text: text.startswith("{"), lines)):
                best.setdefault((line["what"], line["work"]), {})[line["by"]] = line
    agree = True
    for (what, work), sides in best.items():
        if what == "precision":
            continue
        if len(sides) < 2:
            by, line = next(iter(sides.items()))
            print(f"{what}, {work}: {line['best']:.4g} {line['unit']} by {by}, nothing to compare with")
            continue
        ours, theirs = sides["scorelab"], sides["jax"]
        # Noise differs, work does not: losses and squares of thousands of samples agree within some percent.
        close = math.isclose(ours["mean"], theirs["mean"], rel_tol=0.2)
        agree &= close
        print(f"{what}, {work}: {ours['best']:.4g} {ours['unit']}, JAX {theirs['best']:.4g}, ratio {ours['best'] / theirs['best']:.2f}"
              + ("" if close else f"; NOT THE SAME WORK: means {ours['mean']:.4g}, {theirs['mean']:.4g}"))
    return agree


def weights(width):
    import jax.numpy as jnp
    import numpy

    sizes, k, out = [3, width, width, width, 2], 0, []
    for m, n in zip(sizes, sizes[1:]):
        u = numpy.modf(numpy.abs(numpy.sin(12.9898 * numpy.arange(k, k + m * n))) * 43758.5453)[0]
        out.append((jnp.array(((2 * u - 1) * math.sqrt(6 / m)).reshape(m, n), jnp.float32), jnp.zeros(n, jnp.float32)))
        k += m * n
    return out


def network(weights, x, t):
    import jax
    import jax.numpy as jnp

    h = jnp.concatenate([x, t], 1)
    for w, b in weights[:-1]:
        h = jax.nn.swish(h @ w + b)
    w, b = weights[-1]
    return h @ w + b


def timed(rounds, f):
    """f(round) once to compile, then in each round."""
    seconds, value = [], None
    for i in range(rounds + 1):
        began = time.perf_counter()
        value = f(i)
        seconds.append(time.perf_counter() - began)
    return seconds[1:], value


def training(a):
    import jax
    import jax.numpy as jnp
    import numpy

    n = max(10_000, a.batch)
    angle = 2 * numpy.pi * numpy.arange(n) / n
    data = jnp.array(numpy.stack([2 * numpy.cos(angle), numpy.sin(2 * angle)], 1), jnp.float32)

    def loss(weights, key):
        rows, times, noise = jax.random.split(key, 3)
        x0 = data[jax.random.randint(rows, (a.batch,), 0, n)]
        t = jax.random.uniform(times, (a.batch, 1))
        eps = jax.random.normal(noise, x0.shape)
        return jnp.mean(jnp.sum((network(weights, x0 + t * eps, t) - eps) ** 2, 1))

    def adam(w, g, m, v, i):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        return w - 1e-3 * (m / (1 - 0.9**i)) / (jnp.sqrt(v / (1 - 0.999**i)) + 1e-8), m, v

    def step(state, i):
        weights, m, v = state
        value, gradient = jax.value_and_grad(loss)(weights, jax.random.fold_in(jax.random.key(1), i))
        moved = jax.tree.map(lambda *leaves: adam(*leaves, i), weights, gradient, m, v)
        return jax.tree.transpose(jax.tree.structure(weights), jax.tree.structure((0, 0, 0)), moved), value

    @jax.jit
    def run(state, first):
        return jax.lax.scan(step, state, first + jnp.arange(a.steps, dtype=jnp.float32))

    first = weights(a.width)
    state = (first, jax.tree.map(jnp.zeros_like, first), jax.tree.map(jnp.zeros_like, first))

    def once(i):
        nonlocal state
        state, losses = run(state, jnp.float32(1 + i * a.steps))
        return float(jnp.mean(losses))

    seconds, mean = timed(a.rounds, once)
    return dict(what="train", work=f"3 x {a.width}, batch {a.batch}, {a.steps} steps", seconds=seconds,
                best=min(seconds) / a.steps * 1e6, unit="us a step", mean=mean)


def sampling(a):
    import jax
    import jax.numpy as jnp
    import numpy

    start = jax.random.normal(jax.random.key(3), (a.samples, 2))
    grid = jnp.array(numpy.linspace(1, 0.01, a.grid + 1), jnp.float32)

    @jax.jit
    def run(weights, x):
        def step(i, x):
            t, to = grid[i], grid[i + 1]
            beta = 0.1 + 19.9 * t
            alpha = jnp.exp(-0.5 * (0.1 * t + 9.95 * t * t))
            noise = jax.random.normal(jax.random.fold_in(jax.random.key(2), i), x.shape)
            x0 = jnp.tanh(network(weights, x, jnp.full((a.samples, 1), t)))
            score = (alpha * x0 - x) / (1 - alpha * alpha)
            return x + (0.5 * beta * x + beta * score) * (t - to) + jnp.sqrt(beta * (t - to)) * noise

        return jax.lax.fori_loop(0, a.grid, step, x)

    first = weights(a.width)
    seconds, mean = timed(a.rounds, lambda _: float(jnp.mean(run(first, start) ** 2)))
    return dict(what="sample", work=f"3 x {a.width}, {a.samples} samples, {a.grid} steps of the reverse SDE", seconds=seconds,
                best=min(seconds), unit="s", mean=mean)


def main():
    a = flags()
    if a.compare:
        return 0 if ratios(a.compare) else 1
    import jax

    jax.config.update("jax_default_matmul_precision", "highest")  # no TF32, as in scorelab
    line = {"train": training, "sample": sampling}[a.what](a)
    print(json.dumps(dict(line, by="jax", backend=jax.default_backend())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
