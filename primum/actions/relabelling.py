"""Labelling a registered table by two versions of a guideline, where the data are: counts come out, and no row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from primum.actions.guidelines import version_named
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.evidence.scores.guideline_labels import Labelled, LabelMove, labelled, moves
from primum.evidence.scores.label_counts import shown_groups, shown_total
from primum.integrations import guideline_columns
from primum.ledger import guideline_reading, reading
from primum.ledger.guideline_tables import Relabelling
from primum.roadmap.guidelines import Guideline, changed
from primum.roadmap.people import Person
from primum.roadmap.rollout import Evidence

Moves = dict[LabelMove, int]


class CannotRelabel(Exception):
    """The table was not labelled again; the message says why and holds no value of it."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A registered table, two versions, and how the table has what they ask for."""

    evidence: Evidence
    digest: str
    old: Guideline
    new: Guideline
    facts: Mapping[str, str]


def relabel(
    *,
    submission: Submission,
    evidence: str,
    new: str,
    person: Person,
    at: datetime,
    workplace: Workplace,
    old: str = "",
) -> Mapping[str, Any]:
    """
    Label a table by the version its rollout follows and by a new one; record and return how many labels change (P6.7).

    The counts are whole for the table and for each level of its subgroups and sites. Cells under the policy's smallest
    are ``None``, with what would give them away. A row whose label an unknown value leaves open is counted as open.
    The same versions on the same bytes give the counts kept before.

    :param old: another version than the one the release declares
    :raises CannotRelabel: if the person has no role here, or the table or a version does not fit
    :raises UnknownGuideline: if a version was never published
    :raises SourceRefused: if the table cannot be read
    """
    rollout = submission.rollout.rollout
    if not person.roles_at(rollout=rollout, at=at):
        raise CannotRelabel(f"{person.name} holds no role for {rollout} now.")
    asked = compared(submission=submission, evidence=evidence, old=old, new=new, workplace=workplace)
    counts = counts_of(asked, submission=submission)
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        row = _row(asked, rollout=rollout, counts=counts, person=person.id, at=at)
        if kept := _before(guideline_reading.relabellings(tx.session, rollout=rollout, new=asked.new.name), row):
            found: Mapping[str, Any] = kept.counts
            return found
        tx.session.add(row)
        said = {"guideline": row.new, "old": row.old, "evidence": evidence, "changed": counts["all"]["changed"]}
        tx.record(kind="evidence.relabelled", rollout=rollout, person=person.id, at=at, body=said)
    return counts


def compared(*, submission: Submission, evidence: str, old: str, new: str, workplace: Workplace) -> Compared:
    """
    Return a registered table with two published versions.

    :raises CannotRelabel: if there is no such table, or the release follows no other version
    :raises UnknownGuideline: if a version was never published
    """
    with workplace.ledger.reading() as session:
        table, registered = registered_table(evidence, submission=submission, session=session)
        versions = [version_named(one, session=session) for one in (old or _before_it(submission, new, session), new)]
    # Says itself when the two cannot be compared.
    changed(old=versions[0], new=versions[1])
    plan = submission.rollout.change_plan
    facts = plan.protocol.facts if plan is not None and plan.protocol.cases == table.name else {}
    return Compared(evidence=table, digest=registered, old=versions[0], new=versions[1], facts=facts)


def registered_table(name: str, *, submission: Submission, session: Session) -> tuple[Evidence, str]:
    """
    Return a table as the rollout file declares it, and the digest of its bytes as they were registered.

    :raises CannotRelabel: if there is none of this name
    """
    rows = reading.tables_in_force(session, rollout=submission.rollout.rollout)
    table = next((one for one in submission.rollout.evidence if one.name == name), None)
    registered = next((row for row in rows if row.name == name), None)
    if table is None or registered is None:
        there = ", ".join(sorted(row.name for row in rows)) or "none"
        raise CannotRelabel(f"There is no registered table '{name}'; there are: {there}. `primum run` registers.")
    return table, registered.digest


def counts_of(asked: Compared, *, submission: Submission) -> dict[str, Any]:
    """
    Return the counts of a comparison as they may leave the data plane.

    :raises ColumnsRefused: if the table does not have what a version asks for
    :raises SourceRefused: if the table cannot be read
    """
    smallest = submission.policy.smallest_cell
    groups = tuple(dict.fromkeys([*(["site"] if "site" in asked.evidence.columns else []), *asked.evidence.subgroups]))
    total, found = _counted(asked, submission, groups)
    shown = {name: shown_groups(levels, smallest_cell=smallest) for name, levels in found.items()}
    return {
        "smallest_cell": smallest,
        "all": shown_total(total, smallest_cell=smallest).plain(),
        "groups": {name: {one.group: one.plain() for one in each} for name, each in shown.items()},
    }


def _counted(asked: Compared, submission: Submission, groups: tuple[str, ...]) -> tuple[Moves, dict[str, Any]]:
    total: Moves = {}
    found: dict[str, dict[str, Moves]] = {name: {} for name in groups}
    for batch in guideline_columns.in_batches(
        evidence=asked.evidence,
        base=submission.base,
        digest=asked.digest,
        guidelines=(asked.old, asked.new),
        facts=asked.facts,
        groups=groups,
    ):
        before, after = (labelled(guideline=one, columns=batch.columns) for one in (asked.old, asked.new))
        _add(total, moves(old=before, new=after))
        _add_groups(found, batch, before, after)
    return total, found


def _add_groups(
    found: dict[str, dict[str, Moves]], batch: guideline_columns.Counted, before: Labelled, after: Labelled
) -> None:
    for name, levels in batch.groups.items():
        for code, level in enumerate(levels.names):
            here = found[name].setdefault(level or "not known", {})
            _add(here, moves(old=before, new=after, kept=levels.codes == code))


def _add(total: Moves, more: Moves) -> None:
    for move, n in more.items():
        total[move] = total.get(move, 0) + n


def _before_it(submission: Submission, new: str, session: Session) -> str:
    """The version of the same guideline that the release declares; once that is the new one, the version before it."""
    wanted = new.partition("@")[0]
    declared = submission.rollout.release.guidelines
    found = next((one for one in declared if one.partition("@")[0] == wanted and one != new), None)
    if found is not None:
        return found
    names = [f"{one.guideline}@{one.version}" for one in guideline_reading.versions(session, guideline=wanted)]
    if new not in names[1:]:
        raise CannotRelabel(f"{submission.rollout.rollout} follows no other version of '{wanted}'; name the old one.")
    return names[names.index(new) - 1]


def _row(asked: Compared, *, rollout: str, counts: Mapping[str, Any], person: str, at: datetime) -> Relabelling:
    return Relabelling(
        rollout=rollout,
        old=asked.old.name,
        old_digest=asked.old.digest,
        new=asked.new.name,
        new_digest=asked.new.digest,
        evidence=asked.evidence.name,
        evidence_digest=asked.digest,
        counts=dict(counts),
        person=person,
        at=at,
    )


def _before(rows: Iterable[Relabelling], row: Relabelling) -> Relabelling | None:
    same = ("old_digest", "new_digest", "evidence_digest", "counts")
    return next((one for one in rows if all(getattr(one, name) == getattr(row, name) for name in same)), None)
