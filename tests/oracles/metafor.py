"""The variance between sites as R's metafor 3.8 stops at it, to repeat figures that it prints."""

import math

import numpy as np
import pytest

from primum.evidence.models.heterogeneity import TAU2
from tests.oracles.uniroot import uniroot

THRESHOLD = 1e-5
LARGEST_TAU2 = 100.0


def tau2(y, v, *, method):
    """Ours, exact to rounding, or the point at which metafor's search for it stops."""
    if method == "PM":
        return _paule_mandel(y, v)
    if method not in ("REML", "ML"):
        return TAU2[method](y, v)
    value, change = max(0.0, TAU2["HE"](y, v)), math.inf
    while change > THRESHOLD:
        step = _step(y, v, value, restricted=method == "REML")
        while value + step < 0:
            step /= 2
        value, change = value + step, abs(step)
    return value


def synthesis(found, *, sites, method):
    """Our synthesis with metafor's own variance between sites, after holding it against ours."""
    y, v = (np.array([getattr(one, name) for one in sites]) for name in ("value", "variance"))
    printed = tau2(y, v, method=method)
    assert printed == pytest.approx(found.tau2, abs=5e-3 * max(1.0, found.tau2), rel=1e-2)
    if found.effect.degrees is not None:
        printed = found.tau2
    w = 1 / (v + printed)
    value = float((w * y).sum() / w.sum())
    error = found.effect.error if found.effect.degrees is not None else math.sqrt(1 / w.sum())
    half = (found.effect.interval.upper - found.effect.value) / found.effect.error
    ahead = half * math.sqrt(error**2 + printed)
    plain = 1 / v
    typical = (len(v) - 1) / (plain.sum() - (plain**2).sum() / plain.sum())
    fixed = method == "FE"
    return {
        "estimate": value,
        "se": error,
        "ci95": [value - half * error, value + half * error],
        "prediction": [value - ahead, value + ahead],
        "tau2": printed,
        "i2_percent": 100 * (found.i2 if fixed else printed / (printed + typical)),
        "h2": found.h2 if fixed else float(1 + printed / typical),
    }


def _step(y, v, value, *, restricted):
    w = 1 / (v + value)
    total, squares, cubes = (float((w**power).sum()) for power in (1, 2, 3))
    excess = float((w**2 * (y - (w * y).sum() / total) ** 2).sum())
    if restricted:
        return (excess - (total - squares / total)) / (squares - 2 * cubes / total + (squares / total) ** 2)
    return (excess - total) / squares


def _paule_mandel(y, v):
    def beyond(value):
        w = 1 / (v + value)
        return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum()) - (len(y) - 1)

    return 0.0 if beyond(0.0) < 0 else uniroot(beyond, low=0.0, high=LARGEST_TAU2)
