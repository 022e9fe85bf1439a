"""
Accuracy when the reference was not sought for everybody (verification bias).

Begg & Greenes 1983: if whether a case was verified depends on nothing but the prediction, the share of positives
among verified cases of each prediction holds for the others too. Errors are on the logit scale (delta method).
"""

import math
from dataclasses import dataclass

from primum.evidence.intervals import Group, ImpossibleCounts, Interval, two_sided_z
from primum.evidence.shares.proportions import clopper_pearson


class NotVerified(ValueError):
    """Accuracy was asked for where too few cases were verified; the sentence says what can be known."""


@dataclass(frozen=True, kw_only=True)
class Flag:
    """
    Cases with one prediction: how many in all, and among those verified how many were positive.

    :raises ImpossibleCounts: if more were verified than there are
    """

    cases: int
    verified: Group

    def __post_init__(self) -> None:
        if self.verified.n > self.cases:
            raise ImpossibleCounts(f"{self.verified.n} verified among {self.cases} cases are impossible.")


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """A share corrected for verification, with the error of its logit; ``None`` where it is 0 or 1."""

    value: float
    logit_error: float | None
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class Verified:
    """Sensitivity and specificity corrected for verification, and as they seem from verified cases alone."""

    sensitivity: Corrected
    specificity: Corrected
    naive_sensitivity: float | None
    naive_specificity: float | None


def begg_greenes(*, flagged: Flag, cleared: Flag, confidence: float) -> Verified:
    """
    Return sensitivity and specificity as if every case had been verified.

    :raises NotVerified: if no flagged or no cleared case was verified, or if one of the classes was not seen
    """
    if not flagged.verified.n:
        raise NotVerified("No flagged case was verified, so nothing is known about what flags mean.")
    if not cleared.verified.n:
        raise NotVerified(
            "No cleared case was verified, so sensitivity cannot be known, only the share of flags that is right; "
            "verify a random sample of the cleared cases."
        )
    found, seen = flagged.verified, cleared.verified
    if not (found.events + seen.events) or not (found.others.events + seen.others.events):
        raise NotVerified("The verified cases are all positive or all negative; accuracy needs both.")
    return Verified(
        sensitivity=_corrected(flagged, cleared, confidence),
        specificity=_corrected(_turned(cleared), _turned(flagged), confidence),
        naive_sensitivity=_share(found.events, seen.events),
        naive_specificity=_share(seen.others.events, found.others.events),
    )


def _turned(flag: Flag) -> Flag:
    return Flag(cases=flag.cases, verified=flag.verified.others)


def _share(one: int, other: int) -> float | None:
    return one / (one + other) if one + other else None


def _corrected(hit: Flag, miss: Flag, confidence: float) -> Corrected:
    """Return the share of hits: P(hit) P(event | hit) over the same sum with misses."""
    ours, theirs = hit.cases * hit.verified.p, miss.cases * miss.verified.p
    value = ours / (ours + theirs)
    if not (ours and theirs):
        return Corrected(value=value, logit_error=None, interval=_extreme(hit, miss, confidence))
    shared = 1 / hit.cases + 1 / miss.cases
    error = math.sqrt(shared + _relative(hit.verified) + _relative(miss.verified))
    middle, half = math.log(ours / theirs), two_sided_z(confidence) * error
    return Corrected(
        value=value, logit_error=error, interval=Interval(lower=_expit(middle - half), upper=_expit(middle + half))
    )


def _relative(group: Group) -> float:
    """Return the variance of the logarithm of a share."""
    return (1 - group.p) / group.events


def _extreme(hit: Flag, miss: Flag, confidence: float) -> Interval:
    """Return the share at the far ends of both exact intervals, each at half the error; at 0 and 1 logits have none."""
    halved = 0.5 + confidence / 2
    hits, misses = (clopper_pearson(group=one.verified, confidence=halved) for one in (hit, miss))
    low, high = hit.cases * hits.lower, hit.cases * hits.upper
    few, many = miss.cases * misses.lower, miss.cases * misses.upper
    return Interval(lower=low / (low + many), upper=high / (high + few))


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x))
