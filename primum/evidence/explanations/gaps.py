"""Derivations of gaps between subgroups: every pair at its own confidence, and the pairs that decide in full."""

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

from primum.evidence.counts.cells import Cells
from primum.evidence.equity import intersections
from primum.evidence.explanations.bootstrap import CLUSTERS, farther
from primum.evidence.explanations.differences import HYBRID, SCORE
from primum.evidence.explanations.levels import (
    PAIRS,
    Levels,
    Pair,
    levels_of_benefit,
    levels_of_shares,
    pairs_by,
)
from primum.evidence.explanations.sizes import EFFECTS_NEEDED, SHARES_NEEDED, simultaneous
from primum.evidence.explanations.working import Derived, Formula, Step, steps
from primum.evidence.measures import checks
from primum.evidence.measures.gap_methods import method_asked
from primum.evidence.measures.question import Question
from primum.roadmap.estimates import Estimate
from primum.roadmap.scopes import levels_of

GAP = (
    "gap of level i = max over j of theta(j) - theta(i);  k levels with data enough\n"
    "lower end  max(0, max over j of the lower end of theta(j) - theta(i) at confidence cl)\n"
    "upper end  max(0, max over j of the upper end of theta(j) - theta(i) at confidence cu)\n"
    "cl = c^(2 / (k (k - 1)))  (Sidak over all pairs);  cu = 1 - 2 (1 - (1 - a)^(1 / (k - 1)))\n"
    "largest minus smallest: the largest gap, lower end and upper end of all levels\n"
    "each pair, first minus second:\n"
)
HSU = "Hsu 1984, Annals of Statistics 12:1136-1144; Sidak 1967, JASA 62:626-633; "
SHARES_APART: Mapping[str, Formula] = MappingProxyType(
    {
        name: Formula(text=GAP + one.text + "\n" + SHARES_NEEDED, reference=HSU + one.reference)
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
            "the ends m and v of one level:\n" + one.text + "\n" + EFFECTS_NEEDED,
            reference=HSU + "Zou & Donner 2008, Statistics in Medicine 27:1693-1702; " + one.reference,
        )
        for name, one in zip(PAIRS, (SCORE, HYBRID), strict=True)
    }
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({**SHARES_APART, "cluster bootstrap": CLUSTERS})
OWN = re.compile(r"\b([acdLU])\b")


def gap_of_shares(question: Question, estimate: Estimate) -> Derived:
    """Derive a gap in sensitivity or accuracy: of one level to the best, or largest minus smallest."""
    attribute, _, level = estimate.scope.partition("=")
    share = question.criterion.metric.removeprefix("gap_")
    levels = levels_of_shares(question, cells=question.cells, attribute=attribute, share=share)
    return _shown(question, levels, level)


def gap_of_checks(question: Question, estimate: Estimate) -> Derived:
    """Derive a gap in the share of answers that met a check."""
    return gap_of_shares(checks.as_cases(question), estimate)


def gap_of_benefit(question: Question, estimate: Estimate) -> Derived:
    """Derive a gap in the primary benefit."""
    attribute, _, level = estimate.scope.partition("=")
    return _shown(question, levels_of_benefit(question, attribute=attribute), level)


def gap_of_pairs(question: Question, estimate: Estimate) -> Derived:
    """Derive a gap in sensitivity between pairs of levels of two attributes."""
    named = [name for name, level in levels_of(estimate.scope).items() if level]
    one, other = named or estimate.scope.split(" and ")
    name = intersections.name_of(one=one, other=other)
    cells = intersections.crossed(question.cells, one=one, other=other)
    least = question.parameter("cases", default="30")
    levels = levels_of_shares(
        question,
        cells=cells,
        attribute=name,
        share="sensitivity",
        least=max(1, int(least)) if least.isdigit() else 30,
        hidden=_hidden(question, cells, name, other),
    )
    return _shown(question, levels, estimate.scope.removeprefix(f"{one}=") if named else "", cells=cells)


def _hidden(question: Question, cells: Cells, name: str, other: str) -> frozenset[str]:
    """Return the pairs that are hidden so that no row or column gives a small one away."""
    sizes = {
        intersections.pair_of(level, other=other): here.where(reference="1").total()
        for level, here in cells.by(name).items()
        if level
    }
    small = frozenset(pair for pair, n in sizes.items() if question.too_small(n))
    hidden = intersections.partners(sizes, small=small)
    return frozenset(f"{pair[0]}, {other}={pair[1]}" for pair in hidden)


def _shown(question: Question, levels: Levels, level: str, *, cells: Cells | None = None) -> Derived:
    alone = gap_between(question, levels=levels, level=level)
    if method_asked(question) != "cluster bootstrap":
        return alone
    return farther(question, levels=levels, level=level, alone=alone, cells=cells or question.cells)


def gap_between(question: Question, *, levels: Levels, level: str) -> Derived:
    """Derive the gap of one level to the best, or largest minus smallest without a level."""
    low, up = simultaneous(levels=len(levels.values), confidence=question.confidence)
    shown = [level] if level else list(levels.values)
    lowers = {(one, other): levels.pair(other, one, low) for one in shown for other in levels.values if other != one}
    uppers = {(one, other): levels.pair(other, one, up) for one in shown for other in levels.values if other != one}
    lowest = max(lowers, key=lambda key: lowers[key].lower)
    highest = max(uppers, key=lambda key: uppers[key].upper)
    lower, upper = max(0.0, lowers[lowest].lower), max(0.0, uppers[highest].upper)
    same = lowest == highest and math.isclose(low, up)
    best, method = max(levels.values.values()), next(name for name, one in PAIRS.items() if one == pairs_by(question))
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
        formula=levels.formula or (EFFECTS_APART if levels.of_effects else SHARES_APART)[method],
        table=levels.table,
        steps=(
            *steps(*((f"theta({name})", f"n {levels.units[name]}", rate) for name, rate in levels.values.items())),
            *steps(
                ("k", f"levels of {levels.attribute} compared", len(levels.values)),
                ("c", "confidence of all ends together", question.confidence),
                ("cl", "confidence of a pair, for lower ends", low),
                ("cu", "confidence of a pair, for upper ends", up),
            ),
            *_deciding(lowest, lowers[lowest], "both ends" if same else "the lower end"),
            *([] if same else _deciding(highest, uppers[highest], "the upper end")),
            *steps(*ends),
            *steps(
                ("gap", "the best level less this one" if level else "largest less smallest", value),
                ("L", "lower end", lower),
                ("U", "upper end", upper),
            ),
            *levels.needed,
        ),
        check_in=_check(lowers[lowest], uppers[highest], same=same),
    )


def _deciding(key: tuple[str, str], pair: Pair, which: str) -> tuple[Step, ...]:
    # The pair has its own confidence and ends, which are not those of the gap.
    own = (Step(symbol=OWN.sub(r"\1*", one.symbol), meaning=one.meaning, value=one.value) for one in pair.steps)
    return (*steps(("pair", f"that decides {which}, in full and with *", f"{key[1]} - {key[0]}")), *own)


def _check(lower: Pair, upper: Pair, *, same: bool) -> str:
    """Return R for both ends of a gap: the deciding pair's, and 0 where that is below 0."""
    lines = []
    for pair, place in ((lower, "" if same else "[1]"), *(() if same else ((upper, "[2]"),))):
        before, _, last = pair.check_in.rpartition("; ")
        lines.append(f"{before}; pmax(0, {last}{place})")
    return "; ".join(lines)
