"""Writes golden.json: what numpy, scipy and POT say about small fixed samples.

    python -m venv /tmp/golden && /tmp/golden/bin/pip install numpy scipy pot
    /tmp/golden/bin/python lib/metrics/testdata/golden.py
"""
import json
import pathlib
import platform

import numpy as np
import ot
import scipy
from scipy import integrate, optimize, stats

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


angles = np.pi * np.arange(64) / 64
line = stats.linregress(x[:20], y[:20])
d_of_n = [(n, z / np.sqrt(n)) for n in (2, 3, 5, 10, 100, 1000, 20000) for z in (0.5, 0.8, 1.2, 1.9, 2.2, 2.7, 3.0)]

golden = {
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
                 "pot": ot.__version__},
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
    "slope": line.slope, "slope_se": line.stderr,
    "mse": float(((plane_x - plane_y) ** 2).mean()),
    "psnr": float(10 * np.log10(4 / ((plane_x - plane_y) ** 2).mean())),
}
pathlib.Path(__file__).with_name("golden.json").write_text(json.dumps(golden, indent=1) + "\n")
