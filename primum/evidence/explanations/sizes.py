"""Derivations of how many units a subgroup level needs, so that equal levels are shown to be within a margin."""

import math
from collections.abc import Sequence
from fractions import Fraction

from primum.evidence.explanations.differences import most_likely
from primum.evidence.explanations.trial import BothArms
from primum.evidence.explanations.working import Step, figure, side_of, steps
from primum.evidence.intervals import Group, normal_quantile
from primum.evidence.measures.question import Question

FEWEST_LEVELS = 2


def simultaneous(*, levels: int, confidence: float) -> tuple[float, float]:
    """Return the confidence of each pair for lower and for upper ends, such that all ends hold together."""
    wide = confidence ** (2 / (levels * (levels - 1)))
    return wide, 1 - 2 * (1 - (1 - side_of(confidence)) ** (1 / (levels - 1)))


def shares_needed(question: Question, *, groups: Sequence[Group], levels: int) -> tuple[Step, ...]:
    """
    Return the steps to the units per level for a gap in shares.

    None are returned where a level is too small to show, since all levels together would tell of it (P9).
    """
    margin, total = _margin(question), sum(one.n for one in groups)
    if margin is None or levels < FEWEST_LEVELS or not total or _some_too_small(question, groups):
        return ()
    p, z = sum(one.events for one in groups) / total, _quantile(question, levels)
    q1, q2 = most_likely(((p, 1.0, -margin), (p, 1.0, 0.0)), difference=-margin)
    null, real = math.sqrt(q1 * (1 - q1) + q2 * (1 - q2)), math.sqrt(2 * p * (1 - p))
    size = ((z * null + normal_quantile(_power(question)) * real) / margin) ** 2
    return steps(
        ("P", "all levels together", p),
        ("M", "margin of the policy", margin),
        ("q1, q2", "most likely proportions that differ by M if both are P", f"{figure(q1)}, {figure(q2)}"),
        ("w", "power to show a gap below M if all levels are at P", _power(question)),
        (
            "zu, zw",
            "normal quantiles of (1 + cu) / 2 and of w",
            f"{figure(z)}, {figure(normal_quantile(_power(question)))}",
        ),
        ("m", "units wanted of each level", size),
    )


SHARES_NEEDED = (
    "needed per level, rounded up, less those there are (Farrington & Manning 1990):\n"
    "m = ((zu sqrt(q1 (1 - q1) + q2 (1 - q2)) + zw sqrt(2 P (1 - P))) / M)^2"
)
EFFECTS_NEEDED = (
    "needed per level, rounded up, less those there are:\nm = ((zu + zw) / M)^2 2 P (1 - P) (1 / f + 1 / (1 - f))"
)


def effects_needed(question: Question, *, arms: Sequence[BothArms]) -> tuple[Step, ...]:
    """Return the steps to the units per level, both arms together, for a gap in benefit."""
    margin = _margin(question)
    every = [group for one in arms for group in (one.intervention, one.control)]
    total, treated = sum(one.n for one in every), sum(one.intervention.n for one in arms)
    if margin is None or len(arms) < FEWEST_LEVELS or not 0 < treated < total or _some_too_small(question, every):
        return ()
    p, share, z = sum(one.events for one in every) / total, treated / total, _quantile(question, len(arms))
    strength = normal_quantile(_power(question))
    size = ((z + strength) / margin) ** 2 * 2 * p * (1 - p) * (1 / share + 1 / (1 - share))
    return steps(
        ("P, f", "proportion with the event, and share in the intervention arm", f"{figure(p)}, {figure(share)}"),
        ("M", "margin of the policy", margin),
        ("w", "power to show a gap below M if there is none", _power(question)),
        ("zu, zw", "normal quantiles of (1 + cu) / 2 and of w", f"{figure(z)}, {figure(strength)}"),
        ("m", "units wanted of each level", size),
    )


def _quantile(question: Question, levels: int) -> float:
    return normal_quantile(0.5 + simultaneous(levels=levels, confidence=question.confidence)[1] / 2)


def _power(question: Question) -> float:
    return float(Fraction(question.parameter("power", default="80/100")))


def _margin(question: Question) -> float | None:
    threshold = question.criterion.threshold
    return float(threshold.fraction) if threshold and 0 < threshold.fraction < 1 else None


def _some_too_small(question: Question, groups: Sequence[Group]) -> bool:
    return any(question.too_small(one.n) for one in groups)
