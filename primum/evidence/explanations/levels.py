"""The levels of a subgroup attribute counted again, and how one of them is compared with another."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from primum.evidence.counts.cells import Cells
from primum.evidence.explanations.differences import DIFFERENCES, group_steps
from primum.evidence.explanations.shares import SHARES
from primum.evidence.explanations.sizes import effects_needed, shares_needed
from primum.evidence.explanations.trial import ARMS, both_arms
from primum.evidence.explanations.working import Derived, Formula, Step, Table, count_of, counted, figure, steps
from primum.evidence.intervals import Group
from primum.evidence.measures.concealment import partner_of_small
from primum.evidence.measures.gap_methods import method_asked
from primum.evidence.measures.question import Question

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"sensitivity": ("found", "missed"), "accuracy": ("right", "wrong"), "checks_met": ("met", "not met")}
)
PAIRS: Mapping[str, str] = MappingProxyType(
    {"simultaneous miettinen-nurminen": "miettinen-nurminen", "simultaneous newcombe": "newcombe"}
)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The difference of two levels at one confidence, with the steps and a line that checks it."""

    value: float
    lower: float
    upper: float
    steps: tuple[Step, ...]
    check_in: str


@dataclass(frozen=True, kw_only=True)
class Levels:
    """The levels of one attribute that can be compared, and how one is compared with another."""

    attribute: str
    values: Mapping[str, Fraction]
    units: Mapping[str, int]
    pair: Callable[[str, str, float], Pair]
    table: Table
    needed: tuple[Step, ...] = ()
    of_effects: bool = False
    formula: Formula | None = None


def levels_of_shares(
    question: Question,
    *,
    cells: Cells,
    attribute: str,
    share: str,
    least: int = 1,
    hidden: frozenset[str] | None = None,
) -> Levels:
    """Count a share in every level of an attribute; a level without any prediction cannot be compared."""
    rule = SHARES[share]
    counts = counted(cells, attribute, "reference", "prediction")
    groups, answered = {}, {}
    for level in dict.fromkeys(key[0] for key in counts if key[0]):
        units = {key[1:]: n for key, n in counts.items() if key[0] == level and rule.of(key[1:])}
        groups[level] = Group(events=sum(n for cell, n in units.items() if rule.events(cell)), n=sum(units.values()))
        answered[level] = any(cell[1] for cell in units)
    known = {level: one for level, one in groups.items() if answered[level]}
    if hidden is None:
        sizes = {level: one.n if answered[level] else 0 for level, one in groups.items()}
        hidden = partner_of_small(sizes, too_small=question.too_small)
    compared = {
        level: one
        for level, one in known.items()
        if one.n >= least and level not in hidden and not question.too_small(one.n)
    }
    method = pairs_by(question)

    def pair(one: str, other: str, confidence: float) -> Pair:
        return _pair_of_shares(method, (one, compared[one]), (other, compared[other]), confidence)

    return Levels(
        attribute=attribute,
        values={level: one.rate for level, one in compared.items()},
        units={level: one.n for level, one in compared.items()},
        pair=pair,
        table=_table(question, attribute, groups, WORDS[share], hidden),
        needed=shares_needed(question, groups=list(known.values()), levels=len(groups)),
    )


