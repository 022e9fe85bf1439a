"""
Results by model version, so that a better model is not mistaken for easier data, nor the other way round.

Learning, potential and retention of a model that changes in steps, each step with its own data
(Burgon, Sahiner, Petrick, Pennello & Samala; the VIGILANT toolkit).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from primum.evidence.intervals import Group, Interval, two_sided_z
from primum.evidence.models.effects import NoEstimate
from primum.evidence.shares.paired import Pairs, newcombe_paired
from primum.evidence.shares.two_proportions import newcombe

# How fast older data count less: e ** -DECAY for each version.
DECAY = 0.5


@dataclass(frozen=True, kw_only=True)
class VersionShift:
    """
    One version against the one before it; the values are differences of shares of right answers.

    ``learning``: new model minus old on the new data. ``potential``: the old model on the old data
    minus on the new: how much harder the data became. ``retention``: the new model on the data of
    earlier versions, newer ones counting more.
    """

    version: str
    learning: float
    learning_interval: Interval
    potential: float
    potential_interval: Interval
    retention: float
    retention_interval: Interval


def version_shifts(
    *,
    versions: Sequence[str],
    scores: Mapping[tuple[str, str], Group],
    confidence: float,
    pairs: Mapping[str, Pairs] | None = None,
    decay: float = DECAY,
) -> tuple[VersionShift, ...]:
    """
    Return learning, potential and retention of every version but the first.

    :param scores: (model version, data version) -> right answers among cases
    :param pairs: version -> the same new cases read by the new model (a) and the old (b); where given, the
        interval of learning is Newcombe's paired one, else the wider one of independent cases
    :raises NoEstimate: if a model was not run on the data that a figure needs
    """
    return tuple(
        _shift(versions, place, scores, confidence, (pairs or {}).get(versions[place]), decay)
        for place in range(1, len(versions))
    )


def by_version(*, scores: Mapping[str, Group], confidence: float) -> tuple[tuple[str, str, float, Interval], ...]:
    """Return (earlier, later, later minus earlier, interval) of consecutive versions used within one pilot."""
    names = list(scores)
    return tuple(
        (
            old,
            new,
            float(scores[new].rate - scores[old].rate),
            newcombe(first=scores[new], second=scores[old], confidence=confidence),
        )
        for old, new in pairwise(names)
    )


def _shift(
    versions: Sequence[str],
    place: int,
    scores: Mapping[tuple[str, str], Group],
    confidence: float,
    pairs: Pairs | None,
    decay: float,
) -> VersionShift:
    new, old = versions[place], versions[place - 1]
    now, before, earlier = _score(scores, new, new), _score(scores, old, new), _score(scores, old, old)
    past = [_score(scores, new, one) for one in versions[:place]]
    weights = [math.exp(decay * number) for number in range(place)]
    weights = [one / sum(weights) for one in weights]
    retention = math.fsum(weight * one.p for weight, one in zip(weights, past, strict=True))
    return VersionShift(
        version=new,
        learning=float(now.rate - before.rate),
        learning_interval=newcombe_paired(pairs, confidence=confidence)
        if pairs
        else newcombe(first=now, second=before, confidence=confidence),
        potential=float(earlier.rate - before.rate),
        potential_interval=newcombe(first=earlier, second=before, confidence=confidence),
        retention=retention,
        retention_interval=_weighted(past, weights, retention, confidence),
    )


def _weighted(groups: Sequence[Group], weights: Sequence[float], value: float, confidence: float) -> Interval:
    """Return the interval of a weighted mean of shares, with one event and one other added to each."""
    variance = 0.0
    for weight, one in zip(weights, groups, strict=True):
        p = (one.events + 1) / (one.n + 2)
        variance += weight**2 * p * (1 - p) / (one.n + 2)
    half = two_sided_z(confidence) * math.sqrt(variance)
    return Interval(lower=max(0.0, value - half), upper=min(1.0, value + half))


def _score(scores: Mapping[tuple[str, str], Group], model: str, data: str) -> Group:
    found = scores.get((model, data))
    if found is None or not found.n:
        raise NoEstimate(f"The model {model} was not run on the data of version {data}; every pair is needed.")
    return found
