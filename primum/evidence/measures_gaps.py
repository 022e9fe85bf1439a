"""Equity metrics: the gap of every subgroup level to the best one, and largest minus smallest (P5.4, P5.6, P5.14)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from primum.evidence import sample_size
from primum.evidence.intervals import Group, Interval
from primum.evidence.measures_diagnostic import Tally, found, right
from primum.evidence.question import NO_PROTOCOL, Question, difference, joined, method_of, of, suppressed, unknown
from primum.evidence.subgroups import Gap, Gaps, Measured, gaps_of_effects, gaps_of_proportions, one_sided_error
from primum.evidence.trial_arms import Arms, arms_of, primary_cells, units
from primum.evidence.two_proportions import Goal, miettinen_nurminen, newcombe
from primum.roadmap.estimates import Estimate

NO_SUBGROUPS = "no subgroup counts"
PAIRS: Mapping[str, Callable[..., Interval]] = MappingProxyType(
    {"simultaneous miettinen-nurminen": miettinen_nurminen, "simultaneous newcombe": newcombe}
)
SHOWN = MappingProxyType(
    {
        "simultaneous miettinen-nurminen": "simultaneous Miettinen-Nurminen",
        "simultaneous newcombe": "simultaneous Newcombe",
    }
)


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
    """One subgroup attribute with its levels, how to compare them and what each still needs."""

    name: str
    levels: Mapping[str, Level]
    compare: Callable[[tuple[str, ...]], Gaps]
    wanted: int | None
    unit: str
    note: str = ""


def gap_sensitivity(question: Question) -> tuple[Estimate, ...]:
    """Measure the gaps in sensitivity between the levels of every declared attribute."""
    return _diagnostic(question, tally=found, unit="positives")


def gap_accuracy(question: Question) -> tuple[Estimate, ...]:
    """Measure the gaps in accuracy between the levels of every declared attribute."""
    return _diagnostic(question, tally=right, unit="cases")


def gap_benefit(question: Question) -> tuple[Estimate, ...]:
    """Measure the gaps in the primary benefit between the levels of every declared attribute."""
    protocol = question.protocol
    if protocol is None:
        return (unknown(question, note=NO_PROTOCOL),)
    unit, event, good = units(protocol), protocol.primary.event, protocol.primary.good
    if reason := question.lacks("arm", event):
        return (unknown(question, note=reason, unit=unit),)

    def attribute(name: str) -> Attribute:
        cells = primary_cells(question.cells)
        levels = {level: arms_of(cells=here, event=event) for level, here in cells.by(name).items()}
        return _of_benefit(question, name, levels, good=good, unit=unit)

    return _every_attribute(question, attribute, unit=unit)


def _diagnostic(question: Question, *, tally: Callable[..., Tally], unit: str) -> tuple[Estimate, ...]:
    if reason := question.lacks("reference", "prediction"):
        return (unknown(question, note=reason, unit=unit),)

    def attribute(name: str) -> Attribute:
        tallies = {level: tally(cells) for level, cells in question.cells.by(name).items()}
        return _of_shares(question, name, tallies, unit=unit)

    return _every_attribute(question, attribute, unit=unit)


def _every_attribute(question: Question, attribute: Callable[[str], Attribute], *, unit: str) -> tuple[Estimate, ...]:
    if not question.attributes:
        return (unknown(question, note=NO_SUBGROUPS, unit=unit),)
    estimates: list[Estimate] = []
    for name in question.attributes:
        if reason := question.lacks(name):
            estimates.append(unknown(question, note=reason, scope=name, unit=unit))
        else:
            estimates += _gaps(question, attribute(name))
    return tuple(estimates)


def _of_shares(question: Question, name: str, tallies: Mapping[str, Tally], *, unit: str) -> Attribute:
    method = method_of(question, PAIRS)
    # A level without any prediction has nothing to compare: a gap of two unknowns is not 0 (P8).
    groups = {
        level: one.group if one.unanswered < one.group.n else Group(events=0, n=0)
        for level, one in tallies.items()
        if level
    }
    levels = {
        level: Level(n=group.n, smallest=group.n, events=group.events, words=of(group), note=tallies[level].note)
        for level, group in groups.items()
    }
    rate = _pooled(list(groups.values()))
    return Attribute(
        name=name,
        levels=levels,
        compare=lambda names: gaps_of_proportions(
            levels={one: groups[one] for one in names}, confidence=question.confidence, compare=PAIRS[method]
        ),
        wanted=_wanted_shares(question, rate=rate, levels=len(levels)),
        unit=unit,
        note=_not_recorded(tallies[""].group.n if "" in tallies else 0, unit, name),
    )


def _of_benefit(question: Question, name: str, arms: Mapping[str, Arms], *, good: Goal, unit: str) -> Attribute:
    method = method_of(question, PAIRS)

    def measured(one: Arms) -> Measured:
        first, second = one.benefit(good)
        return Measured(
            value=first.rate - second.rate,
            interval=lambda confidence: PAIRS[method](first=first, second=second, confidence=confidence),
        )

    known = {level: one for level, one in arms.items() if level}
    return Attribute(
        name=name,
        levels={
            level: Level(n=one.n if one.smallest else 0, smallest=one.smallest, events=None, words=one.words)
            for level, one in known.items()
        },
        compare=lambda names: gaps_of_effects(
            levels={level: measured(known[level]) for level in names}, confidence=question.confidence
        ),
        wanted=_wanted_effects(question, list(known.values())),
        unit=unit,
        note=_not_recorded(arms[""].n if "" in arms else 0, unit, name),
    )


def _gaps(question: Question, attribute: Attribute) -> list[Estimate]:
    """Return one estimate per level, and one of largest minus smallest whose scope is the attribute itself."""
    comparable = tuple(
        name for name, level in attribute.levels.items() if level.n and not question.too_small(level.smallest)
    )
    if len(comparable) < 2:  # noqa: PLR2004 -- a gap is between two
        note = f"fewer than two levels of {attribute.name} have {attribute.unit} enough to compare"
        rows = [_level(question, attribute, name, None) for name in attribute.levels]
        return [*rows, unknown(question, note=joined(note, attribute.note), scope=attribute.name, unit=attribute.unit)]
    gaps = attribute.compare(comparable)
    by_level = {gap.level: gap for gap in gaps.levels}
    rows = [_level(question, attribute, name, gaps if name in by_level else None) for name in attribute.levels]
    return [*rows, _spread(question, attribute, gaps, len(comparable))]


def _level(question: Question, attribute: Attribute, name: str, gaps: Gaps | None) -> Estimate:
    level, scope = attribute.levels[name], f"{attribute.name}={name}"
    if not level.n:
        note = f"there are no {attribute.unit} to compare"
        return unknown(question, note=note, scope=scope, unit=attribute.unit, needed=attribute.wanted)
    if question.too_small(level.smallest):
        return suppressed(question, scope=scope, unit=attribute.unit, needed=attribute.wanted)
    if gaps is None:
        note = "there is no other level to compare with"
        return unknown(question, note=note, scope=scope, n=level.n, unit=attribute.unit, needed=_short(attribute, name))
    gap = next(one for one in gaps.levels if one.level == name)
    best = gaps.best
    return _difference(
        question,
        attribute,
        gap,
        scope=scope,
        n=level.n,
        events=level.events,
        needed=_short(attribute, name),
        levels=len(gaps.levels),
        note=joined(
            "the best level" if name == best else f"the best is {best}, {attribute.levels[best].words}",
            "" if level.events is not None else level.words,
            level.note,
        ),
    )


def _spread(question: Question, attribute: Attribute, gaps: Gaps, levels: int) -> Estimate:
    left_out = len(attribute.levels) - levels
    shorts = [_short(attribute, name) for name in attribute.levels]
    return _difference(
        question,
        attribute,
        gaps.spread,
        scope=attribute.name,
        n=sum(attribute.levels[gap.level].n for gap in gaps.levels),
        events=None,
        needed=None if None in shorts else sum(short or 0 for short in shorts),
        levels=levels,
        note=joined(
            "largest minus smallest", f"{left_out} levels could not be compared" if left_out else "", attribute.note
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
        method=SHOWN[method_of(question, PAIRS)],
        scope=scope,
        unit=attribute.unit,
        needed=needed,
        adjusted=f"simultaneous over the {levels} levels of {attribute.name}",
        note=note,
    )


def _short(attribute: Attribute, name: str) -> int | None:
    if attribute.wanted is None:
        return None
    return max(0, attribute.wanted - attribute.levels[name].n)


def _margin(question: Question) -> Fraction | None:
    threshold = question.criterion.threshold
    return threshold.fraction if threshold and 0 < threshold.fraction < 1 else None


def _wanted_shares(question: Question, *, rate: float, levels: int) -> int | None:
    """Return the units that show a level's gap to be below the margin if all levels are equal (statistics.md 2.4)."""
    margin = _margin(question)
    if margin is None or levels < 2:  # noqa: PLR2004 -- a gap is between two
        return None
    return sample_size.positives_per_group(
        rate=rate,
        margin=float(margin),
        alpha=one_sided_error(levels=levels, confidence=question.confidence),
        power=float(Fraction(question.parameter("power", default="80/100"))),
    )


def _wanted_effects(question: Question, levels: list[Arms]) -> int | None:
    margin, total = _margin(question), sum(one.n for one in levels)
    treated = sum(one.intervention.n for one in levels)
    if margin is None or len(levels) < 2 or not 0 < treated < total:  # noqa: PLR2004 -- a gap is between two
        return None
    return sample_size.units_per_level_of_effect(
        rate=sum(one.events for one in levels) / total,
        margin=float(margin),
        alpha=one_sided_error(levels=len(levels), confidence=question.confidence),
        shares=(treated / total, 1 - treated / total),
        power=float(Fraction(question.parameter("power", default="80/100"))),
    )


def _pooled(groups: list[Group]) -> float:
    total = sum(group.n for group in groups)
    return sum(group.events for group in groups) / total if total else 0.0


def _not_recorded(n: int, unit: str, attribute: str) -> str:
    return f"{n:,} {unit} without {attribute} are left out" if n else ""
