"""
Futility boundaries by beta spending, with or without giving alpha back for them.

Non-binding: the efficacy boundary is that of the design without futility, so that a board may go
on below a futility bound without harm to alpha. Binding: the efficacy boundary uses that trials
below it have stopped. Either way the trial is made just large enough for its power.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from primum.evidence.designs.boundaries import OTHERS, SHAPES, SPENDING, Boundaries, Design, boundaries, spending_at
from primum.evidence.designs.paths import LooksRefused, Paths
from primum.evidence.intervals import normal_quantile
from primum.evidence.roots import NoRoot, crossing_point


@dataclass(frozen=True, kw_only=True)
class BetaSpending:
    """
    How the chance to miss a real effect is shared between looks: a name of ``SPENDING``, or ``user-defined``.

    ``spent`` is the cumulative beta at each look of a user-defined one.
    """

    name: str
    beta: float
    parameter: float = 0.0
    spent: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TwoBoundaries:
    """
    Efficacy bounds at all looks, futility bounds at all but the last, and what each has spent so far.

    ``shift`` is the square of the mean z at full information that gives the design its power.
    """

    critical: tuple[float, ...]
    futility: tuple[float, ...]
    spent: tuple[float, ...]
    beta_spent: tuple[float, ...]
    shift: float


def with_futility(
    *, design: Design, spending: BetaSpending, information: Sequence[float], planned: float, binding: bool = False
) -> TwoBoundaries:
    """
    Return the bounds of a one-sided design that spends alpha above and beta below.

    Pampallona, Tsiatis & Kim 2001; the futility bound at the last look is the efficacy bound.

    :raises LooksRefused: if the design is two-sided, or has no spending function and futility binds
    """
    _check(design, spending, looks=len(information), binding=binding)
    plain = boundaries(design=design, information=information, planned=planned)
    fractions = tuple(amount / planned for amount in information)
    alpha = spending_at(design=design, fractions=fractions) if binding else plain.spent
    betas = _beta_at(spending, fractions)
    fixed = normal_quantile(1 - design.alpha) + normal_quantile(1 - spending.beta)

    def lacking(mean: float) -> float:
        return _walk(fractions, alpha, betas, mean, plain, binding=binding)[2]

    try:
        mean = crossing_point(lacking, low=0.5 * fixed, high=3.0 * fixed)
    except NoRoot:
        raise LooksRefused("No trial spends beta in this way; spend less of it at the early looks.") from None
    critical, futile, _ = _walk(fractions, alpha, betas, mean, plain, binding=binding)
    return TwoBoundaries(critical=critical, futility=futile, spent=alpha, beta_spent=betas, shift=mean * mean)


def _check(design: Design, spending: BetaSpending, *, looks: int, binding: bool) -> None:
    if design.sides != 1:
        raise LooksRefused("Futility bounds are for a one-sided design; this one is two-sided.")
    if binding and design.name in (*SHAPES, OTHERS[0]):
        raise LooksRefused(f"Binding futility needs a design that spends alpha; '{design.name}' has a fixed shape.")
    if spending.name not in SPENDING and spending.name != "user-defined":
        known = ", ".join(sorted(SPENDING))
        raise LooksRefused(f"'{spending.name}' spends no beta; known are {known} and user-defined.")
    if not 0 < spending.beta < 1 - design.alpha:
        raise LooksRefused(f"Beta is {spending.beta:g}; it lies between 0 and 1 minus alpha.")
    if spending.name == "user-defined":
        steps = (0.0, *spending.spent)
        if len(spending.spent) != looks or any(after < before for before, after in pairwise(steps)):
            raise LooksRefused(f"Beta spent is given for each of {looks} looks and never falls.")
        if not math.isclose(steps[-1], spending.beta) or not steps[-1] > steps[-2]:
            raise LooksRefused(
                f"Beta spent ends at {steps[-1]:g}; it ends at {spending.beta:g} and keeps some for the last."
            )


def _beta_at(spending: BetaSpending, fractions: Sequence[float]) -> tuple[float, ...]:
    if spending.name == "user-defined":
        return spending.spent
    function = SPENDING[spending.name]
    # The last look decides: what is left is spent there, even short of the plan.
    before = (function(spending.beta, min(t, 1.0), spending.parameter) for t in fractions[:-1])
    return (*before, spending.beta)


def _walk(
    fractions: tuple[float, ...],
    alpha: Sequence[float],
    betas: Sequence[float],
    mean: float,
    plain: Boundaries,
    *,
    binding: bool,
) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    """Return both boundaries at this mean z, and how much beta is missing at the last look (below 0: too much)."""
    null, real = Paths(times=fractions), Paths(times=fractions, drift=mean)
    critical: list[float] = []
    futile: list[float] = []
    for look in range(len(fractions)):
        spend = alpha[look] - (alpha[look - 1] if look else 0.0)
        lose = betas[look] - (betas[look - 1] if look else 0.0)
        bound = null.critical(spend) if binding else plain.critical[look]
        critical.append(bound)
        if look + 1 == len(fractions):
            missed = real.below(bound)
            return tuple(critical), tuple(futile), math.log(missed / lose) if missed > 0 else -math.inf
        futile.append(real.futile(lose))
        if futile[-1] >= bound:
            return tuple(critical), tuple(futile), -math.inf
        null, real = null.beyond(futile[-1], bound), real.beyond(futile[-1], bound)
    raise AssertionError("there is always a last look")
