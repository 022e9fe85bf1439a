"""What a promotion may reach: how far its stage goes, and the strictest of what its signatures allow."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import reading
from primum.ledger.exposures import expose
from primum.ledger.tables import Exposure, Gate
from primum.roadmap import conditions
from primum.roadmap.conditions import Conditions
from primum.roadmap.seats import Answer, widening_behind
from primum.roadmap.stages import GateName


def limits_of(*, gate: Gate, submission: Submission, session: Session) -> Conditions:
    """Return the limits under which a gate would be applied."""
    return conditions.merged([_reach(gate, submission), *_signed(gate, session)])


def signed_limits(*, gate: Gate, session: Session) -> Conditions:
    """Return what the signatures of a gate alone limit it to."""
    return conditions.merged(_signed(gate, session))


def _signed(gate: Gate, session: Session) -> Sequence[Conditions]:
    return [
        Conditions.read(vote.conditions)
        for vote in reading.votes(session, gate=gate.id)
        if vote.answer == Answer.APPROVE and vote.shown_digest == gate.subject_digest
    ]


def narrowed(said: Mapping[str, Any], *, by: Conditions) -> dict[str, Any]:
    """Return what an exposure says under stricter limits; every wave that follows stays within them, too."""
    stricter = {**said, **conditions.merged([Conditions.read(said), by]).plain()}
    if "approved" in said:
        stricter["approved"] = conditions.merged([Conditions.read(said["approved"]), by]).plain()
    return stricter


def _reach(gate: Gate, submission: Submission) -> Conditions:
    widening = widening_behind(rollout=submission.rollout, gate=GateName(gate.name))
    if widening is None:
        return Conditions()
    share = None if Fraction(widening.share) == 1 else widening.share
    return Conditions(sites=tuple(sorted(set(widening.sites))), share=share)


def why_nothing_left(*, gate: Gate, submission: Submission, at: datetime, session: Session) -> str | None:
    """Return why a gate would be applied to nobody, if so."""
    together = limits_of(gate=gate, submission=submission, session=session)
    return conditions.why_nothing_left(together=together, at=at)


def in_words(*, gate: Gate, submission: Submission, session: Session) -> str:
    """Return the limits of a gate in a sentence."""
    words = limits_of(gate=gate, submission=submission, session=session).words()
    return f"It counts for: {words}." if words else "The signatures limit nothing."


def end_exposures(*, at: datetime, person: str, workplace: Workplace) -> tuple[str, ...]:
    """Write that an exposure is off whose signatures counted only until now; return the rollouts."""
    with workplace.ledger.reading() as session:
        due = [one.id for one in reading.rollouts(session) if _is_over(reading.exposure(session, rollout=one.id), at)]
    for rollout in due:
        with workplace.ledger.transaction() as tx:
            tx.lock_rollout(rollout)
            last = reading.exposure(tx.session, rollout=rollout)
            if last is None or not _is_over(last, at):
                continue
            expose(tx, rollout=rollout, at=at, state="off", conditions=last.conditions, cause=last.id)
            tx.record(kind="exposure.ended", rollout=rollout, person=person, at=at, body={"exposure": last.id})
            tx.notify(kind="exposure.ended", rollout=rollout, gate=None, body={"exposure": last.id}, at=at)
    return tuple(due)


def _is_over(exposure: Exposure | None, at: datetime) -> bool:
    if exposure is None or exposure.state == "off":
        return False
    return conditions.exposed(state=exposure.state, conditions=exposure.conditions, at=at) == "off"
