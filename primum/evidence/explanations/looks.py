"""Derivation of a repeated interval: alpha spent, boundaries by their own integration, z and the interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.explanations.differences import score, standard_error
from primum.evidence.explanations.spending import DERIVATIONS, AtLooks, at_looks
from primum.evidence.explanations.working import Derived, Formula, Step, figure, steps
from primum.evidence.intervals import Group, Interval, bisect, normal_cdf
from primum.evidence.trials.trial_arms import units
from primum.roadmap.protocol import Protocol

TEMPLATE = Formula(
    text=(
        "d = x1 / n1 - x2 / n2,  z = d / s,  with everybody together at P = (x1 + x2) / (n1 + n2):\n"
        "s = sqrt(P (1 - P) (1 / n1 + 1 / n2))\n"
        "{rule}\n"
        "boundary b(k) solves  P(first z above its boundary at look k, if there is no effect) = A(t(k)) - A(t(k - 1))\n"
        "where z(k) sqrt(t(k)) is a sum of independent normal steps of variance t(k) - t(k - 1)\n"
        "ends  d - b s  and  d + b s"
    ),
    reference=(
        "Jennison & Turnbull 1989, Journal of the Royal Statistical Society B 51:305-361; "
        "Lan & DeMets 1983, Biometrika 70:659-663"
    ),
)


def formula_of(spending: str) -> Formula:
    """Return the formula of a repeated interval with the rule by which its design shares alpha."""
    return replace(TEMPLATE, text=TEMPLATE.text.replace("{rule}", DERIVATIONS[spending].rule))


FORMULAS: Mapping[str, Formula] = MappingProxyType({"repeated interval": formula_of("lan-demets-obrien-fleming")})

# Data within a twentieth of the plan around a planned look are that look.
NEAR = Fraction(1, 20)
UNBOUNDED = Interval(lower=-1.0, upper=1.0)


def repeated(*, protocol: Protocol, first: Group, second: Group) -> Derived:
    """Derive the repeated interval of the look reached; ``first - second`` is positive when the intervention wins."""
    information, reached = looks(protocol, now=first.n + second.n)
    every = at_looks(protocol=protocol, information=information)
    times = [amount / protocol.planned_units for amount in information]
    d, s, b = float(first.rate - second.rate), pooled_error(first, second), every.bounds[reached - 1]
    flat = s == 0
    instead = UNBOUNDED if math.isinf(b) else score(first, second, confidence=2 * normal_cdf(b) - 1) if flat else None
    lower = max(-1.0, d - b * s) if instead is None else instead.lower
    upper = min(1.0, d + b * s) if instead is None else instead.upper
    return Derived(
        value=d,
        lower=lower,
        upper=upper,
        formula=formula_of(protocol.spending),
        steps=(
            *_design_steps(protocol, information, times),
            *_look_steps(every, reached),
            *steps(
                ("d", "difference", d),
                ("s", "standard error of d without effect", s),
                *([] if flat else [("z", "d / s, above b if the boundary is crossed", d / s)]),
                ("b", f"boundary at look {reached}", b),
                ("L", "lower end" + (", by Miettinen-Nurminen at 2 Phi(b) - 1, as s is 0" if flat else ""), lower),
                ("U", "upper end", upper),
            ),
        ),
        check_in=_check(protocol, times, reached, d=d, s=s),
    )


def repeated_score(*, protocol: Protocol, first: Group, second: Group) -> Derived:
    """Derive the differences that the score test does not reject at the boundary of the look reached."""
    information, reached = looks(protocol, now=first.n + second.n)
    every = at_looks(protocol=protocol, information=information)
    times = [amount / protocol.planned_units for amount in information]
    total, d, b = first.n + second.n, float(first.rate - second.rate), every.bounds[reached - 1]
    shrink = math.sqrt((total - 1) / total)

    def z(null: float) -> float:
        error = shrink * standard_error(first, second, difference=null)
        return (d - null) / error if error else math.copysign(math.inf, d - null)

    bounded = not math.isinf(b)
    lower = bisect(lambda null: z(null) - b, low=-1.0, high=d) if bounded and d > -1 else -1.0
    upper = bisect(lambda null: z(null) + b, low=d, high=1.0) if bounded and d < 1 else 1.0
    return Derived(
        value=d,
        lower=lower,
        upper=upper,
        formula=replace(
            formula_of(protocol.spending),
            text=f"{formula_of(protocol.spending).text.rpartition(chr(10))[0]}\n"
            "ends: the D for which (d - D) / S(D) is b and -b, with S(D) at the proportions restricted to q1 - q2 = D",
        ),
        steps=(
            *_design_steps(protocol, information, times),
            *_look_steps(every, reached),
            *steps(
                ("d", "difference", d),
                ("b", f"boundary at look {reached}", b),
                ("L", "lower end", lower),
                ("U", "upper end", upper),
            ),
        ),
        check_in="",
    )


def looks(protocol: Protocol, *, now: int) -> tuple[tuple[int, ...], int]:
    """Return the information at the looks held and still planned, and the number of the look held now."""
    last, planned = protocol.planned_units, protocol.planned_looks
    far = [at for at in planned if abs(at - now) > NEAR * last and not (at == last and now > last)]
    before = [at for at in far if at < now]
    return (*before, now, *(at for at in far if at > now)), len(before) + 1


def pooled_error(first: Group, second: Group) -> float:
    """Return the standard error of a difference if both groups have one proportion."""
    p = (first.events + second.events) / (first.n + second.n)
    return math.sqrt(p * (1 - p) * (1 / first.n + 1 / second.n))


def _design_steps(protocol: Protocol, information: Sequence[int], times: Sequence[float]) -> tuple[Step, ...]:
    whole = f"{units(protocol)} with an outcome at each look, held or still planned"
    return steps(
        ("alpha", "one-sided error over all looks", Fraction(protocol.alpha_one_sided)),
        ("i", whole, ", ".join(map(str, information))),
        ("I", f"{units(protocol)} planned", protocol.planned_units),
        ("t", "information fractions i / I", ", ".join(map(figure, times))),
    )


def _look_steps(every: AtLooks, reached: int) -> tuple[Step, ...]:
    so_far = zip(every.spent[:reached], every.bounds, every.crossings, strict=False)
    return tuple(
        step
        for number, (alpha, bound, crossing) in enumerate(so_far, start=1)
        for step in steps(
            (f"A(t({number}))", f"alpha spent by look {number}", alpha),
            (f"b({number})", "boundary on the z scale", bound),
            (f"P({number})", "P(first crossing at this look), the alpha it may spend", crossing),
        )
    )


def _check(protocol: Protocol, times: Sequence[float], reached: int, *, d: float, s: float) -> str:
    if times[-1] > 1 or protocol.futility:
        return ""
    rates = ", ".join(map(figure, times))
    return (
        f'b <- rpact::getDesignGroupSequential(typeOfDesign = "asOF", '
        f"alpha = {figure(Fraction(protocol.alpha_one_sided))}, "
        f"informationRates = c({rates}))$criticalValues[{reached}]; {figure(d)} + c(-1, 1) * b * {figure(s)}"
    )
