"""
Conditional and predictive power: how likely a running trial is to succeed, given what it has seen.

Both are for information: an efficacy boundary is never moved by them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from primum.evidence.designs.paths import BOTH, LooksRefused, crossed
from primum.evidence.intervals import Group, normal_quantile
from primum.evidence.shares.two_proportions import pooled_z


@dataclass(frozen=True, kw_only=True)
class Interim:
    """
    A look at z with the looks still ahead.

    ``fractions`` and ``critical`` are those of the looks ahead, ``seen`` is the information fraction now;
    ``lower`` are binding futility bounds of the looks ahead but the last.
    """

    z: float
    seen: float
    fractions: tuple[float, ...]
    critical: tuple[float, ...]
    sides: int = 1
    lower: tuple[float, ...] = ()

    @property
    def trend(self) -> float:
        """The drift that the data so far suggest: z at full information if it goes on like this."""
        return self.z / math.sqrt(self.seen)


def conditional_power(*, interim: Interim, drift: float | None = None) -> float:
    """
    Return the probability to cross above at a look ahead, given z now (Lan & Wittes 1988).

    :param drift: mean z at information fraction 1; the current trend if not given
    :raises LooksRefused: unless there are looks ahead, later than now
    """
    mean = interim.trend if drift is None else drift
    times, upper, lower = _ahead(interim, mean)
    return sum(crossed(times=times, upper=upper, lower=lower)[0])


def conditional_error(*, interim: Interim) -> float:
    """Return the probability to cross above at a look ahead if there is no effect (Mueller & Schaefer 2001)."""
    return conditional_power(interim=interim, drift=0.0)


def predictive_power(*, interim: Interim, prior: tuple[float, float] | None = None) -> float:
    """
    Return the conditional power averaged over what is still believed about the effect (Spiegelhalter 1986).

    :param prior: mean and variance of the drift before the trial; flat if not given
    """
    precision, pull = (0.0, 0.0) if prior is None else (1 / prior[1], prior[0] / prior[1])
    variance = 1 / (precision + interim.seen)
    mean = (pull + interim.z * math.sqrt(interim.seen)) * variance
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    drifts = mean + math.sqrt(variance) * nodes
    powers = [conditional_power(interim=interim, drift=float(drift)) for drift in drifts]
    return float(np.dot(weights, powers) / weights.sum())


def conditional_power_rates(
    *,
    interim: Interim,
    first: Group,
    second: Group,
    more: float,
    rates: tuple[float, float] | None = None,
    ratio: float = 1.0,
) -> float:
    """
    Return the conditional power for two rates with ``more`` units still to come, both groups together.

    rpact's formula: the effect ahead is that of ``rates`` (the observed ones if not given) over their
    unpooled error, and the variance under no effect is allowed for through the conditional error.
    ``interim.z`` is taken as positive for ``first - second``; ``ratio`` is first to second.
    """
    one, two = rates or (first.p, second.p)
    real = math.sqrt(one * (1 - one) + ratio * two * (1 - two))
    pooled = (ratio * one + two) / (1 + ratio)
    null = math.sqrt((1 + ratio) * pooled * (1 - pooled))
    if not real:
        raise LooksRefused(
            "Both rates are 0 or 1, so that nothing can be said about what comes; give the rates hoped for."
        )
    error = conditional_error(interim=interim)
    allowance = 0.0
    if error > 1e-12:  # noqa: PLR2004 -- below this rpact allows for nothing
        allowance = normal_quantile(1 - error) * (1 - null / real) * (1 + ratio) / math.sqrt(ratio * more)
    theta = (one - two) / real * math.sqrt(1 + ratio) + allowance
    # The mean of the increment of z: theta times the root of the effective units ahead, spread over the looks.
    span = interim.fractions[-1] - interim.seen
    step = theta * math.sqrt(ratio / (1 + ratio) ** 2 * more)
    return conditional_power(interim=interim, drift=step / math.sqrt(span))


def interim_of_rates(
    *, first: Group, second: Group, seen: float, fractions: Sequence[float], critical: Sequence[float], sides: int = 1
) -> Interim:
    """Return the interim look at two cumulative groups, z pooled and positive for ``first - second``."""
    return Interim(
        z=pooled_z(first=first, second=second),
        seen=seen,
        fractions=tuple(fractions),
        critical=tuple(critical),
        sides=sides,
    )


def _ahead(interim: Interim, drift: float) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Return information, upper and lower bounds of the increments from now on, as paths without drift."""
    times = tuple(fraction - interim.seen for fraction in interim.fractions)
    if not times or times[0] <= 0 or interim.seen <= 0:
        raise LooksRefused("Conditional power needs information so far, and a look that is still ahead.")
    score = interim.z * math.sqrt(interim.seen)

    def from_now(bound: float, fraction: float, time: float) -> float:
        return (bound * math.sqrt(fraction) - score - drift * time) / math.sqrt(time)

    at = list(zip(interim.critical, interim.fractions, times, strict=True))
    upper = tuple(from_now(*one) for one in at)
    if interim.sides == BOTH:
        return times, upper, tuple(from_now(-bound, fraction, time) for bound, fraction, time in at)
    floor = (*(interim.lower or [-math.inf] * (len(at) - 1)), -math.inf)
    lower = tuple(from_now(bound, one[1], one[2]) for bound, one in zip(floor, at, strict=True))
    return times, upper, lower
