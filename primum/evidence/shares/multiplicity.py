"""
Adjusting several p values: Bonferroni, Holm, Hochberg, Hommel, Benjamini-Hochberg and -Yekutieli; and their order.

Adjusted values are compared with the error itself: a claim at or below it is made. An unknown p
value (``None``) in a sequence counts as 1, so that nothing behind it is claimed (P8).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType


def bonferroni(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p values for the family-wise error (Bonferroni)."""
    return tuple(min(1.0, len(p_values) * p) for p in p_values)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return step-down p values for the family-wise error (Holm 1979)."""
    m = len(p_values)
    return _down(p_values, [m - rank for rank in range(m)])


def hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return step-up p values for the family-wise error (Hochberg 1988)."""
    m = len(p_values)
    return _up(p_values, [m - rank for rank in range(m)])


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p values for the false discovery rate (Benjamini & Hochberg 1995)."""
    m = len(p_values)
    return _up(p_values, [m / (rank + 1) for rank in range(m)])


def benjamini_yekutieli(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p values for the false discovery rate under any dependence (Benjamini & Yekutieli 2001)."""
    m = len(p_values)
    harmonic = sum(1 / rank for rank in range(1, m + 1))
    return _up(p_values, [harmonic * m / (rank + 1) for rank in range(m)])


def hommel(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return closed-test p values by Simes' inequality (Hommel 1988; the algorithm of Wright 1992)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    ranked = [p_values[index] for index in order]
    m = len(ranked)
    if m < 2:  # noqa: PLR2004 -- one p value needs no adjustment
        return tuple(p_values)
    smallest = min(m * p / (rank + 1) for rank, p in enumerate(ranked))
    adjusted, tops = [smallest] * m, [smallest] * m
    for size in range(m - 1, 1, -1):
        low, high = range(m - size + 1), range(m - size + 1, m)
        simes = min(size * ranked[index] / (place + 2) for place, index in enumerate(high))
        for index in low:
            tops[index] = min(size * ranked[index], simes)
        for index in high:
            tops[index] = tops[m - size]
        adjusted = [max(pair) for pair in zip(adjusted, tops, strict=True)]
    return _in_place(order, [max(pair) for pair in zip(adjusted, ranked, strict=True)])


ADJUSTMENTS: MappingProxyType[str, Callable[[Sequence[float]], tuple[float, ...]]] = MappingProxyType(
    {
        "bonferroni": bonferroni,
        "holm": holm,
        "hochberg": hochberg,
        "hommel": hommel,
        "bh": benjamini_hochberg,
        "by": benjamini_yekutieli,
    }
)


# Only these hold the chance of any false claim, which a gate between families needs.
FAMILY_WISE = ("bonferroni", "holm", "hochberg", "hommel")


class NoGatekeeper(ValueError):
    """A family was to be guarded by an adjustment that does not hold the chance of any false claim."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """Questions asked together, such as all subgroups, and how their p values are adjusted inside."""

    name: str
    p_values: tuple[float | None, ...]
    adjustment: str = "holm"


def fixed_sequence(p_values: Sequence[float | None]) -> tuple[float, ...]:
    """Return adjusted p values of questions asked one after the other, until one is not shown (Maurer et al. 1995)."""
    return tuple(accumulate((1.0 if p is None else p for p in p_values), max))


def gatekeeping(families: Sequence[Family]) -> tuple[tuple[float, ...], ...]:
    """
    Return adjusted p values by family in order, such as primary, equity, secondary (Bauer et al. 1998).

    A family is opened only when every question of the families before it is shown, so the error of
    each stays whole; an adjusted value is never below the largest of the families before.

    :raises NoGatekeeper: if a family's adjustment is unknown or controls the false discovery rate only
    """
    guarded, gate = [], 0.0
    for family in families:
        if family.adjustment not in FAMILY_WISE:
            raise NoGatekeeper(
                f"The family '{family.name}' asks for '{family.adjustment}'; in a sequence of families only "
                f"{', '.join(FAMILY_WISE)} hold the chance of a false claim."
            )
        inside = ADJUSTMENTS[family.adjustment]([1.0 if p is None else p for p in family.p_values])
        guarded.append(tuple(max(gate, p) for p in inside))
        gate = max((gate, *inside))
    return tuple(guarded)


def _down(p_values: Sequence[float], factors: Sequence[float]) -> tuple[float, ...]:
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    scaled = [factor * p_values[index] for factor, index in zip(factors, order, strict=True)]
    return _in_place(order, list(accumulate(scaled, max)))


def _up(p_values: Sequence[float], factors: Sequence[float]) -> tuple[float, ...]:
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    scaled = [factor * p_values[index] for factor, index in zip(factors, order, strict=True)]
    return _in_place(order, list(accumulate(reversed(scaled), min))[::-1])


def _in_place(order: Sequence[int], ranked: Sequence[float]) -> tuple[float, ...]:
    out = [0.0] * len(order)
    for index, p in zip(order, ranked, strict=True):
        out[index] = min(1.0, p)
    return tuple(out)
