"""The evaluation of a table in plain strings, in the order in which a clinician asks."""

from collections.abc import Iterator
from dataclasses import replace

from primum.actions.table_evaluation import TableEvaluation
from primum.evidence.counts.cells import Cells
from primum.evidence.measures.concealment import with_partners_hidden
from primum.evidence.measures.question import shown_level
from primum.integrations.figures_table import TableFigures
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.estimates import Estimate
from primum.roadmap.evaluations import TableFacts
from primum.roadmap.policy import Criterion, Policy
from primum.roadmap.readings import outcome_read_otherwise
from primum.roadmap.scopes import levels_of
from primum.roadmap.suppression import masked, outside
from primum.roadmap.verdicts import Finding, Outcome, Verdict
from primum.web.findings import SOURCES, criterion_view, tables_of, verdict_sentence, weighed
from primum.web.marks import OUTCOMES, day, moment
from primum.web.outlook import outlook_of
from primum.web.recomputing import commands_of
from primum.web.rendering import figure_view
from primum.web.views import (
    EvaluationView,
    FactView,
    GlanceView,
    GroupView,
    Mark,
    MeasuredView,
    ReadingView,
    TableView,
)
from primum.web.words import words_in

HEADLINES = {
    Outcome.PASS: "Meets the policy",
    Outcome.FAIL: "Does not meet the policy",
    Outcome.INSUFFICIENT: "Cannot be decided yet",
    Outcome.ERROR: "Could not be judged",
}
NEXT_STEPS = {
    Outcome.PASS: "Read what was also measured, and what a table cannot tell: documents, people, the place of use.",
    Outcome.FAIL: "Read under each check what would change it.",
    Outcome.INSUFFICIENT: "Read under each check how many more are needed, or what is missing.",
    Outcome.ERROR: "Read below what could not be checked, correct it, and evaluate again.",
}
UNDECIDED = "These data are not enough to decide, and that is never a pass:"
UNSOUND = "The table does not meet its expectations, so nothing was measured on it."
SHORT = len("sha256:") + 12


def view_of(found: TableEvaluation, *, figures: TableFigures) -> EvaluationView:
    """Return the whole page; cells under the policy's smallest are emptied here too, whoever calls (P9)."""
    policy = found.judged.policy
    findings = tuple(outside(one, smallest_cell=policy.smallest_cell) for one in found.verdict.findings)
    verdict = Verdict(findings=findings)
    measured = [(finding, _measured(finding, rule)) for finding, rule in weighed(verdict, policy=policy)]
    view = EvaluationView(
        title=f"Evaluation of {' and '.join(_names(found)[:3])}",
        above=f"One table judged by a policy · {found.judged.evidence.kind} · {day(found.at.isoformat())}",
        mark=replace(OUTCOMES[verdict.outcome], word=HEADLINES[verdict.outcome]),
        verdict=_verdict(verdict, policy) if found.cells else f"{UNSOUND} {verdict_sentence(verdict)}",
        next_step=NEXT_STEPS[verdict.outcome if found.cells else Outcome.ERROR],
        facts=tuple(_facts(found)),
        groups=tuple(_groups(found)),
        glance=tuple(_glance(one) for finding, one in measured if finding.binds),
        deciding=tuple(one for finding, one in measured if finding.binds),
        shown=tuple(one for finding, one in measured if not finding.binds),
        figures=tuple(figure_view(figure) for figure in figures.drawn),
        left_out=figures.left_out,
        tables=_tables(found),
        readings=tuple(_readings(verdict, policy)),
        otherwise=_otherwise(verdict, policy),
        words=(),
        record=tuple(_record(found)),
        commands=commands_of(found),
    )
    said = f"{replace(view, figures=())} {' '.join(figure.title for figure in figures.drawn)}"
    return replace(view, words=words_in(said))


def _verdict(verdict: Verdict, policy: Policy) -> str:
    """Return the verdict in plain English: what holds it, by name, and what is not yet known."""
    if verdict.opens:
        return f"These data show what the policy asks of them. {verdict_sentence(verdict)}"
    rows = [(finding, rule) for finding, rule in weighed(verdict, policy=policy) if finding.binds]
    named = {
        outcome: [rule.title if rule else finding.check for finding, rule in rows if finding.outcome is outcome]
        for outcome in Outcome
    }
    parts = [
        f"{words} {_listed(named[outcome])}."
        for outcome, words in (
            (Outcome.ERROR, "This could not be checked:"),
            (Outcome.FAIL, "These data show that this is not met:"),
            (Outcome.INSUFFICIENT, "They are not enough to decide:" if named[Outcome.FAIL] else UNDECIDED),
        )
        if named[outcome]
    ]
    return " ".join([*parts, verdict_sentence(verdict)])


def _listed(titles: list[str]) -> str:
    return "; ".join(f"{title[:1].lower()}{title[1:]}" for title in titles)


def _names(found: TableEvaluation) -> list[str]:
    return list(dict.fromkeys(one.name for one in found.described))


def _measured(finding: Finding, rule: Criterion | None) -> MeasuredView:
    view = criterion_view(finding, rule)
    return MeasuredView(view=view, sentence=finding.sentence, outlook=outlook_of(finding, rule=rule))


