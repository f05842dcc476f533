"""Writes golden.json: what numpy, scipy, POT, dcor and scikit-learn say about small fixed samples.

    python -m venv /tmp/golden && /tmp/golden/bin/pip install numpy scipy pot dcor scikit-learn
    /tmp/golden/bin/python lib/metrics/testdata/golden.py
"""
import json
import pathlib
import platform

import dcor
import numpy as np
import ot
import scipy
import sklearn
from scipy import integrate, optimize, spatial, stats
from sklearn import metrics as skmetrics, neighbors

rng = np.random.default_rng(20260801)
x = rng.normal(0.3, 1.2, 60)
y = rng.normal(0.0, 0.8, 45)
x[7] = x[3] = y[5]  # ties within and across
plane_x, plane_y = rng.normal(size=(40, 2)), rng.normal(0.5, 1.5, size=(40, 2))
space_x, space_y = rng.normal(size=(30, 3)), rng.normal(0.2, 0.7, size=(42, 3))
directions = rng.normal(size=(16, 3))
directions /= np.linalg.norm(directions, axis=1, keepdims=True)


def mixture(z):  # G1 of the catalogue
    return 0.3 * stats.norm.cdf(z, -2, 0.4) + 0.7 * stats.norm.cdf(z, 1, 0.6)


def w1_law(sample, cdf):
    """int |F_n - F|, split at the sample and at every crossing."""
    s = np.sort(sample)
    n = len(s)
    total = integrate.quad(cdf, -20, s[0], epsabs=1e-14, epsrel=1e-13, limit=500)[0]
    total += integrate.quad(lambda z: 1 - cdf(z), s[-1], 20, epsabs=1e-14, epsrel=1e-13, limit=500)[0]
    for i in range(1, n):
        a, b, c = s[i - 1], s[i], i / n
        if a == b:
            continue
        points = [a, b]
        if cdf(a) < c < cdf(b):
            points = [a, optimize.brentq(lambda z: cdf(z) - c, a, b, xtol=1e-15), b]
        for lo, hi in zip(points, points[1:]):
            total += abs(integrate.quad(lambda z: cdf(z) - c, lo, hi, epsabs=1e-14, epsrel=1e-13)[0])
    return total


def sw2(a, b, theta):
    return float(ot.sliced_wasserstein_distance(a, b, projections=theta.T, p=2))


def ks_critical(n, alpha):
    """kstwo.isf itself is off by up to 5e-7 of the distance (n = 1000); its sf is not."""
    start = stats.kstwo.isf(alpha, n)
    lo, hi = start * (1 - 1e-3), min(start * (1 + 1e-3), 1)
    return float(optimize.brentq(lambda d: np.log(stats.kstwo.sf(d, n) / alpha) if d < 1 else -1.0, lo, hi, xtol=1e-15))


def w2(a, b):
    """By the network simplex of POT, and by scipy's assignment."""
    cost = ot.dist(a, b)
    i, j = optimize.linear_sum_assignment(cost)
    assert abs(cost[i, j].mean() - ot.emd2([], [], cost)) < 1e-12
    return float(np.sqrt(cost[i, j].mean()))


