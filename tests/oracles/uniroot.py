"""Brent's root finder exactly as R's ``uniroot`` runs it, tolerance and all, to repeat figures that R prints."""

import sys
from collections.abc import Callable

EPSILON = sys.float_info.epsilon
R_TOLERANCE = EPSILON**0.25


def uniroot(function: Callable[[float], float], *, low: float, high: float, tolerance: float = R_TOLERANCE) -> float:
    a, b, fa, fb = low, high, function(low), function(high)
    c, fc = a, fa
    if fa == 0:
        return a
    while True:
        before = b - a
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        enough = 2 * EPSILON * abs(b) + tolerance / 2
        step = (c - b) / 2
        if abs(step) <= enough or fb == 0:
            return b
        if abs(before) >= enough and abs(fa) > abs(fb):
            step = _interpolated(a, b, c, fa, fb, fc, before=before, enough=enough) or step
        if abs(step) < enough:
            step = enough if step > 0 else -enough
        a, fa = b, fb
        b += step
        fb = function(b)
        if (fb > 0) == (fc > 0):
            c, fc = a, fa


def _interpolated(a, b, c, fa, fb, fc, *, before, enough):
    cb = c - b
    if a == c:
        t = fb / fa
        p, q = cb * t, 1 - t
    else:
        q, t1, t2 = fa / fc, fb / fc, fb / fa
        p = t2 * (cb * q * (q - t1) - (b - a) * (t1 - 1))
        q = (q - 1) * (t1 - 1) * (t2 - 1)
    p, q = (p, -q) if p > 0 else (-p, q)
    return p / q if p < 0.75 * cb * q - abs(enough * q) / 2 and p < abs(before * q / 2) else None
