"""Judging a table, or the counts of several sites, by a policy alone: no rollout, no ledger, nothing written."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from primum.actions.table_request import (
    RequestRefused,
    TableRequest,
    TableToJudge,
    counts_to_judge,
    table_to_judge,
)
from primum.evidence import analysis_version
from primum.evidence.counts.cells import Cells, CellsDoNotMatch, merged
from primum.evidence.counts.counting import Batch
from primum.evidence.measures.challengers import CHAMPION
from primum.evidence.measures.registry import measure
from primum.evidence.measures.tabulation import tabulate, tabulation_of
from primum.evidence.trials.cluster_trials import as_asked
from primum.integrations import expectations, sources
from primum.integrations.counts_files import CountsFile, Described, read_counts
from primum.roadmap.data_checks import DataCheck
from primum.roadmap.evaluations import TableFacts
from primum.roadmap.judging import data_finding, judge, unchecked_data
from primum.roadmap.policy import Criterion
from primum.roadmap.seats import binds
from primum.roadmap.stages import GateName
from primum.roadmap.verdicts import Finding, Outcome, Verdict

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the rows done, and the rows in all."""


@dataclass(frozen=True, kw_only=True)
class TableEvaluation:
    """What was found of one or several tables; ``facts`` has one line for each that was read."""

    judged: TableToJudge
    facts: tuple[TableFacts, ...]
    checks: tuple[DataCheck, ...]
    cells: Mapping[str, Cells]
    verdict: Verdict
    described: tuple[Described, ...]
    at: datetime
    analysis_version: str

    @property
    def rows(self) -> int:
        """The rows counted."""
        return sum(one.rows for one in self.described)


def evaluate_tables(
    *,
    tables: Sequence[Path],
    request: TableRequest,
    at: datetime,
    stays: bool = True,
    expect: bool = True,
    progress: Progress = lambda _what, _done, _all: None,
) -> TableEvaluation:
    """
    Hold tables of one kind against their expectations, count them in one pass each, and judge them together.

    Nothing is measured on a table whose data are not sound, as at a gate. Without ``expect`` the data
    count as unknown, which is never a pass (P8).

    :param stays: false if the counts are to be written to a file; then no exact score is kept
    :raises RequestRefused: if the request does not fit together
    :raises SourceRefused: if a table cannot be read
    """
    asked = [table_to_judge(request=request, table=table, at=at) for table in tables]
    facts = [sources.inspect(evidence=one.evidence, base=one.base) for one in asked]
    checks = [_checked(one, seen, progress) if expect else None for one, seen in zip(asked, facts, strict=True)]
    known = tuple(check for check in checks if check is not None)
    sound = all(check.outcome is Outcome.PASS for check in known)
    few = sum(seen.rows for seen in facts)
    counted = [_counted(one, seen, few, stays, progress) for one, seen in zip(asked, facts, strict=True) if sound]
    described = tuple(_described(one, seen, check) for one, seen, check in zip(asked, facts, checks, strict=True))
    return _judged(asked[0], tuple(facts), described, _together(counted), at=at)


def evaluate_counts(*, files: Sequence[Path], request: TableRequest, at: datetime) -> TableEvaluation:
    """
    Judge counts that sites have sent, merged exactly and in any order; no row is read.

    :raises CountsRefused: if a file is no whole file of counts
    :raises RequestRefused: if the files do not belong together
    """
    read = [read_counts(path) for path in files]
    described = tuple(one.described for one in read)
    _refuse_strangers(described)
    asked = counts_to_judge(request=request, described=described[0], at=at)
    return _judged(asked, (), described, _together([one.tables for one in read]), at=at)


def counts_of(evaluation: TableEvaluation) -> CountsFile:
    """
    Return the counts of an evaluation as they may be written to a file.

    :raises RequestRefused: if nothing was counted, since the data are not sound
    """
    if not evaluation.cells:
        raise RequestRefused("Nothing was counted, since the table does not meet its expectations; nothing is written.")
    first = evaluation.described[0]
    whole = Described(
        name=first.name,
        kind=first.kind,
        rows=evaluation.rows,
        unchecked=sum(one.unchecked for one in evaluation.described),
        subgroups=first.subgroups,
        columns=first.columns,
        mapping=first.mapping,
        smallest_cell=evaluation.judged.policy.smallest_cell,
        analysis_version=evaluation.analysis_version,
        checks=evaluation.checks,
    )
    return CountsFile(tables=evaluation.cells, described=whole)