def median(a, b):
    d = np.sort(spatial.distance.pdist(np.concatenate([a, b])))
    d = d[d > 0]
    return float(d[len(d) // 2])


def mmd2(a, b, h):
    k = lambda u, v: skmetrics.pairwise.rbf_kernel(u, v, gamma=1 / (2 * h * h))
    off = lambda g: (g.sum() - np.trace(g)) / (len(g) * (len(g) - 1))
    return float(off(k(a, a)) + off(k(b, b)) - 2 * k(a, b).mean())


def ksd2(x, score, c):
    """Liu, Lee & Jordan 2016, with the derivatives of the kernel taken one by one along the coordinates."""
    n, dim = x.shape
    r = x[:, None, :] - x[None, :, :]
    base = c * c + np.einsum("ijd,ijd->ij", r, r)
    k, dk, ddk = base ** -0.5, -0.5 * base ** -1.5, 0.75 * base ** -2.5  # and derivatives in |r|^2
    u = k * (score @ score.T)
    for d in range(dim):
        gx, gy = 2 * dk * r[:, :, d], -2 * dk * r[:, :, d]  # along x_d and y_d
        u += score[:, None, d] * gy + score[None, :, d] * gx - 2 * dk - 4 * ddk * r[:, :, d] ** 2
    return float(u[~np.eye(n, dtype=bool)].mean())


def c2st(a, b, k):
    half = (len(a) + 1) // 2
    train = np.concatenate([a[:half], b[:half]]), np.repeat([0, 1], half)
    test = np.concatenate([a[half:], b[half:]]), np.repeat([0, 1], len(a) - half)
    right = neighbors.KNeighborsClassifier(k).fit(*train).predict(test[0]) == test[1]
    interval = stats.binomtest(int(right.sum()), len(right)).proportion_ci(1 - 2 * stats.norm.sf(5), "exact")
    return [float(right.mean()), float(interval.low), float(interval.high)]


def histograms(a, b, bins):
    """Jensen-Shannon without, Kullback-Leibler with half a point more in every cell that is not empty."""
    pool = np.concatenate([a, b])
    edges = [np.linspace(lo, hi, bins + 1) for lo, hi in zip(pool.min(0), pool.max(0))]
    p, q = (np.histogramdd(s, edges)[0].ravel() for s in (a, b))
    p, q = p[p + q > 0], q[p + q > 0]
    js = spatial.distance.jensenshannon(p, q) ** 2
    return [float(js), float(stats.entropy(p + 0.5, q + 0.5))]


def divergences():
    """Of G1 from N(.3, 1.5^2), by adaptive quadrature."""
    p = lambda z: 0.3 * stats.norm.pdf(z, -2, 0.4) + 0.7 * stats.norm.pdf(z, 1, 0.6)
    q = lambda z: stats.norm.pdf(z, 0.3, 1.5)
    kl = lambda f, g: integrate.quad(lambda z: f(z) * np.log(f(z) / g(z)), -14, 14, points=(-2, 0, 1),
                                     epsabs=1e-14, epsrel=1e-13, limit=500)[0]
    m = lambda z: (p(z) + q(z)) / 2
    return [kl(p, q), (kl(p, m) + kl(q, m)) / 2]


ks_pairs = []
for a, b in [(x, y), (x[:40], y[:40] + 0.8), (x[:9], y[:7]), (x[:31], y[:44] + 3), (x[:60], y[:45] - 1.2)]:
    r = stats.ks_2samp(a, b, method="exact")
    ks_pairs.append([float(r.statistic), len(a), len(b), float(r.pvalue)])
space_half = space_y[:30]
angles = np.pi * np.arange(64) / 64
line = stats.linregress(x[:20], y[:20])
d_of_n = [(n, z / np.sqrt(n)) for n in (2, 3, 5, 10, 100, 1000, 20000) for z in (0.5, 0.8, 1.2, 1.9, 2.2, 2.7, 3.0)]

golden = {
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
                 "pot": ot.__version__, "dcor": dcor.__version__, "scikit-learn": sklearn.__version__},
    "x": x.tolist(), "y": y.tolist(),
    "plane_x": plane_x.tolist(), "plane_y": plane_y.tolist(),
    "space_x": space_x.tolist(), "space_y": space_y.tolist(), "directions": directions.tolist(),
    "mean": x.mean(), "mean_se": stats.sem(x),
    "variance": x.var(ddof=1),
    "covariance": np.cov(space_x, rowvar=False).tolist(),
    "m22": float((plane_x[:, 0] ** 2 * plane_x[:, 1] ** 2).mean()),
    "ks_normal": float(stats.kstest(x, stats.norm.cdf).statistic),
    "ks_mixture": float(stats.kstest(x, mixture).statistic),
    "ks_between": float(stats.ks_2samp(x, y).statistic),
    "kolmogorov": [[z, float(stats.kstwobign.sf(z))] for z in (0.3, 0.5, 0.99, 1.01, 1.5, 2.0, 2.7, 4.0)],
    "kolmogorov_quantile": [[a, float(stats.kstwobign.isf(a))] for a in (0.5, 0.05, 1e-3, 1e-6, 1e-9)],
    "ks_sf": [[n, d, float(stats.kstwo.sf(d, n))] for n, d in d_of_n if d < 1],
    "ks_critical": [[n, a, ks_critical(n, a)] for n in (1, 2, 10, 100, 1000, 20000) for a in (0.05, 1e-4, 1e-6)],
    "w1_between": float(stats.wasserstein_distance(x, y)),
    "w1_normal": w1_law(x, stats.norm.cdf), "w1_mixture": w1_law(x, mixture),
    "w2_squared": float(ot.wasserstein_1d(x, y, p=2)),
    "sw2_plane": sw2(plane_x, plane_y, np.stack([np.cos(angles), np.sin(angles)], 1)),
    "sw2_space": sw2(space_x, space_y, directions),
    "ks_pairs": ks_pairs,
    "w2_plane": w2(plane_x, plane_y), "w2_space": w2(space_x, space_half),
    "energy_plane": float(dcor.energy_distance(plane_x, plane_y)),
    "energy_space": float(dcor.energy_distance(space_x, space_y)),
    "median_space": median(space_x, space_y),
    "mmd2_plane": mmd2(plane_x, plane_y, 0.7), "mmd2_space": mmd2(space_x, space_y, median(space_x, space_y)),
    "ksd2_plane": ksd2(plane_x, -plane_x, 1.0),
    "ksd2_space": ksd2(space_y, -(space_y - 0.2) / 0.49 + 0.1 * np.roll(space_y, 1, axis=1) ** 2, 0.8),
    "c2st_plane": c2st(plane_x, plane_y, 5), "c2st_space": c2st(space_x, space_half, 3),
    "histograms_plane": histograms(plane_x, plane_y, 4),
    "histograms_line": histograms(x[:, None], y[:, None], 7),
    "divergences": divergences(),
    "slope": line.slope, "slope_se": line.stderr,
    "mse": float(((plane_x - plane_y) ** 2).mean()),
    "psnr": float(10 * np.log10(4 / ((plane_x - plane_y) ** 2).mean())),
}
pathlib.Path(__file__).with_name("golden.json").write_text(json.dumps(golden, indent=1) + "\n")
