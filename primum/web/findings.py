"""Findings in plain strings: what the gate page and the terminal print."""

from collections.abc import Iterable, Mapping, Sequence

from primum.integrations.figures_rows import group_labels, shared_levels
from primum.roadmap.data_checks import DataCheck, ExpectationResult
from primum.roadmap.estimates import Estimate
from primum.roadmap.evaluations import DocumentFacts, Evaluation, TableFacts
from primum.roadmap.judging import weigh
from primum.roadmap.policy import Criterion, Policy, Source, Threshold
from primum.roadmap.precision import between, unit_of, widest, written
from primum.roadmap.verdicts import BADNESS, Finding, Level, Outcome, Verdict
from primum.roadmap.wording import asked
from primum.web.marks import OUTCOMES, SHOWN, day, mark_of
from primum.web.views import (
    CheckView,
    CriterionView,
    EstimateView,
    ExpectationView,
    ReasonView,
    TableView,
)

MOST_AT_ONCE = 5
LEVELS = {
    Level.MANDATORY: "mandatory, never waived",
    Level.OVERRIDABLE: "two people may waive it for a time",
    Level.ADVISORY: "advisory, does not hold the gate",
    Level.SHADOW: "measured only, does not hold the gate",
}
TITLES = {"dwell": "Time in this stage", "design": "Study design"}
SOURCES = {"S3": "source summary", "S0": "source on governance"}
ENDS = {
    "lower": "at the lower end of the interval",
    "upper": "at the upper end of the interval",
    "value": "for the value itself",
    "count": "for the count itself",
}


def verdict_sentence(verdict: Verdict) -> str:
    """Return what the findings come to, in one sentence."""
    binding = [finding for finding in verdict.findings if finding.binds]
    if not binding:
        return "Nothing that binds was checked, and that is never a pass."
    if verdict.opens:
        return f"All {len(binding)} binding checks are met." if len(binding) > 1 else "The one binding check is met."
    counted = {outcome: sum(finding.outcome is outcome for finding in binding) for outcome in Outcome}
    words = {
        Outcome.ERROR: "could not be checked",
        Outcome.FAIL: "{verb} not met",
        Outcome.INSUFFICIENT: "{verb} not yet known",
    }
    parts = [
        f"{counted[outcome]} {word.format(verb='is' if counted[outcome] == 1 else 'are')}"
        for outcome, word in words.items()
        if counted[outcome]
    ]
    return f"Of {len(binding)} binding checks, {' and '.join(parts)}."


def reasons_of(verdict: Verdict) -> tuple[ReasonView, ...]:
    """Return the reasons that hold a gate, worst first, each with its requirements."""
    held = [finding for finding in verdict.findings if finding.binds and finding.outcome is not Outcome.PASS]
    held.sort(key=lambda finding: -BADNESS[finding.outcome])
    return tuple(
        ReasonView(mark=mark_of(one), sentence=one.sentence, requirements=", ".join(one.requirements)) for one in held
    )


def criteria_of(verdict: Verdict, *, policy: Policy) -> tuple[CriterionView, ...]:
    """Return one view for each criterion that was weighed, binding ones first and the worst of them on top."""
    return tuple(criterion_view(finding, rule) for finding, rule in weighed(verdict, policy=policy))


def weighed(verdict: Verdict, *, policy: Policy) -> tuple[tuple[Finding, Criterion | None], ...]:
    """Return each criterion's finding with its rule, binding ones first and the worst of them on top."""
    rules = {criterion.id: criterion for criterion in policy.criteria}
    found = [finding for finding in verdict.findings if finding.kind == "criterion"]
    found.sort(key=lambda finding: (not finding.binds, -BADNESS[finding.outcome]))
    return tuple((finding, rules.get(finding.check)) for finding in found)


def source_of(source: Source) -> str:
    """Return where a number comes from: ``source summary, line 68``, or who set it here."""
    if source.file == "local":
        return f"set locally: {source.words}"
    lines = f"lines {source.line} to {source.to_line}" if source.to_line else f"line {source.line}"
    return f"{SOURCES[source.file]}, {lines}"


def tables_of(tables: Iterable[TableFacts], *, checks: Iterable[DataCheck]) -> tuple[TableView, ...]:
    """Return each table with its expectations: counts only (P9)."""
    by_name = {check.evidence: check for check in checks}
    return tuple(_table(facts, by_name.get(facts.name)) for facts in tables)


def documents_of(evaluation: Evaluation) -> tuple[CheckView, ...]:
    """Return each document that is asked for, with how long it is in force, missing ones first."""
    facts = {f"document:{document.kind}": document for document in evaluation.documents}
    return _checks(evaluation.verdict.findings, kinds=frozenset({"document"}), documents=facts)


def other_checks_of(evaluation: Evaluation) -> tuple[CheckView, ...]:
    """Return every other finding: design, dwell and whatever else was looked at."""
    shown_elsewhere = {"criterion", "document", *(f"data:{check.evidence}" for check in evaluation.data_checks)}
    rest = [one for one in evaluation.verdict.findings if not {one.kind, one.check} & shown_elsewhere]
    return _checks(rest, kinds=frozenset(one.kind for one in rest), documents={})


