"""What stands in a figure, in plain strings, before anything is drawn."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from primum.evidence.trials.sequential import LookResult
from primum.roadmap.estimates import Estimate
from primum.roadmap.judging import weigh
from primum.roadmap.policy import Threshold
from primum.roadmap.precision import between, unit_of, widest, written
from primum.roadmap.scopes import levels_of
from primum.roadmap.verdicts import Outcome
from primum.roadmap.wording import asked

NOT_SHOWN = "too few to show"
NOT_KNOWN = "not known"
WORDS = {
    Outcome.PASS: "meets the policy",
    Outcome.FAIL: "does not meet it",
    Outcome.INSUFFICIENT: "not yet known",
    Outcome.ERROR: "could not be checked",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a forest plot in plain strings, with its estimate and what the policy says to it."""

    label: str
    counts: str
    value: str
    interval: str
    estimate: Estimate
    outcome: Outcome | None
    span: tuple[float, float, float] | None = None

    @property
    def drawn(self) -> bool:
        """True if there is a point to draw; ``span`` is then its lower end, value and upper end."""
        return self.span is not None


def shared_levels(estimates: Sequence[Estimate]) -> dict[str, str]:
    """Return the attributes on which all rows agree, such as one endpoint at many sites; they belong in the title."""
    levels = [set(levels_of(estimate.scope).items()) for estimate in estimates]
    shared = set.intersection(*levels) if len(levels) > 1 else set()
    return {attribute: level for attribute, level in sorted(shared) if level}


def group_labels(estimates: Sequence[Estimate]) -> tuple[str, ...]:
    """Return whom each estimate is about; levels are named alone when all belong to the same attributes."""
    shared = shared_levels(estimates)
    attributes = {tuple(levels_of(estimate.scope)) for estimate in estimates if "=" in estimate.scope}
    return tuple(_label(estimate.scope, alone=len(attributes) == 1, shared=shared) for estimate in estimates)


def rows_of(estimates: Sequence[Estimate], *, threshold: Threshold | None) -> tuple[Row, ...]:
    """Return the rows of a forest plot."""
    labels, width = group_labels(estimates), widest(estimates)
    return tuple(_row(estimate, threshold, label, width) for estimate, label in zip(estimates, labels, strict=True))


def slug(name: str) -> str:
    """Return a name that may be a file name and an id."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "figure"


def _row(estimate: Estimate, threshold: Threshold | None, label: str, width: float) -> Row:
    counts = "" if estimate.events is None else f"{estimate.events:,} of {estimate.n:,}"
    if estimate.suppressed:
        return Row(label=label, counts="", value=NOT_SHOWN, interval="", estimate=estimate, outcome=None)
    outcome = weigh(threshold=threshold, estimate=estimate) if threshold else None
    if not estimate.known or estimate.value is None or estimate.lower is None or estimate.upper is None:
        return Row(label=label, counts=counts, value=NOT_KNOWN, interval="", estimate=estimate, outcome=outcome)
    return Row(
        label=label,
        counts=counts or f"n {estimate.n:,}",
        value=f"{written(estimate.metric, estimate.value, width=width)}{unit_of(estimate.metric)}",
        interval=between(estimate.metric, lower=estimate.lower, upper=estimate.upper, width=width),
        estimate=estimate,
        outcome=outcome,
        span=(estimate.lower, estimate.value, estimate.upper),
    )


def _label(scope: str, *, alone: bool, shared: dict[str, str]) -> str:
    """Return ``New York`` for ``site=New York``; a scope that is an attribute itself is its largest difference."""
    if scope == "all":
        return "All"
    if "=" not in scope:
        return f"{scope.replace('_', ' ')}: largest minus smallest"
    levels = {attribute: level for attribute, level in levels_of(scope).items() if attribute not in shared}
    named = (f"{attribute.replace('_', ' ')}: {level}" for attribute, level in levels.items())
    return ", ".join(levels.values() if alone else named)


def verdict_words(outcome: Outcome | None) -> str:
    """Return what the policy says to a row."""
    return WORDS[outcome] if outcome else "no rule"


def forest_in_words(rows: Sequence[Row], *, title: str, threshold: Threshold | None) -> str:
    """Return the text that stands for a forest plot: its ends, what was asked, which rows meet it."""
    drawn = sorted((row for row in rows if row.drawn), key=lambda row: row.estimate.value or 0.0)
    parts = [f"{title}: {len(rows)} {'row' if len(rows) == 1 else 'rows'}."]
    ends = [("Lowest", drawn[0]), ("Highest", drawn[-1])] if len(drawn) > 1 else [("Only", drawn[0])]
    parts += [f"{word}: {_in_words(row)}." for word, row in ends]
    if threshold:
        metric = drawn[0].estimate.metric
        parts.append(f"The policy asks for {asked(threshold, metric)}.")
        parts += [f"{verdict_words(outcome).capitalize()}: {names}." for outcome, names in _by_outcome(rows)]
    if hidden := sum(row.estimate.suppressed for row in rows):
        parts.append(f"Rows with too few people to show: {hidden}.")
    return " ".join(parts)


def _in_words(row: Row) -> str:
    return f"{row.label} {row.value} (interval {row.interval}; {row.counts})"


def _by_outcome(rows: Sequence[Row]) -> list[tuple[Outcome, str]]:
    names: dict[Outcome, list[str]] = {}
    for row in rows:
        if row.outcome and not row.estimate.suppressed:
            names.setdefault(row.outcome, []).append(row.label)
    return [(outcome, ", ".join(labels)) for outcome, labels in names.items()]


def look_row(look: LookResult, planned_units: int) -> tuple[str, ...]:
    """Return one look as a line of the data table."""
    at = f"{look.information:,} of {planned_units:,} ({100 * look.fraction:.1f}%)"
    seen = "" if look.z is None else f"{look.z:.6f}"
    return (at, "yes" if look.planned else "no", f"{look.boundary:.6f}", seen, result_of(look))


def result_of(look: LookResult) -> str:
    """Return in words what a look showed."""
    if look.z is None:
        return "not observed" if look.reached else "still to come"
    return "boundary crossed" if look.z >= look.boundary else "boundary not reached"


def looks_in_words(results: Sequence[LookResult], *, title: str, planned_units: int) -> str:
    """Return the text that stands for the looks."""
    said = "; ".join(_look_in_words(look) for look in results)
    count = f"{len(results)} {'look' if len(results) == 1 else 'looks'}"
    return f"{title}: {count} on the way to {planned_units:,} units of information. {said[0].upper()}{said[1:]}."


def _look_in_words(look: LookResult) -> str:
    at = f"at {look.information:,} the boundary is {look.boundary:.3f}"
    if look.z is None:
        return f"{at}, {result_of(look)}"
    return f"{at} and the observed z is {look.z:.3f}, {result_of(look)}"
