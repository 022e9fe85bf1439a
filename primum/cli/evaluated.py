"""How the evaluation of a table is printed: verdict table, reasons, workings."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from primum.cli import entrance

if TYPE_CHECKING:
    from primum.actions.table_evaluation import TableEvaluation
    from primum.evidence.explanations.explaining import Working
    from primum.roadmap.estimates import Estimate
    from primum.roadmap.verdicts import Finding

MARKS = {"pass": "✔", "insufficient": "?", "fail": "✘", "error": "!"}
LEGEND = "✔ pass   ? insufficient   ✘ fail   ! error   · shown, does not bind"
MOST_ROWS = 12


def explained(found: "TableEvaluation", *, asked: str) -> "tuple[Working, ...]":
    """
    Return how a metric, or the metric of a criterion, is computed from the counts.

    :raises RequestRefused: if this table is judged by no such metric or criterion
    """
    from primum.actions.table_request import RequestRefused
    from primum.evidence.explanations.explaining import explain
    from primum.evidence.measures.registry import question_of
    from primum.roadmap.randomised_units import as_asked

    judged = found.judged
    protocol = judged.rollout.protocol
    criteria = [one for one in judged.policy.criteria if as_asked(one, protocol).evidence == judged.evidence.kind]
    wanted = [one for one in criteria if asked in (one.id, one.metric)]
    if not wanted or not found.cells:
        known = ", ".join(sorted({one.metric for one in criteria}))
        why = f"known are {known}" if found.cells else "nothing was counted, since the data are not sound"
        raise RequestRefused(f"There is no '{asked}' to explain on this table; {why}.")
    first = {one.metric: one for one in reversed(wanted)}
    questions = [
        question_of(criterion=one, cells=found.cells, rollout=judged.rollout, policy=judged.policy)
        for one in first.values()
    ]
    return tuple(working for question in questions for working in explain(question))


def plain(
    found: "TableEvaluation", *, workings: "Sequence[Working] | None", written: Mapping[str, str]
) -> dict[str, object]:
    """Return an evaluation as JSON-ready values; figures of small groups are already left out (P9)."""
    from primum.roadmap.suppression import outside

    smallest = found.judged.policy.smallest_cell
    return {
        "outcome": str(found.verdict.outcome),
        "policy": {"id": found.judged.policy.id, "digest": found.judged.policy_digest},
        "tables": [{"name": one.name, "kind": one.kind, "rows": one.rows} for one in found.described],
        "digests": [one.digest for one in found.facts],
        "mapping": found.judged.mapping,
        "analysis_version": found.analysis_version,
        "at": found.at.isoformat(),
        "findings": [asdict(outside(one, smallest_cell=smallest)) for one in found.verdict.findings],
        "data_checks": [asdict(one) for one in found.checks],
        "counts": {name: cells.digest for name, cells in found.cells.items()},
        "written": dict(written),
        **({} if workings is None else {"explained": [asdict(one) for one in workings]}),
    }


def show_evaluation(
    found: "TableEvaluation", *, workings: "Sequence[Working] | None", written: Mapping[str, str]
) -> None:
    """Print what was judged, the verdict as a table, the reasons in sentences, and what was written."""
    judged = found.judged
    tables = ", ".join(f"{one.name} ({one.rows:,} rows)" for one in found.described)
    use = judged.rollout.use
    entrance.say(
        f"{tables}, kind {judged.evidence.kind}, by {judged.policy.id} {judged.policy.version}",
        f"judged as {use.use_case}, {use.purpose}; groups: {', '.join(judged.evidence.subgroups) or 'none declared'}",
        "",
    )
    _verdict_table([row for finding in found.verdict.findings for row in _rows(finding)])
    _say_verdict(found)
    if workings is not None:
        from primum.cli.explained import as_text

        entrance.say("", as_text(workings))
    for what, where in written.items():
        entrance.say(f"{what.capitalize()}: {where}")


def _say_verdict(found: "TableEvaluation") -> None:
    reasons = found.verdict.reasons
    if found.verdict.opens:
        asks = found.judged.policy.scope != "table"
        entrance.say(
            "",
            "The table meets every binding criterion of the policy."
            if asks
            else "The rows meet their expectations. This policy shows figures and asks for nothing.",
        )
        return
    entrance.say("", f"The table does not pass: {len(reasons)} {'reason' if len(reasons) == 1 else 'reasons'}.")
    for reason in reasons:
        entrance.say_item("·", reason)


def _verdict_table(rows: Sequence[tuple[str, ...]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", show_edge=False)
    for name in ("", "measured", "interval", "n"):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True, overflow="ellipsis")
    table.add_column("still needed", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    entrance.console().print(table)
    entrance.say(LEGEND)


def _rows(finding: "Finding") -> list[tuple[str, ...]]:
    """Return one line for a criterion with one estimate, and a heading with a line for each of several."""
    name = f"{MARKS[finding.outcome] if finding.binds else '·'} {finding.check}"
    shown = finding.estimates[:MOST_ROWS]
    if len(shown) == 1:
        return [(name, *_cells(shown[0]))]
    rows = [(f"  {_whom(one)}", *_cells(one)) for one in shown]
    more = len(finding.estimates) - len(shown)
    return [(name, "", "", "", ""), *rows, *([(f"  and {more} more", "", "", "", "")] if more else [])]


def _whom(estimate: "Estimate") -> str:
    from primum.roadmap.wording import scope_of

    if estimate.scope == "all":
        return "all together"
    return scope_of(estimate) if "=" in estimate.scope else f"{estimate.scope}, widest gap"


def _cells(estimate: "Estimate") -> tuple[str, str, str, str]:
    from primum.roadmap.wording import interval_of, value_of

    counts = f"{estimate.events:,}/{estimate.n:,}" if estimate.events is not None else f"{estimate.n:,}"
    known = estimate.value is not None and not estimate.suppressed
    needed = f"{estimate.needed:,} {estimate.unit}" if estimate.needed else ""
    interval = interval_of(estimate).removesuffix("%").removesuffix(" points")
    return value_of(estimate), interval, counts if known else "", needed