def _checked(asked: TableToJudge, facts: TableFacts, progress: Progress) -> DataCheck:
    progress(f"Expectations of {facts.name}", 0, 0)
    declares = {*asked.rollout.declares, asked.rollout.use.mode}
    return expectations.check_table(evidence=asked.evidence, base=asked.base, digest=facts.digest, declares=declares)


def _counted(asked: TableToJudge, facts: TableFacts, rows: int, stays: bool, progress: Progress) -> Mapping[str, Cells]:
    plan = tabulation_of(evidence=asked.evidence, rollout=asked.rollout, policy=asked.policy, rows=rows, stays=stays)
    batches = sources.batches(
        evidence=asked.evidence, base=asked.base, digest=facts.digest, keys=plan.labels, numbers=plan.numbers
    )
    watched = _watched(batches, progress=progress, facts=facts)
    return tabulate(watched, plan=plan, sources=(facts.digest,))


def _watched(batches: Iterable[Batch], *, progress: Progress, facts: TableFacts) -> Iterator[Batch]:
    done = 0
    for batch in batches:
        yield batch
        done += len(next(iter(batch.labels.values()))[0]) if batch.labels else 0
        progress(f"Counting {facts.name}", done, facts.rows)


def _described(asked: TableToJudge, facts: TableFacts, check: DataCheck | None) -> Described:
    return Described(
        name=facts.name,
        kind=facts.kind,
        rows=facts.rows,
        unchecked=0 if check else facts.rows,
        subgroups=asked.evidence.subgroups,
        columns=tuple(asked.evidence.columns),
        mapping=asked.mapping,
        smallest_cell=asked.policy.smallest_cell,
        analysis_version=analysis_version(),
        checks=(check,) if check else (),
    )


def _together(counted: Sequence[Mapping[str, Cells]]) -> Mapping[str, Cells]:
    if not counted:
        return {}
    try:
        return {name: merged([one[name] for one in counted]) for name in counted[0]}
    except KeyError as error:
        raise RequestRefused(f"One table has {error.args[0]} and another has not; count both alike.") from None
    except CellsDoNotMatch as error:
        raise RequestRefused(str(error)) from None


def _refuse_strangers(described: Sequence[Described]) -> None:
    for other in described[1:]:
        if (other.kind, other.subgroups) != (described[0].kind, described[0].subgroups):
            raise RequestRefused(
                f"The counts '{other.name}' are of kind '{other.kind}' by {', '.join(other.subgroups) or 'no groups'}, "
                f"and '{described[0].name}' are of kind '{described[0].kind}' by "
                f"{', '.join(described[0].subgroups) or 'no groups'}; count both alike."
            )


def _judged(
    asked: TableToJudge,
    facts: tuple[TableFacts, ...],
    described: tuple[Described, ...],
    cells: Mapping[str, Cells],
    *,
    at: datetime,
) -> TableEvaluation:
    findings = [*_data(described), *_criteria(asked, cells)]
    return TableEvaluation(
        judged=asked,
        facts=facts,
        checks=tuple(check for one in described for check in one.checks),
        cells=cells,
        verdict=Verdict(findings=tuple(findings)),
        described=described,
        at=at,
        analysis_version=analysis_version(),
    )


def _data(described: Sequence[Described]) -> list[Finding]:
    checked = [data_finding(check) for one in described for check in one.checks]
    return checked + [unchecked_data(name=one.name, rows=one.unchecked) for one in described if one.unchecked]


def _of_an_update(criterion: Criterion, asked: TableToJudge) -> bool:
    """True for what is asked of an update alone, when the table has no answers of a model in use to compare with."""
    return criterion.gates == (GateName.GU,) and CHAMPION not in asked.evidence.columns


def _criteria(asked: TableToJudge, cells: Mapping[str, Cells]) -> list[Finding]:
    kind = asked.evidence.kind
    if not cells:
        return []
    criteria = [
        one
        for one in asked.policy.criteria
        if as_asked(one, asked.rollout.protocol).evidence == kind
        and binds(applies=one.applies, rollout=asked.rollout)
        and not _of_an_update(one, asked)
    ]
    return [
        judge(
            criterion=one,
            estimates=measure(criterion=one, cells=cells, rollout=asked.rollout, policy=asked.policy),
        )
        for one in criteria
    ]