def levels_of_benefit(question: Question, *, attribute: str) -> Levels:
    """Count the primary endpoint of both arms in every level of an attribute."""
    protocol = question.protocol
    assert protocol is not None  # a gap in benefit is known only with a protocol
    names = [level for level in question.cells.levels_of(attribute) if level]
    arms = {
        level: both_arms(question, event=protocol.primary.event, primary=True, **{attribute: level}) for level in names
    }
    smallest = {level: min(one.intervention.n, one.control.n) for level, one in arms.items()}
    hidden = partner_of_small(smallest, too_small=question.too_small)
    compared = {
        level: one
        for level, one in arms.items()
        if smallest[level] and level not in hidden and not question.too_small(smallest[level])
    }
    ordered = {level: one.ordered(good_first=protocol.primary.good == "higher")[:2] for level, one in compared.items()}
    method = pairs_by(question)

    def pair(one: str, other: str, confidence: float) -> Pair:
        return _pair_of_effects(method, (one, ordered[one]), (other, ordered[other]), confidence)

    return Levels(
        attribute=attribute,
        values={level: first.rate - second.rate for level, (first, second) in ordered.items()},
        units={level: one.intervention.n + one.control.n for level, one in compared.items()},
        pair=pair,
        table=_table(
            question,
            attribute,
            {f"{level}, {arm}": getattr(one, arm) for level, one in arms.items() for arm in ARMS},
            (protocol.primary.event, "none"),
        ),
        needed=effects_needed(question, arms=list(arms.values())),
        of_effects=True,
    )


def pairs_by(question: Question) -> str:
    """Return the method of a pair for independent patients; Miettinen-Nurminen beside a bootstrap."""
    return PAIRS.get(method_asked(question), "miettinen-nurminen")


@lru_cache(maxsize=4096)
def _pair_of_shares(method: str, one: tuple[str, Group], other: tuple[str, Group], confidence: float) -> Pair:
    (name1, first), (name2, second) = one, other
    derived = DIFFERENCES[method](first, second, confidence=confidence)
    return _pair(derived, (*group_steps(first, second, words=(name1, name2)), *derived.steps), derived.check_in)


@lru_cache(maxsize=4096)
def _pair_of_effects(
    method: str, one: tuple[str, tuple[Group, Group]], other: tuple[str, tuple[Group, Group]], confidence: float
) -> Pair:
    (name1, arms1), (name2, arms2) = one, other
    effects = [DIFFERENCES[method](*arms, confidence=confidence) for arms in (arms1, arms2)]
    (e1, m1, v1), (e2, m2, v2) = ((one.value or 0.0, one.lower or 0.0, one.upper or 0.0) for one in effects)
    lower, upper = e1 - e2 - math.hypot(e1 - m1, v2 - e2), e1 - e2 + math.hypot(v1 - e1, e2 - m2)
    own = [
        step
        for name, arms, effect in ((name1, arms1, effects[0]), (name2, arms2, effects[1]))
        for step in (*group_steps(*arms, words=(f"{name}, first", f"{name}, second")), *effect.steps)
    ]
    both = steps(
        (f"e, m, v of {name1}", "benefit and its ends", ", ".join(map(figure, (e1, m1, v1)))),
        (f"e, m, v of {name2}", "benefit and its ends", ", ".join(map(figure, (e2, m2, v2)))),
    )
    check = (
        f"m <- local({{ {effects[0].check_in} }}); v <- local({{ {effects[1].check_in} }}); "
        f"c({figure(e1 - e2)} - sqrt(({figure(e1)} - m[1])^2 + (v[2] - {figure(e2)})^2), "
        f"{figure(e1 - e2)} + sqrt((m[2] - {figure(e1)})^2 + ({figure(e2)} - v[1])^2))"
    )
    return Pair(value=e1 - e2, lower=lower, upper=upper, steps=(*own, *both), check_in=check)


def _pair(derived: Derived, every: tuple[Step, ...], check: str) -> Pair:
    value, lower, upper = derived.value or 0.0, derived.lower or 0.0, derived.upper or 0.0
    return Pair(value=value, lower=lower, upper=upper, steps=every, check_in=check)


def _table(
    question: Question,
    attribute: str,
    groups: Mapping[str, Group],
    words: tuple[str, str],
    hidden: frozenset[str] = frozenset(),
) -> Table:
    rows = tuple(
        (
            name,
            *("not shown" if name in hidden or question.too_small(one.n) else count_of(question, n=n) for n in parts),
        )
        for name, one in groups.items()
        for parts in [(one.events, one.n - one.events)]
    )
    return Table(columns=(attribute, *words), rows=rows)