def _glance(one: MeasuredView) -> GlanceView:
    worst = next(iter(one.view.first), None)
    measured = "not measured"
    if worst is not None:
        interval = f" ({worst.interval})" if worst.interval else ""
        measured = f"{'' if worst.group == 'All' else f'{worst.group}: '}{worst.value}{interval}"
    return GlanceView(title=one.view.title, measured=measured, asked=one.view.asked, mark=one.view.mark)


def _facts(found: TableEvaluation) -> Iterator[FactView]:
    judged, use = found.judged, found.judged.rollout.use
    several = len(found.described) > 1
    name = "Tables" if several else "Table"
    yield FactView(name=name, value=", ".join(f"{one.name} ({one.rows:,} rows)" for one in found.described))
    yield FactView(name="What a row is", value=CONTRACTS[judged.evidence.kind].meaning.partition(";")[0])
    yield FactView(name="Judged by", value=f"{judged.policy.title}, version {judged.policy.version}")
    yield FactView(name="Judged as", value=f"{_plain(use.use_case)}: {_plain(use.purpose)}")
    groups = ", ".join(_plain(one) for one in judged.evidence.subgroups)
    yield FactView(name="Groups compared", value=groups or "none were declared, so no gap between groups can be seen")
    for facts in found.facts:
        yield FactView(name=f"Digest of {facts.name}", value=f"{facts.digest[:SHORT]}…", code=True)


def _plain(word: str) -> str:
    return word.replace("-", " ").replace("_", " ")


def _groups(found: TableEvaluation) -> Iterator[GroupView]:
    """Return how many rows each site, arm and declared group has; small ones and their partner without a number."""
    kind = found.judged.evidence.kind
    if kind not in found.cells:
        return
    cells, smallest = found.cells[kind], found.judged.policy.smallest_cell
    for attribute in dict.fromkeys(("arm", "site", *found.judged.evidence.subgroups)):
        if attribute in cells.keys:
            yield _group(cells, attribute, smallest)


def _group(cells: Cells, attribute: str, smallest: int) -> GroupView:
    counted = [_rows(attribute, level, one.total()) for level, one in cells.by(attribute).items()]
    kept = with_partners_hidden([masked(one, smallest_cell=smallest) for one in counted if one.n])
    rows = tuple((levels_of(one.scope)[attribute], "not shown" if one.suppressed else f"{one.n:,}") for one in kept)
    return GroupView(title=_plain(attribute).capitalize(), rows=rows)


def _rows(attribute: str, level: str, rows: int) -> Estimate:
    return Estimate(
        metric="rows",
        value=float(rows),
        lower=None,
        upper=None,
        confidence=0.95,
        method="count",
        n=rows,
        scope=f"{attribute}={shown_level(level)}",
        unit="rows",
    )


def _tables(found: TableEvaluation) -> tuple[TableView, ...]:
    facts = {one.name: one for one in found.facts}
    views: list[TableView] = []
    for one in found.described:
        told = TableFacts(
            name=one.name, kind=one.kind, location="", digest="", rows=one.rows, columns=(), author="", measured_on=""
        )
        views += tables_of([facts.get(one.name, told)], checks=one.checks)
    return tuple(views)


def _readings(verdict: Verdict, policy: Policy) -> Iterator[ReadingView]:
    """Return each contradiction of the sources that a criterion of this page settles."""
    touched: dict[str, list[str]] = {}
    for finding, rule in weighed(verdict, policy=policy):
        for ambiguity in rule.ambiguities if rule else ():
            touched.setdefault(ambiguity, []).append(
                f"{rule.title if rule else finding.check}: {_mark(finding).word.lower()}"
            )
    for one in policy.ambiguities:
        if one.id in touched:
            yield ReadingView(question=one.question, resolution=one.resolution, here="; ".join(touched[one.id]))


def _mark(finding: Finding) -> Mark:
    return OUTCOMES[finding.outcome]


def _otherwise(verdict: Verdict, policy: Policy) -> str:
    """Return what changes where meeting a limit exactly is read the other way."""
    rules = [(finding, rule) for finding, rule in weighed(verdict, policy=policy) if rule and rule.threshold]
    if not rules:
        return ""
    other = []
    for finding, rule in rules:
        assert rule is not None
        assert rule.threshold is not None
        outcome = outcome_read_otherwise(threshold=rule.threshold, estimates=finding.estimates)
        if outcome is not finding.outcome:
            other.append(f"{rule.title} would be: {OUTCOMES[outcome].word.lower()}")
    reading = "Where a source says both 'more than' and 'at least', the other reading was tried as well"
    if not other:
        return f"{reading}: every result on this page stays the same."
    return f"{reading}: {'; '.join(other)}."


def _record(found: TableEvaluation) -> Iterator[FactView]:
    judged = found.judged
    yield FactView(name="Evaluated", value=moment(found.at.isoformat()))
    yield FactView(name="Policy", value=f"{judged.policy.id} {judged.policy_digest}", code=True)
    yield FactView(name="Mapping of the columns", value=judged.mapping, code=True)
    yield FactView(name="Analysis version", value=found.analysis_version, code=True)
    for facts in found.facts:
        yield FactView(name=f"Table {facts.name}", value=facts.digest, code=True)
    for name, cells in found.cells.items():
        yield FactView(name=f"Counts of {name}", value=cells.digest, code=True)
    for check in found.checks:
        yield FactView(name=f"Expectations of {check.evidence}", value=check.suite_digest, code=True)
    for source in judged.policy.sources:
        yield FactView(name=SOURCES[source.id].capitalize(), value=source.title)
