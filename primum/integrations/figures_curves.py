"""Figures of a score: how well it ranks (ROC) and how far it can be taken at its word (calibration)."""

from collections.abc import Sequence

from primum.integrations.figures import Figure, NothingToDraw
from primum.integrations.figures_calibration import Calibration, ReliabilityPoint, ScoreBar, draw_calibration
from primum.integrations.figures_roc import OperatingPoint, RocCurve, area_words, draw_roc
from primum.integrations.figures_rows import NOT_SHOWN, slug

__all__ = ["Calibration", "OperatingPoint", "ReliabilityPoint", "RocCurve", "ScoreBar", "calibration", "roc"]


def roc(curves: Sequence[RocCurve], *, title: str, event: str = "the condition", name: str = "roc") -> Figure:
    """
    Return the ROC curve of one score, or one panel for each group, with the threshold in use.

    :param event: what is found, as in "of those with disease"
    :raises NothingToDraw: if no curve may be drawn
    """
    if not any(curve.drawn for curve in curves):
        raise NothingToDraw(f"'{title}' has no curve that may be drawn; it needs people with and without {event}.")
    given = tuple(curves)
    alt = _roc_in_words(given, title=title, event=event)
    svg, png = draw_roc(given, title=title, event=event, name=slug(name), alt=alt)
    columns = ("Group", "AUROC", "With", "Without", "Threshold", "Found", "False alarms")
    rows = tuple(_roc_row(curve) for curve in given)
    return Figure(name=slug(name), title=title, svg=svg, png=png, alt=alt, columns=columns, rows=rows)


def calibration(
    groups: Sequence[Calibration],
    *,
    title: str,
    event: str = "the condition",
    unit: str = "patients",
    name: str = "calibration",
) -> Figure:
    """
    Return the share seen at each predicted risk, with intervals, above the histogram of scores.

    :param event: what is predicted, as in "share with disease"
    :raises NothingToDraw: if no group has a point that may be drawn
    """
    if not any(group.shown for group in groups):
        raise NothingToDraw(f"'{title}' has no group of similar scores that is large enough to show.")
    given = tuple(groups)
    alt = _calibration_in_words(given, title=title, event=event, unit=unit)
    svg, png = draw_calibration(given, title=title, event=event, unit=unit, name=slug(name), alt=alt)
    columns = ("Group", "Predicted", "Seen", "Interval", "Counts")
    rows = tuple(_point_row(group, point) for group in given for point in group.points or (None,))
    return Figure(name=slug(name), title=title, svg=svg, png=png, alt=alt, columns=columns, rows=rows)


def _roc_row(curve: RocCurve) -> tuple[str, ...]:
    if not curve.drawn:
        return (curve.label, curve.reason, "", "", "", "", "")
    counts = ("" if n is None else f"{n:,}" for n in (curve.with_event, curve.without_event))
    area = area_words(curve).removeprefix("AUROC ")
    at = curve.operating
    in_use = (at.label, _per_cent(at.found), _per_cent(at.false_alarms)) if at else ("", "", "")
    return (curve.label, area, *counts, *in_use)


def _roc_in_words(curves: tuple[RocCurve, ...], *, title: str, event: str) -> str:
    parts = [f"{title}: {_many(len(curves), 'curve')} of the share found of those with {event}"]
    parts[0] += f" against the share of false alarms of those without {event}."
    parts += [_curve_in_words(curve) for curve in curves]
    return " ".join(parts)


def _curve_in_words(curve: RocCurve) -> str:
    if not curve.drawn:
        return f"{curve.label} is not drawn ({curve.reason})."
    words = f"{curve.label}: the area under the curve is not known"
    if curve.auroc is not None:
        words = f"{curve.label}: the area under the curve is {curve.auroc:.3f}"
    if curve.lower is not None and curve.upper is not None:
        words += f" ({100 * curve.confidence:.3g}% interval {curve.lower:.3f} to {curve.upper:.3f})"
    if at := curve.operating:
        words += f"; at the {at.label} it finds {_per_cent(at.found)} at {_per_cent(at.false_alarms)} false alarms"
    return f"{words}."


def _point_row(group: Calibration, point: ReliabilityPoint | None) -> tuple[str, ...]:
    if point is None:
        return (group.label, group.reason, "", "", "")
    predicted = _per_cent(point.predicted)
    if point.observed is None:
        return (group.label, predicted, NOT_SHOWN, "", "")
    ends = "" if point.lower is None or point.upper is None else f"{_number(point.lower)} to {_number(point.upper)}"
    counts = f"n {point.n:,}" if point.events is None else f"{point.events:,} of {point.n:,}"
    return (group.label, predicted, _per_cent(point.observed), ends, counts)


def _calibration_in_words(groups: tuple[Calibration, ...], *, title: str, event: str, unit: str) -> str:
    parts = [f"{title}: the share with {event} among {unit} of similar predicted risk, against that risk."]
    return " ".join([*parts, *(_group_in_words(group) for group in groups)])


def _group_in_words(group: Calibration) -> str:
    if not group.shown:
        return f"{group.label} is not drawn ({group.reason})."
    above = sum(1 for point in group.shown if point.lower is not None and point.lower > point.predicted)
    below = sum(1 for point in group.shown if point.upper is not None and point.upper < point.predicted)
    first, last = group.shown[0], group.shown[-1]
    words = f"{group.label}: {_many(len(group.shown), 'point')}; {_at(first)}, {_at(last)}."
    words += f" The interval lies above what was predicted in {above} of them and below it in {below}."
    hidden = len(group.points) - len(group.shown)
    return f"{words} Points with too few people to show: {hidden}." if hidden else words


def _at(point: ReliabilityPoint) -> str:
    return f"where {_per_cent(point.predicted)} were predicted, {_per_cent(point.observed or 0.0)} were seen"


def _number(share: float) -> str:
    return f"{100 * share:.1f}"


def _per_cent(share: float) -> str:
    return f"{_number(share)}%"


def _many(number: int, word: str) -> str:
    return f"{number} {word if number == 1 else f'{word}s'}"
