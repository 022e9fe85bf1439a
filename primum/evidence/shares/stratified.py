"""Mantel-Haenszel: one effect over sites or strata, and the Cochran-Mantel-Haenszel test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from primum.evidence.intervals import Group, Interval, normal_tail, two_sided_z
from primum.evidence.shares.contingency import chi_square_tail


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """The two groups of one site or stratum."""

    first: Group
    second: Group

    @property
    def n(self) -> int:
        """Units of both groups."""
        return self.first.n + self.second.n


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """A pooled effect; ``error`` is on the log scale for ratios; ``None`` where the strata do not define it."""

    value: float | None
    interval: Interval | None
    error: float | None
    z: float | None
    p: float | None


@dataclass(frozen=True, kw_only=True)
class CmhTest:
    """The Cochran-Mantel-Haenszel statistic on one degree of freedom; ``None`` without informative strata."""

    statistic: float | None
    p: float | None


UNDEFINED = Pooled(value=None, interval=None, error=None, z=None, p=None)


def pooled_difference(*, strata: Sequence[Stratum], confidence: float) -> Pooled:
    """
    Return the Mantel-Haenszel risk difference with the variance of Sato, Greenland & Robins 1989.

    Strata without an event count: they say that the difference there is 0.
    """
    known = _comparable(strata)
    weight = math.fsum(one.first.n * one.second.n / one.n for one in known)
    if not weight:
        return UNDEFINED
    value = (
        math.fsum((one.first.events * one.second.n - one.second.events * one.first.n) / one.n for one in known) / weight
    )
    tilt = math.fsum(_difference_tilt(one) for one in known)
    spread = math.fsum(
        (one.first.events * one.second.others.events + one.second.events * one.first.others.events) / one.n
        for one in known
    )
    variance = max(0.0, value * tilt + spread / 2) / weight**2
    return _judged(value, math.sqrt(variance), confidence, ratio=False)


def pooled_risk_ratio(*, strata: Sequence[Stratum], confidence: float) -> Pooled:
    """Return the Mantel-Haenszel risk ratio with the variance of Greenland & Robins 1985."""
    known = _comparable(strata)
    above = math.fsum(one.first.events * one.second.n / one.n for one in known)
    below = math.fsum(one.second.events * one.first.n / one.n for one in known)
    if not (above and below):
        return UNDEFINED
    top = math.fsum(
        (
            one.first.n * one.second.n * (one.first.events + one.second.events)
            - one.first.events * one.second.events * one.n
        )
        / one.n**2
        for one in known
    )
    return _judged(above / below, math.sqrt(max(0.0, top / (above * below))), confidence, ratio=True)


def pooled_odds_ratio(*, strata: Sequence[Stratum], confidence: float) -> Pooled:
    """Return the Mantel-Haenszel odds ratio with the variance of Robins, Breslow & Greenland 1986."""
    parts = [_odds_parts(one) for one in _comparable(strata)]
    above, below = math.fsum(part[2] for part in parts), math.fsum(part[3] for part in parts)
    if not (above and below):
        return UNDEFINED
    variance = (
        math.fsum(p * r for p, _, r, _ in parts) / (2 * above**2)
        + math.fsum(p * s + q * r for p, q, r, s in parts) / (2 * above * below)
        + math.fsum(q * s for _, q, _, s in parts) / (2 * below**2)
    )
    return _judged(above / below, math.sqrt(variance), confidence, ratio=True)


def cochran_mantel_haenszel(*, strata: Sequence[Stratum], continuity: bool) -> CmhTest:
    """Return the test that no stratum has an effect; strata of one unit or without variation do not count."""
    known = [one for one in _comparable(strata) if one.n > 1]
    excess = math.fsum(one.first.events - _events(one) * one.first.n / one.n for one in known)
    variance = math.fsum(
        one.first.n * one.second.n * _events(one) * (one.n - _events(one)) / (one.n**2 * (one.n - 1)) for one in known
    )
    if not variance:
        return CmhTest(statistic=None, p=None)
    # R takes away at most the excess itself.
    distance = abs(excess) - (min(0.5, abs(excess)) if continuity else 0.0)
    statistic = distance**2 / variance
    return CmhTest(statistic=statistic, p=chi_square_tail(statistic, degrees=1))


def _comparable(strata: Sequence[Stratum]) -> list[Stratum]:
    return [one for one in strata if one.first.n and one.second.n]


def _events(stratum: Stratum) -> int:
    return stratum.first.events + stratum.second.events


def _difference_tilt(one: Stratum) -> float:
    n1, n2 = one.first.n, one.second.n
    moved = one.second.events * n1**2 - one.first.events * n2**2 + n1 * n2 * (n2 - n1) / 2
    return moved / one.n**2


def _odds_parts(one: Stratum) -> tuple[float, float, float, float]:
    a, b, c, d = one.first.events, one.first.others.events, one.second.events, one.second.others.events
    return (a + d) / one.n, (b + c) / one.n, a * d / one.n, b * c / one.n


def _judged(value: float, error: float, confidence: float, *, ratio: bool) -> Pooled:
    middle, half = (math.log(value) if ratio else value), two_sided_z(confidence) * error
    ends = (middle - half, middle + half)
    lower, upper = (math.exp(end) for end in ends) if ratio else ends
    z = middle / error if error else None
    return Pooled(
        value=value,
        interval=Interval(lower=lower, upper=upper),
        error=error,
        z=z,
        p=None if z is None else 2 * normal_tail(abs(z)),
    )
