"""
Missing outcomes: how many, what is the worst they could hide, and what follows if they differ by so much.

No test of these data can show that outcomes are missing at random; the bounds need no such belief.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from primum.evidence.intervals import Group, Interval, bisect, two_sided_z
from primum.evidence.models.effects import Effect, NoEstimate, effect
from primum.evidence.shares.contingency import ChiSquare, chi_square_tail
from primum.evidence.shares.two_proportions import Goal, square_and_add

NOT_SUFFICIENT = "a high p is no evidence that outcomes are missing at random"


@dataclass(frozen=True, kw_only=True)
class Observed:
    """One arm (of one stratum): units with a known outcome, and how many outcomes are missing."""

    known: Group
    missing: int

    @property
    def n(self) -> int:
        """Units with and without a known outcome."""
        return self.known.n + self.missing

    def filled(self, events: int) -> Group:
        """Return the group if so many of the missing had the event."""
        return Group(events=self.known.events + events, n=self.n)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The two arms as they are at worst and at best for the intervention."""

    worst: tuple[Group, Group]
    best: tuple[Group, Group]


@dataclass(frozen=True, kw_only=True)
class Tipping:
    """
    How much worse the missing must have done for the conclusion to be lost.

    ``shift`` is added to the risk of a bad outcome among the missing of the intervention arm; the missing
    controls do as the observed ones. ``None`` if no shift loses it, 0 if there was no conclusion.
    """

    shift: float | None
    largest: float
    table: tuple[tuple[float, Interval], ...]


@dataclass(frozen=True, kw_only=True)
class Rubin:
    """
    Several completed data sets as one answer.

    ``fraction`` is the share of variance due to what is missing (lambda).
    """

    effect: Effect
    within: float
    between: float
    fraction: float


def bounds(*, intervention: Observed, control: Observed, good: Goal) -> Bounds:
    """Return both arms with the missing at their worst and at their best for the intervention (Manski 1990)."""
    full = (intervention.filled(intervention.missing), control.filled(control.missing))
    none = (intervention.filled(0), control.filled(0))
    low, high = (none[0], full[1]), (full[0], none[1])
    return Bounds(worst=low, best=high) if good == "higher" else Bounds(worst=high, best=low)


def tipping_point(
    *, intervention: Observed, control: Observed, good: Goal, confidence: float, steps: int = 10
) -> Tipping:
    """
    Return the shift at which a shown benefit is no longer shown (delta adjustment; Yan et al. 2009).

    The missing are filled with their expected numbers; the interval is Newcombe's with the observed
    numbers as its size, so that filling adds no certainty.

    :raises NoEstimate: if an arm has no known outcome
    """
    if not (intervention.known.n and control.known.n):
        raise NoEstimate("An arm has no known outcome; there is nothing to shift.")
    rate = intervention.known.p
    largest = rate if good == "higher" else 1 - rate

    def at(shift: float) -> Interval:
        shifted = rate + (-shift if good == "higher" else shift)
        filled = _mixture(intervention, shifted)
        return _benefit(filled, intervention.known.n, control.known.p, control.known.n, good, confidence)

    table = tuple((largest * step / steps, at(largest * step / steps)) for step in range(steps + 1))
    if at(0.0).lower <= 0:
        return Tipping(shift=0.0, largest=largest, table=table)
    if at(largest).lower > 0:
        return Tipping(shift=None, largest=largest, table=table)
    return Tipping(shift=bisect(lambda shift: at(shift).lower, low=0.0, high=largest), largest=largest, table=table)


def rubin(
    *, values: Sequence[float], variances: Sequence[float], confidence: float, complete_degrees: float | None = None
) -> Rubin:
    """
    Combine estimates of completed data sets (Rubin 1987), with Barnard and Rubin's 1999 degrees of freedom.

    :param complete_degrees: degrees of freedom if nothing were missing; ``None`` for very many
    :raises NoEstimate: with fewer than two data sets
    """
    m = len(values)
    if m < 2:  # noqa: PLR2004 -- one data set has no spread between data sets
        raise NoEstimate("Multiple imputation needs at least two completed data sets.")
    value, within = math.fsum(values) / m, math.fsum(variances) / m
    between = math.fsum((one - value) ** 2 for one in values) / (m - 1)
    total = within + (1 + 1 / m) * between
    fraction = (1 + 1 / m) * between / total if total else 0.0
    return Rubin(
        effect=effect(
            value=value,
            error=math.sqrt(total),
            confidence=confidence,
            degrees=_barnard_rubin(m, fraction, complete_degrees),
        ),
        within=within,
        between=between,
        fraction=fraction,
    )


