"""What a new version of a guideline changes, in words a clinician can check."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from primum.roadmap.guideline_regions import CannotCompare, Region, Span, regions
from primum.roadmap.guideline_rules import GuidelineField
from primum.roadmap.guideline_versions import NOT_COVERED, Guideline

__all__ = ["NOT_COVERED", "CannotCompare", "Guideline", "GuidelineDifference", "changed", "said"]

Fields = Mapping[str, GuidelineField]


@dataclass(frozen=True, kw_only=True)
class GuidelineDifference:
    """What differs between two versions: the regions that get another label, and what else to know."""

    old: str
    new: str
    regions: tuple[Region, ...]
    clauses: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def relabels(self) -> bool:
        """True if anybody gets another label."""
        return bool(self.regions)

    @property
    def words(self) -> str:
        """The whole difference in sentences."""
        said = "; ".join((*self.clauses, "others unchanged.")) if self.clauses else "No label changes."
        return " ".join((said, *self.notes))


def changed(*, old: Guideline, new: Guideline) -> GuidelineDifference:
    """
    Return what a new version changes, found by exact interval arithmetic over both versions' limits (P6.8, P6.9).

    :raises CannotCompare: if they are not versions of one guideline, or a field is not the same thing in both
    """
    if old.id != new.id:
        raise CannotCompare(f"{old.name} and {new.name} are two guidelines; compare two versions of one.")
    found = regions(old=old, new=new)
    return GuidelineDifference(
        old=old.name,
        new=new.name,
        regions=found,
        clauses=tuple(_clauses(found, old, new)),
        notes=tuple(_notes(old, new)),
    )


def said(label: str) -> str:
    """Return a label as it stands in a sentence."""
    return label.replace("-", " ")


def _clauses(found: Iterable[Region], old: Guideline, new: Guideline) -> Iterator[str]:
    fields = {one.name: one for one in (*old.fields, *new.fields)}
    who = new.population.words if old.population.where == new.population.where else "patients"
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for region in found:
        levels = " ".join(_levels(span, fields) for span in region.spans if span.levels)
        limits = " with ".join(_limits(span, fields) for span in region.spans if not span.levels)
        grouped.setdefault((levels, region.label_from, region.label_to), []).append(limits)
    for (group, label_from, label_to), ranges in grouped.items():
        people = f"{who} {group}".strip()
        if all(ranges):
            yield f"{people}: {' or '.join(ranges)} changes from {said(label_from)} to {said(label_to)}"
        else:
            yield f"{people}: everybody {said(label_from)} before changes to {said(label_to)}"


def _levels(span: Span, fields: Fields) -> str:
    return " or ".join(fields[span.field].levels[level] for level in span.levels)


def _limits(span: Span, fields: Fields) -> str:
    field = fields[span.field]
    return f"{field.words} {_between(span, field)}"


def _between(span: Span, field: GuidelineField) -> str:
    low, high = span.low, span.high
    if low is None or high is None:
        return _one_sided(span)
    if low[0] == high[0]:
        return f"exactly {_number(low[0])}"
    if field.whole and (low[1], high[1]) == (0, 0) and low[0].denominator == high[0].denominator == 1:
        return _number(low[0]) if high[0] - low[0] == 1 else f"{low[0]}-{high[0] - 1}"
    start = f"{'above' if low[1] else 'from'} {_number(low[0])}"
    return f"{start} {'up to and including' if high[1] else 'to under'} {_number(high[0])}"


def _one_sided(span: Span) -> str:
    if span.high is not None:
        return f"{'at most' if span.high[1] else 'under'} {_number(span.high[0])}"
    if span.low is not None:
        return f"above {_number(span.low[0])}" if span.low[1] else f"{_number(span.low[0])} or more"
    return "of any value"


def _number(value: Fraction) -> str:
    """Return a number as a person would write it; all of ours have finitely many decimals."""
    if value.denominator == 1:
        return str(value.numerator)
    places = next(places for places in range(1, 400) if (value * 10**places).denominator == 1)
    digits = f"{abs(value.numerator * 10**places // value.denominator):0{places + 1}d}"
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def _notes(old: Guideline, new: Guideline) -> Iterator[str]:
    before, after = set(old.asks), set(new.asks)
    if first := [new.field(name).words for name in new.asks if name not in before]:
        yield f"Asked for the first time: {', '.join(first)}; where it is not known, the label may be open."
    if last := [old.field(name).words for name in old.asks if name not in after]:
        yield f"No longer asked for: {', '.join(last)}."
    for name in (name for name in new.asks if name in before and not new.field(name).numeric):
        yield from _levels_apart(old.field(name), new.field(name))


def _levels_apart(old: GuidelineField, new: GuidelineField) -> Iterator[str]:
    if fresh := [words for level, words in new.levels.items() if level not in old.levels]:
        yield f"New for {new.words}, and not compared: {', '.join(fresh)}."
    if gone := [words for level, words in old.levels.items() if level not in new.levels]:
        yield f"Gone from {new.words}, and not compared: {', '.join(gone)}."
