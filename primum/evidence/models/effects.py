"""One estimated effect with its error, its interval and its p value, by the normal or Student's distribution."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from primum.evidence.intervals import Interval, normal_tail, two_sided_z

# An error of rounding size is none.
NO_SPREAD = 1e-13


class NoEstimate(ValueError):
    """A method has no finite answer on these data; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """
    An effect on its own scale (a difference, or the logarithm of a ratio).

    ``degrees`` are Student's degrees of freedom, ``None`` for the normal distribution; ``p`` is
    two-sided against 0.
    """

    value: float
    error: float
    interval: Interval
    degrees: float | None
    statistic: float
    p: float


def place_of(name: str, *, names: Sequence[str]) -> int:
    """
    Return the position of a model's term.

    :raises NoEstimate: if it has no such term
    """
    if name not in names:
        raise NoEstimate(f"The model has no term '{name}'; its terms are {', '.join(names)}.")
    return names.index(name)


def effect(*, value: float, error: float, confidence: float, degrees: float | None = None) -> Effect:
    """
    Return an effect with its two-sided interval and test.

    :raises NoEstimate: if value or error is not finite, the error is 0, or degrees of freedom are not above 0
    """
    if not (math.isfinite(value) and math.isfinite(error)):
        raise NoEstimate("The effect or its standard error is not a finite number; the data do not determine it.")
    if not error > NO_SPREAD * max(1.0, abs(value)):
        raise NoEstimate("The data have no spread to judge by; an interval without width would be a false certainty.")
    if degrees is not None and not degrees > 0:
        raise NoEstimate("No degrees of freedom are left; more clusters or units are needed than terms.")
    half = quantile(confidence=confidence, degrees=degrees) * error
    statistic = value / error
    return Effect(
        value=value,
        error=error,
        interval=Interval(lower=value - half, upper=value + half),
        degrees=degrees,
        statistic=statistic,
        p=two_sided_p(statistic, degrees=degrees),
    )


def quantile(*, confidence: float, degrees: float | None = None) -> float:
    """Return the quantile of a two-sided interval, 1.96 for 0.95 and the normal distribution."""
    if degrees is None:
        return two_sided_z(confidence)
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + confidence / 2))


def two_sided_p(statistic: float, *, degrees: float | None = None) -> float:
    """Return P(|T| >= |statistic|)."""
    if degrees is None:
        return 2 * normal_tail(abs(statistic))
    from scipy.special import stdtr

    return 2 * float(stdtr(degrees, -abs(statistic)))