def imputed_difference(
    *,
    intervention: Sequence[Observed],
    control: Sequence[Observed],
    confidence: float,
    seed: int,
    data_sets: int = 20,
) -> Rubin:
    """
    Return intervention minus control after multiple imputation within strata.

    In each stratum and arm a risk is drawn from Beta(events + 1/2, others + 1/2), then the missing
    outcomes from it, so that the uncertainty of the risk is carried along (Rubin 1987, chapter 3).

    :raises NoEstimate: if a stratum with missing outcomes has no known one in that arm
    """
    generator = np.random.default_rng(seed)
    arms = (intervention, control)
    if any(one.missing and not one.known.n for arm in arms for one in arm):
        raise NoEstimate("A stratum has missing outcomes in an arm and no known one to learn from; merge strata.")
    sizes = [sum(one.n for one in arm) for arm in arms]
    if not all(sizes):
        raise NoEstimate("An arm has no units; there is nothing to compare.")
    values, variances = [], []
    for _ in range(data_sets):
        rates = [_completed(arm, generator) / size for arm, size in zip(arms, sizes, strict=True)]
        values.append(rates[0] - rates[1])
        variances.append(sum(rate * (1 - rate) / size for rate, size in zip(rates, sizes, strict=True)))
    return rubin(values=values, variances=variances, confidence=confidence, complete_degrees=sum(sizes) - 2)


def missing_differs(*, groups: Sequence[Observed]) -> ChiSquare:
    """
    Test whether the share of missing outcomes is the same in all groups (chi-square).

    A small p says that outcomes are not missing completely at random; a high p says nothing
    (``NOT_SUFFICIENT``).
    """
    known = [one for one in groups if one.n]
    total, lost = sum(one.n for one in known), sum(one.missing for one in known)
    degrees = max(len(known) - 1, 0)
    if not (degrees and 0 < lost < total):
        return ChiSquare(statistic=None, degrees=degrees, p=None)
    share = lost / total
    statistic = math.fsum((one.missing - one.n * share) ** 2 / (one.n * share * (1 - share)) for one in known)
    return ChiSquare(statistic=statistic, degrees=degrees, p=chi_square_tail(statistic, degrees=degrees))


def _completed(arm: Sequence[Observed], generator: np.random.Generator) -> int:
    events = 0
    for one in arm:
        events += one.known.events
        if one.missing:
            risk = generator.beta(one.known.events + 0.5, one.known.others.events + 0.5)
            events += int(generator.binomial(one.missing, risk))
    return events


def _barnard_rubin(m: int, fraction: float, complete: float | None) -> float | None:
    """Return Barnard and Rubin's degrees of freedom; ``None`` where they are infinite."""
    apart = (m - 1) / fraction**2 if fraction**2 > 0 else math.inf
    if complete is None:
        return apart if math.isfinite(apart) else None
    observed = (complete + 1) / (complete + 3) * complete * (1 - fraction)
    return 1 / (1 / apart + 1 / observed) if observed > 0 else apart


def _mixture(arm: Observed, shifted: float) -> float:
    """Return the arm's rate when its missing have another one, kept between 0 and 1."""
    return (arm.known.events + arm.missing * min(1.0, max(0.0, shifted))) / arm.n


def _benefit(p1: float, n1: int, p2: float, n2: int, good: Goal, confidence: float) -> Interval:
    first, second = ((p1, n1), (p2, n2)) if good == "higher" else ((p2, n2), (p1, n1))
    return newcombe_of_rates(first=first, second=second, confidence=confidence)


def newcombe_of_rates(*, first: tuple[float, int], second: tuple[float, int], confidence: float) -> Interval:
    """Return Newcombe's interval of a difference of rates that are no fractions of counts, each with its n."""
    z = two_sided_z(confidence)
    ends = [_wilson(p, n, z) for p, n in (first, second)]
    return square_and_add(first=first[0], first_interval=ends[0], second=second[0], second_interval=ends[1])


def _wilson(p: float, n: int, z: float) -> Interval:
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    below = 1 + z * z / n
    return Interval(lower=max(0.0, (middle - half) / below), upper=min(1.0, (middle + half) / below))
