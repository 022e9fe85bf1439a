"""One subgroup attribute as estimates: the gap of each level, largest minus smallest, and what each still needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from primum.evidence.equity.bootstrap import TooFewClusters
from primum.evidence.equity.subgroups import Gap, Gaps
from primum.evidence.measures.gap_methods import SHOWN, Comparison, method_asked
from primum.evidence.measures.question import Question, difference, joined, suppressed, unknown
from primum.roadmap.estimates import Estimate

PARTNER = "hidden because another group, too small to show, could be found by subtraction"


@dataclass(frozen=True, kw_only=True)
class Level:
    """One level of a subgroup attribute: how many units a figure about it rests on, and how it is said."""

    n: int
    smallest: int
    events: int | None
    words: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """
    One subgroup attribute with its levels, how to compare them and what each still needs.

    ``prefix`` makes a level's name its scope; ``least`` are the units below which a level is not compared;
    ``hidden`` are levels that would give another one away; ``rule`` says beside the largest gap what the
    naive rule makes of the levels compared.
    """

    name: str
    prefix: str
    levels: Mapping[str, Level]
    comparison: Comparison
    wanted: int | None
    unit: str
    note: str = ""
    least: int = 1
    hidden: frozenset[str] = frozenset()
    rule: Callable[[tuple[str, ...]], str] = lambda _names: ""


def gaps_of(question: Question, attribute: Attribute) -> list[Estimate]:
    """Return one estimate per level, and one of largest minus smallest whose scope is the attribute itself."""
    comparable = tuple(
        name
        for name, level in attribute.levels.items()
        if level.n >= attribute.least and not _is_hidden(question, attribute, name)
    )
    gaps, note = _compared(attribute, comparable)
    rows = [
        _gap(question, attribute, name, gaps)
        if gaps and name in comparable
        else _no_gap(question, attribute, name, note)
        for name in attribute.levels
    ]
    if gaps is None:
        note = joined(note, attribute.note)
        return [*rows, unknown(question, note=note, scope=attribute.name, unit=attribute.unit)]
    return [*rows, _spread(question, attribute, gaps, comparable)]


def left_out(question: Question, *, n: int, unit: str, attribute: str) -> str:
    """Return how many units have no level of an attribute, without the number where it is too small to show (P9)."""
    if question.too_small(n):
        return f"fewer than {question.policy.smallest_cell} {unit} without {attribute} are left out"
    return f"{n:,} {unit} without {attribute} are left out" if n else ""


def _compared(attribute: Attribute, comparable: tuple[str, ...]) -> tuple[Gaps | None, str]:
    """Return the gaps of these levels, or the reason why there are none."""
    if len(comparable) < 2:  # noqa: PLR2004 -- a gap is between two
        few = f"fewer than two levels of {attribute.name} have {attribute.unit} enough to compare"
        return None, f"{few}; pool small ones under `values`"
    try:
        return attribute.comparison.compare(comparable), ""
    except TooFewClusters as refused:
        return None, str(refused)


def _no_gap(question: Question, attribute: Attribute, name: str, reason: str) -> Estimate:
    level, scope = attribute.levels[name], f"{attribute.prefix}{name}"
    if not level.n:
        note = f"there are no {attribute.unit} to compare"
        return unknown(question, note=note, scope=scope, unit=attribute.unit, needed=attribute.wanted)
    if _is_hidden(question, attribute, name):
        hidden = suppressed(question, scope=scope, unit=attribute.unit, needed=attribute.wanted)
        return replace(hidden, note=PARTNER) if name in attribute.hidden else hidden
    note = reason if level.n >= attribute.least else f"fewer than {attribute.least} {attribute.unit} are not compared"
    needed = _short(question, attribute, name)
    return unknown(question, note=note, scope=scope, n=level.n, unit=attribute.unit, needed=needed)


def _gap(question: Question, attribute: Attribute, name: str, gaps: Gaps) -> Estimate:
    level, scope = attribute.levels[name], f"{attribute.prefix}{name}"
    gap = next(one for one in gaps.levels if one.level == name)
    best = gaps.best
    return _difference(
        question,
        attribute,
        gap,
        scope=scope,
        n=level.n,
        events=level.events,
        needed=_short(question, attribute, name),
        levels=len(gaps.levels),
        note=joined(
            "the best level" if name == best else f"the best is {best}, {attribute.levels[best].words}",
            "" if level.events is not None else level.words,
            level.note,
        ),
    )


def _spread(question: Question, attribute: Attribute, gaps: Gaps, compared: tuple[str, ...]) -> Estimate:
    left_out = len(attribute.levels) - len(compared)
    shorts = [_short(question, attribute, name) for name in attribute.levels]
    return _difference(
        question,
        attribute,
        gaps.spread,
        scope=attribute.name,
        n=sum(attribute.levels[gap.level].n for gap in gaps.levels),
        events=None,
        needed=None if None in shorts else sum(short or 0 for short in shorts),
        levels=len(compared),
        note=joined(
            "largest minus smallest",
            f"{left_out} levels could not be compared" if left_out else "",
            attribute.note,
            attribute.comparison.note,
            attribute.rule(compared),
        ),
    )


def _difference(
    question: Question,
    attribute: Attribute,
    gap: Gap,
    *,
    scope: str,
    n: int,
    events: int | None,
    needed: int | None,
    levels: int,
    note: str,
) -> Estimate:
    return difference(
        question,
        value=gap.value,
        interval=gap.interval,
        n=n,
        events=events,
        method=SHOWN[method_asked(question)],
        scope=scope,
        unit=attribute.unit,
        needed=needed,
        adjusted=f"simultaneous over the {levels} levels of {attribute.name}",
        note=note,
    )


def _short(question: Question, attribute: Attribute, name: str) -> int | None:
    if attribute.wanted is None:
        return None
    # All of them in a level too small to show, so that its count does not follow from the sum (P9).
    if _is_hidden(question, attribute, name):
        return attribute.wanted
    return max(0, attribute.wanted - attribute.levels[name].n)


def _is_hidden(question: Question, attribute: Attribute, name: str) -> bool:
    return name in attribute.hidden or question.too_small(attribute.levels[name].smallest)
