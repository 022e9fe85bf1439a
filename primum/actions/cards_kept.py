"""What a rollout's model card says now, what it said before, and the six minimum items with their evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from primum.actions.model_cards import UnknownCard, content_of, evaluation_in
from primum.actions.submission import read_submission
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.ledger import card_reading, reading
from primum.ledger.card_tables import ModelCardVersion
from primum.ledger.tables import Gate
from primum.roadmap.card_versions import changes
from primum.roadmap.gates import GateState
from primum.roadmap.model_card import ModelCard, card_from
from primum.roadmap.scorecard import Proof, Scored, scorecard, still_due

NEVER = frozenset({GateState.VOID, GateState.EXPIRED, GateState.COLLECTING})


@dataclass(frozen=True, kw_only=True)
class CardVersion:
    """One version of a card with what made it necessary; ``digest`` is that of its content."""

    rollout: str
    number: int
    model_version: str
    bundle: str
    digest: str
    previous: str
    changes: tuple[str, ...]
    guidelines: tuple[str, ...]
    approvers: tuple[str, ...]
    cause: str
    subject: str
    person: str
    at: datetime
    card: ModelCard


def card_of_rollout(*, rollout: str, workplace: Workplace, number: int | None = None) -> CardVersion:
    """
    Return the version of a rollout's card in force, or the one with a number.

    :raises UnknownCard: if there is none; the first is written when a gate is granted
    """
    with workplace.ledger.reading() as session:
        found = (
            card_reading.in_force(session, rollout=rollout)
            if number is None
            else card_reading.version(session, rollout=rollout, number=number)
        )
    if found is None:
        which = (
            "no model card yet; the first version is written when a gate is granted"
            if number is None
            else (f"no version {number} of its model card")
        )
        raise UnknownCard(f"Rollout '{rollout}' has {which}.")
    return _read(found)


def versions_of(*, rollout: str, workplace: Workplace) -> tuple[CardVersion, ...]:
    """Return every version of a rollout's card, the newest first."""
    with workplace.ledger.reading() as session:
        rows = card_reading.versions(session, rollout=rollout)
    return tuple(_read(row) for row in reversed(rows))


def difference(*, rollout: str, workplace: Workplace, older: int, newer: int) -> tuple[str, ...]:
    """
    Return in sentences what is otherwise in one version than in another.

    :raises UnknownCard: if one of them is not there
    """
    before = card_of_rollout(rollout=rollout, workplace=workplace, number=older)
    after = card_of_rollout(rollout=rollout, workplace=workplace, number=newer)
    return changes(before=before.card.plain(), after=after.card.plain())


def scorecard_of(*, rollout: str, workplace: Workplace) -> tuple[Scored, ...]:
    """
    Return the six minimum items, from the newest evaluation of each of a rollout's gates (K7).

    What the policy asks for and no gate has checked yet counts as not known; so does everything while
    the rollout's files cannot be read.
    """
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
        found = _found(session, reading.gates(session, rollout=rollout))
    try:
        submission = read_submission(Path(record.spec_path)) if record else None
    except ConfigurationRefused:
        submission = None
    if submission is None:
        return scorecard(())
    return scorecard((*found, *still_due(policy=submission.policy, rollout=submission.rollout, found=found)))


def _found(session: Session, gates: Sequence[Gate]) -> list[Proof]:
    newest = {gate.name: gate for gate in gates if gate.evaluation_id and GateState(gate.state) not in NEVER}
    found = []
    for gate in newest.values():
        record = reading.evaluation(session, evaluation=gate.evaluation_id or "")
        if record is not None:
            findings = evaluation_in(record).verdict.findings
            found += [Proof(gate=gate.id, finding=finding) for finding in findings]
    return found


def _read(row: ModelCardVersion) -> CardVersion:
    return CardVersion(
        rollout=row.rollout,
        number=row.number,
        model_version=row.model_version,
        bundle=row.bundle_digest,
        digest=row.digest,
        previous=row.previous or "",
        changes=tuple(row.changes),
        guidelines=tuple(row.guidelines),
        approvers=tuple(row.approvers),
        cause=row.cause,
        subject=row.subject,
        person=row.person,
        at=row.at,
        card=card_from(content_of(row)),
    )
