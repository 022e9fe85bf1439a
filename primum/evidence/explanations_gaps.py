"""Derivations of gaps between subgroups: every pair at its own confidence, and the pairs that decide in full."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from primum.evidence.explanations_differences import (
    DIFFERENCES,
    HYBRID,
    SCORE,
    group_steps,
)
from primum.evidence.explanations_shares import SHARES
from primum.evidence.explanations_sizes import effects_needed, shares_needed, simultaneous
from primum.evidence.explanations_trial import ARMS, both_arms
from primum.evidence.explanations_working import (
    Derived,
    Formula,
    Step,
    Table,
    count_of,
    counted,
    figure,
    steps,
)
from primum.evidence.intervals import Group
from primum.evidence.question import Question, method_of
from primum.roadmap.estimates import Estimate

GAP = (
    "gap of level i = max over j of theta(j) - theta(i);  k levels with data enough\n"
    "lower end  max(0, max over j of the lower end of theta(j) - theta(i) at confidence cl)\n"
    "upper end  max(0, max over j of the upper end of theta(j) - theta(i) at confidence cu)\n"
    "cl = c^(2 / (k (k - 1)))  (Sidak over all pairs);  cu = 1 - 2 (1 - (1 - a)^(1 / (k - 1)))\n"
    "largest minus smallest: the largest gap, lower end and upper end of all levels\n"
    "each pair, first minus second:\n"
)
HSU = "Hsu 1984, Annals of Statistics 12:1136-1144; Sidak 1967, JASA 62:626-633; "
PAIRS: Mapping[str, str] = MappingProxyType(
    {"simultaneous miettinen-nurminen": "miettinen-nurminen", "simultaneous newcombe": "newcombe"}
)
SHARES_APART: Mapping[str, Formula] = MappingProxyType(
    {
        name: Formula(text=GAP + one.text, reference=HSU + one.reference)
        for name, one in zip(PAIRS, (SCORE, HYBRID), strict=True)
    }
)
EFFECTS_APART: Mapping[str, Formula] = MappingProxyType(
    {
        name: Formula(
            text=GAP
            + "D = e(j) - e(i), where e is the benefit of one level with its own ends m and v at the same confidence\n"
            "lower end  D - sqrt((e(j) - m(j))^2 + (v(i) - e(i))^2)\n"
            "upper end  D + sqrt((v(j) - e(j))^2 + (e(i) - m(i))^2)\n"
            "the ends m and v of one level:\n" + one.text,
            reference=HSU + "Zou & Donner 2008, Statistics in Medicine 27:1693-1702; " + one.reference,
        )
        for name, one in zip(PAIRS, (SCORE, HYBRID), strict=True)
    }
)
FORMULAS: Mapping[str, Formula] = SHARES_APART


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
    formula: Formula
    table: Table
    needed: tuple[Step, ...] = ()


def gap_of_shares(question: Question, estimate: Estimate) -> Derived:
    """Derive a gap in sensitivity or accuracy: of one level to the best, or largest minus smallest."""
    return _gap(question, levels_of_shares(question, attribute=attribute_of(estimate)), estimate)


def gap_of_benefit(question: Question, estimate: Estimate) -> Derived:
    """Derive a gap in the primary benefit."""
    return _gap(question, levels_of_benefit(question, attribute=attribute_of(estimate)), estimate)


def attribute_of(estimate: Estimate) -> str:
    """Return the attribute whose levels an estimate compares."""
    return estimate.scope.partition("=")[0]


def levels_of_shares(question: Question, *, attribute: str) -> Levels:
    """Count a share in every level of an attribute; a level without any prediction cannot be compared."""
    rule = SHARES[question.criterion.metric.removeprefix("gap_")]
    counts = counted(question.cells, attribute, "reference", "prediction")
    groups, answered = {}, {}
    for level in dict.fromkeys(key[0] for key in counts if key[0]):
        units = {key[1:]: n for key, n in counts.items() if key[0] == level and rule.of(key[1:])}
        groups[level] = Group(events=sum(n for cell, n in units.items() if rule.events(cell)), n=sum(units.values()))
        answered[level] = any(cell[1] for cell in units)
    known = {level: one for level, one in groups.items() if answered[level]}
    compared = {level: one for level, one in known.items() if not question.too_small(one.n)}
    method = method_of(question, PAIRS)

    def pair(one: str, other: str, confidence: float) -> Pair:
        return _pair_of_shares(PAIRS[method], (one, compared[one]), (other, compared[other]), confidence)

    return Levels(
        attribute=attribute,
        values={level: one.rate for level, one in compared.items()},
        units={level: one.n for level, one in compared.items()},
        pair=pair,
        formula=SHARES_APART[method],
        table=_table(question, attribute, groups, ("event", "none")),
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
    compared = {
        level: one for level, one in arms.items() if smallest[level] and not question.too_small(smallest[level])
    }
    ordered = {level: one.ordered(good_first=protocol.primary.good == "higher")[:2] for level, one in compared.items()}
    method = method_of(question, PAIRS)

    def pair(one: str, other: str, confidence: float) -> Pair:
        return _pair_of_effects(PAIRS[method], (one, ordered[one]), (other, ordered[other]), confidence)

    return Levels(
        attribute=attribute,
        values={level: first.rate - second.rate for level, (first, second) in ordered.items()},
        units={level: one.intervention.n + one.control.n for level, one in compared.items()},
        pair=pair,
        formula=EFFECTS_APART[method],
        table=_table(
            question,
            attribute,
            {f"{level}, {arm}": getattr(one, arm) for level, one in arms.items() for arm in ARMS},
            (protocol.primary.event, "none"),
        ),
        needed=effects_needed(question, arms=list(arms.values())),
    )


def _gap(question: Question, levels: Levels, estimate: Estimate) -> Derived:
    low, up = simultaneous(levels=len(levels.values), confidence=question.confidence)
    level = estimate.scope.partition("=")[2]
    shown = [level] if level else list(levels.values)
    lowers = {(one, other): levels.pair(other, one, low) for one in shown for other in levels.values if other != one}
    uppers = {(one, other): levels.pair(other, one, up) for one in shown for other in levels.values if other != one}
    lowest = max(lowers, key=lambda key: lowers[key].lower)
    highest = max(uppers, key=lambda key: uppers[key].upper)
    lower, upper = max(0.0, lowers[lowest].lower), max(0.0, uppers[highest].upper)
    best = max(levels.values.values())
    value = best - (levels.values[level] if level else min(levels.values.values()))
    ends = tuple(
        part
        for key in lowers
        for part in (
            (f"l({key[1]} - {key[0]})", "lower end of this pair at cl", lowers[key].lower),
            (f"u({key[1]} - {key[0]})", "upper end of this pair at cu", uppers[key].upper),
        )
    )
    return Derived(
        value=float(value),
        lower=lower,
        upper=upper,
        formula=levels.formula,
        table=levels.table,
        steps=(
            *steps(*((f"theta({name})", f"n {levels.units[name]}", rate) for name, rate in levels.values.items())),
            *steps(
                ("k", f"levels of {levels.attribute} compared", len(levels.values)),
                ("c", "confidence of all ends together", question.confidence),
                ("cl", "confidence of a pair, for lower ends", low),
                ("cu", "confidence of a pair, for upper ends", up),
            ),
            *_deciding(lowest, lowers[lowest], "lower", same=lowest == highest and math.isclose(low, up)),
            *([] if lowest == highest and math.isclose(low, up) else _deciding(highest, uppers[highest], "upper")),
            *steps(*ends),
            *steps(
                ("gap", "the best level less this one" if level else "largest less smallest", value),
                ("L", "lower end", lower),
                ("U", "upper end", upper),
            ),
            *levels.needed,
        ),
        check_in=f"{lowers[lowest].check_in}[1]; {uppers[highest].check_in}[2]",
    )


def _deciding(key: tuple[str, str], pair: Pair, which: str, *, same: bool = False) -> tuple[Step, ...]:
    ends = "both ends" if same else f"the {which} end"
    return (*steps(("pair", f"that decides {ends}, in full", f"{key[1]} - {key[0]}")), *pair.steps)


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


def _table(question: Question, attribute: str, groups: Mapping[str, Group], words: tuple[str, str]) -> Table:
    rows = tuple(
        (name, *("not shown" if question.too_small(one.n) else count_of(question, n=n) for n in parts))
        for name, one in groups.items()
        for parts in [(one.events, one.n - one.events)]
    )
    return Table(columns=(attribute, *words), rows=rows)
