"""Writes schedules.json: schedules and tables of betas by the papers' formulas, and the timesteps of diffusers.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 mpmath==1.3.0 torch==2.6.0 diffusers==0.42.1
    /tmp/golden/bin/python lib/diffusion/testdata/schedules.py

Rates and their integrals are evaluated to 50 digits (mpmath) from the formulas as printed. Tables are float64 (numpy).
diffusers computes its tables in float32; where it has one, it is held against ours at that precision here, and stops the
script where it differs. The timesteps are diffusers' own.
"""
import json
import pathlib
from fractions import Fraction

import mpmath as mp
import numpy as np
from diffusers import DDIMScheduler, DDPMScheduler
from diffusers.schedulers.scheduling_ddpm import betas_for_alpha_bar

mp.mp.dps = 50
T = 1000


def logistic(u):
    return 1 / (1 + mp.exp(-u))


def integrated(rate):
    """Integral from 0 of a rate that has no printed integral, by Gauss-Legendre quadrature."""
    return lambda t: mp.quad(rate, mp.linspace(0, t, 9))


def cosine(t, s=mp.mpf(".008")):  # Nichol & Dhariwal 2021, equation 17
    f = lambda t: mp.cos((t + s) / (1 + s) * mp.pi / 2) ** 2
    return f(t) / f(mp.mpf(0))


def sigmoid(t, start=-3, end=3, tau=mp.mpf(1)):  # Chen 2023, algorithm 1
    first, last = logistic(start / tau), logistic(end / tau)
    return (last - logistic((t * (end - start) + start) / tau)) / (last - first)


def line(lo, hi):
    return lambda t: mp.mpf(lo) + (mp.mpf(hi) - mp.mpf(lo)) * t


def squares(lo, hi):
    return lambda t: line(mp.sqrt(mp.mpf(lo)), mp.sqrt(mp.mpf(hi)))(t) ** 2


def climb(lo, hi):  # GeoDiff
    return lambda t: mp.mpf(lo) + (mp.mpf(hi) - mp.mpf(lo)) * logistic(12 * t - 6)


rates = {"linear": line(".1", "20"), "scaled-linear": squares(".85", "12"), "sigmoid-beta": climb(".1", "20")}
alpha_bars = {"cosine": cosine, "sigmoid": sigmoid, "exponential": lambda t: (1 - t) ** 2}
integrals = {name: integrated(rate) for name, rate in rates.items()}
for name, alpha_bar in alpha_bars.items():
    integrals[name] = lambda t, f=alpha_bar: -mp.log(f(t))
    rates[name] = lambda t, f=alpha_bar: -mp.diff(f, t) / f(t)

schedules = []
for name, integral in integrals.items():
    for t in (1e-9, 1e-5, 1e-3, 0.1, 0.37, 0.5, 0.9, 0.99, 0.994, 1.0):
        if t == 1 and name in alpha_bars:
            continue  # infinite
        at = mp.mpf(t)
        total = integral(at)
        schedules.append({
            "schedule": name, "t": t, "rate": float(rates[name](at)), "integral": float(total),
            "alpha": float(mp.exp(-total / 2)), "sigma": float(mp.sqrt(-mp.expm1(-total))),
        })

# Tables.
def ratios(alpha_bar):  # Nichol & Dhariwal 2021, section 3.2
    at = [alpha_bar(mp.mpf(i) / T) for i in range(T + 1)]
    return np.array([float(min(1 - at[i + 1] / at[i], mp.mpf(".999"))) for i in range(T)])


tables = {
    "linear": np.linspace(1e-4, 0.02, T),
    "scaled-linear": np.linspace(0.00085**0.5, 0.012**0.5, T) ** 2,
    "sigmoid-beta": 1e-4 + (0.02 - 1e-4) / (1 + np.exp(-np.linspace(-6, 6, T))),
    "cosine": ratios(cosine),
    "sigmoid": ratios(sigmoid),
    "exponential": ratios(alpha_bars["exponential"]),
}
theirs = {
    "linear": DDPMScheduler(beta_schedule="linear").betas,
    "scaled-linear": DDPMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012).betas,
    "sigmoid-beta": DDPMScheduler(beta_schedule="sigmoid").betas,
    "cosine": DDPMScheduler(beta_schedule="squaredcos_cap_v2").betas,
}
for name, betas in theirs.items():
    # float32: 2^-24 of numbers up to 1; the logistic function and the root before it lose a few of these.
    np.testing.assert_allclose(betas.double().numpy(), tables[name], rtol=2e-6, atol=0, err_msg=name)
    keep = np.cumprod(1 - tables[name])
    # 1000 factors rounded to float32, of which the last ones of the cosine are themselves small differences.
    rtol = 1e-3 if name == "cosine" else 1e-4
    np.testing.assert_allclose(np.cumprod((1 - betas).numpy(), dtype=np.float32), keep, rtol=rtol, err_msg=name)
constant = betas_for_alpha_bar(T, alpha_transform_type="exp").double().numpy()
np.testing.assert_allclose(constant, -np.expm1(-12 / T), rtol=1e-6)  # a constant rate of 12

indices = [1, 2, 10, 100, 250, 500, 750, 999, 1000]
alpha_bar_tables = {name: np.cumprod(1 - betas)[np.array(indices) - 1].tolist() for name, betas in tables.items()}

# Timesteps.
def steps(spacing, n, offset=0):
    scheduler = DDIMScheduler(timestep_spacing=spacing, steps_offset=offset)
    scheduler.set_timesteps(n)
    return scheduler.timesteps.tolist()


def exact(spacing, n):
    """The same in fractions, a half rounded to even: what linspace and arange give but for their own rounding."""
    if spacing == "linspace":
        return [round(Fraction(k * (T - 1), n - 1)) for k in reversed(range(n))]
    return [round(Fraction((k + 1) * T, n)) - 1 for k in reversed(range(n))]


# Ours are exact. Those of diffusers go the other way at some halves, and its arange may run on to timestep -1.
for spacing in ("linspace", "trailing"):
    surplus = [n for n in range(2, T + 1) if len(steps(spacing, n)) != n]
    halves = [n for n in range(2, T + 1) if n not in surplus and steps(spacing, n) != exact(spacing, n)]
    for n in halves:
        assert np.abs(np.array(steps(spacing, n)) - exact(spacing, n)).max() == 1
    for n in surplus:
        assert steps(spacing, n)[-1] == -1 and len(steps(spacing, n)) == n + 1
    print(f"diffusers, {spacing}: a step to the side at {len(halves)} counts of 1000, one too many at {len(surplus)}, the first {(surplus + [None])[0]}")

spacings = [{"spacing": name, "n": n, "timesteps": steps(spacing, n, offset)}
            for name, spacing, offset in (("linspace", "linspace", 0), ("leading", "leading", 0), ("offset", "leading", 1), ("trailing", "trailing", 0))
            for n in (1, 2, 3, 5, 7, 9, 10, 20, 30, 50)]

golden = {"schedules": schedules, "indices": indices, "alphaBar": alpha_bar_tables, "spacings": spacings}
text = json.dumps(golden, indent=None, separators=(",", ":"))
for opening in ('{"schedule"', '{"spacing"', '"indices"', '"alphaBar"', '"spacings"', '"linear":', '"scaled-linear":', '"sigmoid-beta":', '"cosine":', '"sigmoid":', '"exponential":'):
    text = text.replace(opening, "\n" + opening)
(pathlib.Path(__file__).parent / "schedules.json").write_text(text + "\n")
