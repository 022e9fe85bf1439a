"""What a look counts, in its order: sizes of the arms and information first, outcomes by arm only when asked."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from primum.actions.evaluation import count_tables
from primum.actions.submission import Submission
from primum.evidence.counts.cells import Cells, merged
from primum.evidence.counts.counting import Batch, count
from primum.evidence.counts.first_rows import first_rows, rows_by_level, shares_of
from primum.evidence.measures.reader_figures import NO_LOOKS
from primum.evidence.measures.registry import keys_of
from primum.evidence.trials.cluster_trials import shares_cases
from primum.evidence.trials.interim import information_of
from primum.evidence.trials.trial_arms import PRIMARY_ANALYSIS
from primum.integrations import sources
from primum.integrations.suites import suite_digests
from primum.roadmap.data_checks import DataCheck
from primum.roadmap.digests import digest
from primum.roadmap.evaluations import TableFacts
from primum.roadmap.protocol import Protocol
from primum.roadmap.rollout import Evidence
from primum.roadmap.stages import Stage

TRIAL = "trial"
UNIT = "unit_id"
SITE = "site"


class NothingToCount(Exception):
    """A look has no table it could be taken on; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class LookTables:
    """
    The tables of a trial as they are now, and how many of their first rows count; ``None`` is all.

    Only a look at a finished trial, taken afterwards, counts some.
    """

    submission: Submission
    protocol: Protocol
    facts: tuple[TableFacts, ...]
    rows: int | None = None

    @property
    def whole(self) -> int:
        """How many rows the tables have."""
        return sum(one.rows for one in self.facts)

    @property
    def data(self) -> str:
        """The digest of what would be looked at: tables, their mapping, protocol, policy and expectations."""
        submission = self.submission
        mapped = {one.name: one.model_dump(mode="json", include={"columns", "values"}) for one in _declared(submission)}
        return digest(
            {
                "tables": {one.name: one.digest for one in self.facts},
                "mapped": mapped,
                "protocol": self.protocol.digest,
                "policy": submission.policy_digest,
                "suites": suite_digests(submission.rollout, base=submission.base),
                "rows": self.rows,
            }
        )


def tables_now(*, submission: Submission, protocol: Protocol) -> LookTables:
    """
    Weigh and hash the trial's tables as they are now.

    :raises NothingToCount: if the rollout has no table of its trial, or its design has no looks
    :raises SourceRefused: if a table is absent, broken or too large
    """
    declared = _declared(submission)
    if shares_cases(protocol):
        raise NothingToCount(f"No look is taken at {submission.rollout.rollout}: {NO_LOOKS}.")
    if not declared:
        raise NothingToCount(f"{submission.rollout.rollout} declares no table of kind 'trial' for its pilot.")
    for one in declared:
        absent = [name for name in ("arm", protocol.primary.event) if name not in one.columns]
        if absent:
            raise NothingToCount(f"Table '{one.name}' does not map '{absent[0]}', which a look reads; map it.")
    facts = tuple(sources.inspect(evidence=one, base=submission.base) for one in declared)
    return LookTables(submission=submission, protocol=protocol, facts=facts)


def _declared(submission: Submission) -> tuple[Evidence, ...]:
    return tuple(one for one in submission.tables_of(Stage.PILOT) if one.kind == TRIAL)


def information_now(tables: LookTables) -> int:
    """Count the units of randomisation with a known primary outcome; no arm is looked at."""
    event = tables.protocol.primary.event
    cells = _counted(tables, (event, PRIMARY_ANALYSIS, "cluster"))
    return information_of(protocol=tables.protocol, cells=cells)


def allocated_now(tables: LookTables) -> Cells:
    """Count units by arm, site and cluster; no outcome is looked at."""
    return _counted(tables, ("arm", SITE, "cluster"))


def outcomes_now(tables: LookTables, *, checks: tuple[DataCheck, ...]) -> Cells:
    """
    Count outcomes by arm and by whatever the policy and the protocol name.

    :raises UnknownSite: if a table names a place that nobody declared
    """
    if tables.rows is None:
        return count_tables(submission=tables.submission, tables=tables.facts, checks=checks)[TRIAL]
    submission = tables.submission
    first = _declared(submission)[0]
    return _counted(tables, keys_of(evidence=first, rollout=submission.rollout, policy=submission.policy))


def _counted(tables: LookTables, wanted: Sequence[str]) -> Cells:
    declared = {one.name: one for one in _declared(tables.submission)}
    parts = []
    kept = shares_of({one.name: one.rows for one in tables.facts}, of=tables.rows or tables.whole)
    # One table under two names is counted once; that it is there twice is told by `why_twice`.
    for facts in {one.digest: one for one in tables.facts}.values():
        keys = tuple(name for name in wanted if name in declared[facts.name].columns)
        batches = _batches(tables, declared[facts.name], facts, keys, keep=kept[facts.name])
        labels = (batch.labels for batch in batches)
        parts.append(count(labels, kind=TRIAL, keys=keys, sources=(facts.digest,)))
    return merged(parts)


def _batches(
    tables: LookTables, evidence: Evidence, facts: TableFacts, keys: tuple[str, ...], *, keep: int
) -> Iterator[Batch]:
    base = tables.submission.base
    if tables.rows is None:
        return sources.batches(evidence=evidence, base=base, digest=facts.digest, keys=keys)
    by_site = sources.batches(evidence=evidence, base=base, digest=facts.digest, keys=(SITE,))
    first = shares_of(rows_by_level(by_site, by=SITE), of=keep)
    every = sources.batches(evidence=evidence, base=base, digest=facts.digest, keys=tuple({*keys, SITE}))
    return first_rows(every, by=SITE, keep=first)


def why_twice(tables: LookTables) -> str | None:
    """Return that a site reported twice, if so: the same table under two names, or units in two tables (P9)."""
    named: dict[str, str] = {}
    for one in tables.facts:
        if one.digest in named:
            return f"tables '{named[one.digest]}' and '{one.name}' have the same rows: a site reported twice"
        named[one.digest] = one.name
    if len(tables.facts) == 1:
        return None
    declared = {one.name: one for one in _declared(tables.submission)}
    units: Counter[str] = Counter()
    for facts in tables.facts:
        units.update(_units_of(tables, declared[facts.name], facts))
    twice = sum(1 for times in units.values() if times > 1)
    return f"{twice:,} units stand in more than one table: a site reported twice" if twice else None


def _units_of(tables: LookTables, evidence: Evidence, facts: TableFacts) -> set[str]:
    """Identifiers stay in this process; what leaves it is how many stand twice."""
    found: set[str] = set()
    for batch in sources.batches(evidence=evidence, base=tables.submission.base, digest=facts.digest, keys=(UNIT,)):
        found.update(level for level in batch.labels[UNIT][1] if level)
    return found


def sites_in(cells: Cells) -> frozenset[str] | None:
    """Return the sites that have units; ``None`` where the tables name no site."""
    if SITE not in cells.keys:
        return None
    return frozenset(name for name, here in cells.by(SITE).items() if here.total())