def criterion_view(finding: Finding, rule: Criterion | None) -> CriterionView:
    """Return one criterion with its estimates, the worst of them first."""
    threshold = rule.threshold if rule else None
    rows = list(zip(finding.estimates, group_labels(finding.estimates), strict=True))
    judged = [(one, label, weigh(threshold=threshold, estimate=one) if threshold else None) for one, label in rows]
    judged.sort(key=lambda row: (-BADNESS[row[2]] if row[2] else 0, _best_last(row[0], threshold)))
    width = widest(finding.estimates)
    views = [_estimate(one, label, outcome, width) for one, label, outcome in judged]
    about = ", ".join(("Measured", *shared_levels(finding.estimates).values()))
    return CriterionView(
        title=rule.title if rule else finding.check,
        mark=mark_of(finding) if threshold or finding.outcome is not Outcome.PASS else SHOWN,
        level=LEVELS[finding.level],
        asked=f"{asked(threshold, rule.metric)} {ENDS[threshold.bound]}"
        if rule and threshold
        else "nothing; only shown",
        method=_method(finding.estimates),
        source=source_of(rule.source) if rule else "not in this version of the policy",
        requirements=", ".join(finding.requirements),
        about=f"{about}, the worst first" if len(views) > MOST_AT_ONCE else about,
        first=tuple(views[:MOST_AT_ONCE]),
        more=tuple(views[MOST_AT_ONCE:]),
    )


def _best_last(estimate: Estimate, threshold: Threshold | None) -> float:
    """Return what puts the farthest from what was asked on top; without a rule the order stays."""
    if threshold is None or estimate.value is None or not estimate.known:
        return 0.0
    return -estimate.value if threshold.operator in ("less_than", "at_most") else estimate.value


def _method(estimates: Sequence[Estimate]) -> str:
    """Return how the numbers were made, each way once; what is unknown was made in no way."""
    ways = dict.fromkeys(_way(one) for one in estimates if one.known)
    return "; ".join(ways) or "not computed"


def _way(estimate: Estimate) -> str:
    """A count or a p value has no interval of its own; anything else says raw or adjusted."""
    if estimate.lower == estimate.upper:
        return estimate.method
    return f"{estimate.method}, {estimate.adjusted}, {100 * estimate.confidence:.3g}% interval"


def _estimate(estimate: Estimate, group: str, outcome: Outcome | None, width: float) -> EstimateView:
    mark = OUTCOMES[outcome] if outcome else None
    if estimate.suppressed:
        note = f"too few {estimate.unit} to show"
        return EstimateView(group=group, value="Not shown", interval="", counts="", note=note, mark=mark)
    if estimate.value is None or not estimate.known:
        counts = f"n {estimate.n:,}" if estimate.n else ""
        note = estimate.note or "no data"
        return EstimateView(group=group, value="Not known", interval="", counts=counts, note=note, mark=mark)
    value = f"{written(estimate.metric, estimate.value, width=width)}{unit_of(estimate.metric)}"
    return EstimateView(
        group=group,
        value=value,
        interval=_interval(estimate, width),
        counts=_counts(estimate),
        note=estimate.note,
        mark=mark,
    )


def _interval(estimate: Estimate, width: float) -> str:
    if estimate.lower is None or estimate.upper is None or estimate.lower == estimate.upper:
        return ""
    return between(estimate.metric, lower=estimate.lower, upper=estimate.upper, width=width)


def _counts(estimate: Estimate) -> str:
    if estimate.events is None:
        return f"n {estimate.n:,}"
    return f"{estimate.events:,} of {estimate.n:,} {estimate.unit}"


def _table(facts: TableFacts, check: DataCheck | None) -> TableView:
    results = check.results if check else ()
    outcome = check.outcome if check else Outcome.ERROR
    bad = [one for one in results if one.outcome is not Outcome.PASS]
    kept = (
        f"{len(results) - len(bad)} of {len(results)} expectations hold" if check else "its expectations were not run"
    )
    suites = f"; suites {', '.join(check.suites)}" if check else ""
    return TableView(
        name=facts.name,
        mark=OUTCOMES[outcome],
        summary=f"{facts.rows:,} rows of kind {facts.kind}; {kept}{suites}",
        digest=facts.digest,
        broken=tuple(_expectation(one) for one in sorted(bad, key=lambda one: -BADNESS[one.outcome])),
        kept=tuple(_expectation(one) for one in results if one.outcome is Outcome.PASS),
    )


def _expectation(result: ExpectationResult) -> ExpectationView:
    if result.outcome is Outcome.ERROR:
        counts = result.problem or "could not be run"
    else:
        counts = f"{result.unexpected:,} of {result.evaluated:,} rows do not"
    return ExpectationView(
        words=result.notes,
        mark=OUTCOMES[result.outcome],
        counts=f"{'safety event: ' if result.safety_event and result.unexpected else ''}{counts}",
        requirements=", ".join(result.requirements),
    )


def _checks(
    findings: Iterable[Finding], *, kinds: frozenset[str], documents: Mapping[str, DocumentFacts]
) -> tuple[CheckView, ...]:
    chosen = sorted((one for one in findings if one.kind in kinds), key=lambda one: -BADNESS[one.outcome])
    return tuple(
        CheckView(
            title=_title(one, documents.get(one.check)),
            mark=mark_of(one),
            sentence=f"{one.sentence}{_validity(documents.get(one.check))}",
            requirements=", ".join(one.requirements),
            level=LEVELS[one.level],
        )
        for one in chosen
    )


def _title(finding: Finding, document: DocumentFacts | None) -> str:
    if document is not None:
        return document.title
    if finding.kind in TITLES:
        return TITLES[finding.kind]
    return finding.check.partition(":")[2].replace("-", " ").capitalize() or finding.check.capitalize()


def _validity(document: DocumentFacts | None) -> str:
    if document is None:
        return ""
    until = f", in force until {day(document.expires_on)}" if document.expires_on else ""
    return f" Issued {day(document.issued_on)} by {document.author}{until}."
