"""Where a function crosses zero, in few evaluations: for functions that cost an integration each."""

import math
from collections.abc import Callable

Function = Callable[[float], float]
MOST_STEPS = 200


class NoRoot(ArithmeticError):
    """A function has one sign at both ends, so that nothing lies between; the message says which."""


def crossing_point(function: Function, *, low: float, high: float, tolerance: float = 1e-13) -> float:
    """
    Return where a function changes sign between two ends, by Chandrupatla's method (1997).

    It takes a step of inverse quadratic interpolation where that is safe and halves the interval where not.

    :param tolerance: width at which the search ends, relative to the root where that is above 1
    :raises NoRoot: if the function has the same sign at both ends
    """
    a, b, fa, fb = low, high, function(low), function(high)
    if fa == 0 or fb == 0:
        return a if fa == 0 else b
    if math.isnan(fa) or math.isnan(fb) or (fa > 0) == (fb > 0):
        raise NoRoot(f"The function is {fa:g} at {low:g} and {fb:g} at {high:g}; it must change sign between them.")
    c, fc, share, best = a, fa, 0.5, a
    for _ in range(MOST_STEPS):
        x = a + share * (b - a)
        fx = function(x)
        c, fc, b, fb = (a, fa, b, fb) if (fx > 0) == (fa > 0) else (b, fb, a, fa)
        a, fa = x, fx
        best = a if abs(fa) < abs(fb) else b
        width = abs(b - a)
        least = tolerance * max(1.0, abs(best))
        if fx == 0 or width <= 2 * least:
            return x if fx == 0 else best
        share = min(max(_share(a, b, c, fa, fb, fc), least / width), 1 - least / width)
    return best


def crossing(function: Function, *, low: float, high: float) -> float:
    """
    Return where a decreasing function crosses zero between two ends, or the nearer end if it does not.

    Within 1e-15, in a fifth of the steps that halving takes.
    """
    at_low, at_high = function(low), function(high)
    if at_low <= 0:
        return low
    if at_high > 0:
        return high
    return high if at_high == 0 else crossing_point(function, low=low, high=high, tolerance=5e-16)


def _share(a: float, b: float, c: float, fa: float, fb: float, fc: float) -> float:
    """Return how far from a to b the next point lies."""
    ends = (fa, fb, fc)
    if any(math.isinf(value) for value in ends):
        return 0.5
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    if not (phi * phi < xi and (1 - phi) ** 2 < 1 - xi):
        return 0.5
    return fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
