"""The variances that E15 holds the sampling loop against, by Ho et al. 2020, algorithm 2, in 50 decimal digits.

Data N(0, s2), T = 1000, betas in a line from 1e-4 to 0.02, exact eps = sqrt(1 - abar) x / (abar s2 + 1 - abar).
Run with any Python 3; nothing but the standard library.
"""
from decimal import Decimal as D, getcontext

getcontext().prec = 50
T = 1000
beta = [D(0)] + [D("1e-4") + (D("0.02") - D("1e-4")) * t / (T - 1) for t in range(T)]
abar = [D(1)]
for t in range(1, T + 1):
    abar.append(abar[-1] * (1 - beta[t]))


def end(s2, posterior, last):
    v = D(1)
    for t in range(T, 0, -1):
        slope = (1 - beta[t] / (abar[t] * s2 + 1 - abar[t])) / (1 - beta[t]).sqrt()
        noise = beta[t] * (1 - abar[t - 1]) / (1 - abar[t]) if posterior else beta[t]
        v = slope * slope * v + (noise if t > 1 or last else 0)
    return v


for s2 in (D("0.25"), D(4)):
    print(f"s^2 = {s2}: posterior {end(s2, True, True):.10f}, beta {end(s2, False, True):.10f}, "
          f"beta without the last noise {end(s2, False, False):.10f}")

lo, hi = D("1e-5"), D("1e-3")
while hi - lo > D("1e-13"):
    mid = (lo + hi) / 2
    if abs(end(mid, True, True) - mid) < abs(end(mid, False, True) - mid):
        lo = mid
    else:
        hi = mid
print(f"both are off by as much at s^2 = {lo:.12f}")
