"""Taking in tables and documents: each gets a digest, and is refused when its bytes change in silence."""

from datetime import datetime

from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.integrations import expectations, sources
from primum.integrations.documents import documents_of
from primum.ledger import reading
from primum.ledger.tables import DocumentRecord, EvidenceRecord
from primum.ledger.transactions import Transaction
from primum.roadmap.data_checks import DataCheck
from primum.roadmap.evaluations import DocumentFacts, TableFacts
from primum.roadmap.stages import Stage


class EvidenceChanged(Exception):
    """A registered table or document has other bytes now; the message is shown to the person."""


def inspect_tables(*, submission: Submission, stage: Stage) -> tuple[TableFacts, ...]:
    """
    Read size, shape and digest of every table of a stage.

    :raises SourceRefused: if a table is absent, broken, too large or not of its contract
    """
    tables = submission.tables_of(stage)
    return tuple(sources.inspect(evidence=evidence, base=submission.base) for evidence in tables)


def register_evidence(
    *, submission: Submission, stage: Stage, person: str, at: datetime, workplace: Workplace
) -> tuple[tuple[TableFacts, ...], tuple[DocumentFacts, ...]]:
    """
    Register the tables of a stage and all documents, superseding those that were declared anew.

    :raises EvidenceChanged: if a table has other bytes although its declaration is the same
    """
    tables = inspect_tables(submission=submission, stage=stage)
    documents = documents_of(submission.rollout, base=submission.base)
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(submission.rollout.rollout)
        new = _write_tables(tx, submission, stage, tables, person=person, at=at)
        new |= _write_documents(tx, submission, documents, at=at)
        if new:
            tx.record(
                kind="evidence.registered",
                rollout=submission.rollout.rollout,
                person=person,
                at=at,
                body={"stage": str(stage), "digests": dict(sorted(new.items()))},
            )
    return tables, documents


def _write_tables(
    tx: Transaction,
    submission: Submission,
    stage: Stage,
    tables: tuple[TableFacts, ...],
    *,
    person: str,
    at: datetime,
) -> dict[str, str]:
    rollout = submission.rollout.rollout
    known = {record.name: record for record in reading.tables_in_force(tx.session, rollout=rollout)}
    new = {}
    for facts in tables:
        old = known.get(facts.name)
        if (
            old is not None
            and old.digest == facts.digest
            and old.measured_on == datetime.fromisoformat(facts.measured_on)
        ):
            continue
        if old is not None:
            _refuse_silent_change(old, facts)
            old.superseded_at = at
            tx.session.add(old)
        tx.session.add(_record_of(facts, rollout=rollout, stage=stage, person=person, at=at))
        new[facts.name] = facts.digest
    return new


def _refuse_silent_change(old: EvidenceRecord, facts: TableFacts) -> None:
    if (old.location, old.measured_on) == (facts.location, datetime.fromisoformat(facts.measured_on)):
        raise EvidenceChanged(
            f"Table '{facts.name}' was registered as {old.digest[:19]} and reads {facts.digest[:19]} now. "
            f"If it was measured again, give it a new `measured_on`; if not, restore the file."
        )


def _record_of(facts: TableFacts, *, rollout: str, stage: Stage, person: str, at: datetime) -> EvidenceRecord:
    return EvidenceRecord(
        rollout=rollout,
        name=facts.name,
        kind=facts.kind,
        stages=[str(stage)],
        location=facts.location,
        digest=facts.digest,
        rows=facts.rows,
        columns=list(facts.columns),
        author=facts.author,
        measured_on=datetime.fromisoformat(facts.measured_on),
        registered_at=at,
        registered_by=person,
    )


def _write_documents(
    tx: Transaction, submission: Submission, documents: tuple[DocumentFacts, ...], *, at: datetime
) -> dict[str, str]:
    rollout = submission.rollout.rollout
    known = {record.kind: record for record in reading.documents_in_force(tx.session, rollout=rollout)}
    new = {}
    for facts in documents:
        old = known.pop(facts.kind, None)
        if old is not None and (old.digest, old.expires_on) == (facts.digest, _moment(facts.expires_on)):
            continue
        if old is not None:
            old.superseded_at = at
            tx.session.add(old)
        tx.session.add(_document_record(facts, rollout=rollout, at=at))
        new[f"document:{facts.kind}"] = facts.digest
    for gone in known.values():
        gone.superseded_at = at
        tx.session.add(gone)
        new[f"document:{gone.kind}"] = "withdrawn"
    return new


def _document_record(facts: DocumentFacts, *, rollout: str, at: datetime) -> DocumentRecord:
    return DocumentRecord(
        rollout=rollout,
        kind=facts.kind,
        title=facts.title,
        location=facts.kind,
        digest=facts.digest,
        author=facts.author,
        issued_on=datetime.fromisoformat(facts.issued_on),
        expires_on=_moment(facts.expires_on),
        registered_at=at,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def check_data(
    *, submission: Submission, tables: tuple[TableFacts, ...], workplace: Workplace | None = None
) -> tuple[DataCheck, ...]:
    """
    Run the expectation suites of every table; counts come back, never values (P9).

    :param workplace: says from how many rows on a table stays in a database, and has room for what spills
    """
    declared = {evidence.name: evidence for evidence in submission.rollout.evidence}
    room = expectations.Room()
    if workplace:
        room = expectations.Room(rows=workplace.settings.large_table, scratch=workplace.home / "scratch")
    return tuple(
        expectations.check_table(
            evidence=declared[facts.name],
            base=submission.base,
            digest=facts.digest,
            declares={*submission.rollout.declares, submission.rollout.use.mode},
            rows=facts.rows,
            room=room,
        )
        for facts in tables
    )
