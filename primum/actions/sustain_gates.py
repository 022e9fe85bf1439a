"""The recurring review of a rollout in use: begun in time, walked back when it fails, held and ended when late."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from primum.actions.unattended import in_whose_name
from primum.actions.workplace import Workplace
from primum.ledger import incident_reading, reading, scale_reading, signing_reading
from primum.ledger.exposures import expose
from primum.ledger.scale_tables import Hold, WaveStep
from primum.ledger.tables import Entry, Gate, Promotion, RolloutRecord
from primum.ledger.transactions import Transaction
from primum.roadmap.conditions import Conditions, merged
from primum.roadmap.gates import OPEN_STATES, GateState
from primum.roadmap.incidents import SERIOUS_HARM
from primum.roadmap.monitors import AlarmAction
from primum.roadmap.rollout import Rollout
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.sustaining import (
    ApprovalState,
    SustainRule,
    Trigger,
    begins_at,
    ends_at,
    last_verified,
    state_of,
)
from primum.roadmap.verdicts import Outcome
from primum.roadmap.waves import Wave

# Who holds a rollout whose approval has ended: the next approval lifts such a hold, and no person has to.
CALENDAR = "primum-calendar"
RELEASED = frozenset({"bundle", "model", "approved"})
KINDS: Mapping[str, Trigger] = {
    "alarm.raised": "alarm",
    "incident.confirmed": "incident",
    "incident.graded": "incident",
    "change.opened": "guideline",
    "guideline.published": "guideline",
}
# People are deciding on a review in these states, and no other is begun beside it; a held one waits for evidence.
UNDER_WAY = OPEN_STATES - {GateState.HELD}
CAME_TO_NOTHING = frozenset({GateState.HELD, GateState.REJECTED})


@dataclass(frozen=True, kw_only=True)
class ReviewDue:
    """A review that is to begin, once for its cause, in the name of whoever asked for the last one."""

    rollout: str
    requested_by: str
    cause: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Approval:
    """How the approval of a rollout in use stands: since when, until when, and in a sentence."""

    rollout: str
    approved_at: datetime
    ends: datetime
    state: ApprovalState
    promotion: str
    requested_by: str

    @property
    def sentence(self) -> str:
        """What it comes to."""
        day = f"{self.ends:%Y-%m-%d}"
        return {
            ApprovalState.IN_FORCE: f"It is approved until {day}.",
            ApprovalState.TO_RENEW: f"Its approval ends on {day}; the review GS is due before.",
            ApprovalState.EXPIRED: f"Its approval ended on {day}; it is held until a review GS is applied.",
            ApprovalState.OVER: f"Its approval ended on {day} and nobody renewed it; nobody receives output.",
        }[self.state]


def approval_of(session: Session, *, record: RolloutRecord, at: datetime) -> Approval | None:
    """
    Return how the approval of a rollout stands; ``None`` if it is not in stage sustain, or only a replay.

    An update (GU) is judged on what it changes alone and renews nothing.
    """
    if record.stage != Stage.SUSTAIN or record.kind == "replay":
        return None
    done = reversed(reading.promotions(session, rollout=record.id))
    last = next((one for one in done if one.stage_to == Stage.SUSTAIN and not _is_update(session, one)), None)
    if last is None:
        return None
    kept = json.loads(record.spec)
    rule = SustainRule.model_validate(kept.get("sustain", {}))
    ends = ends_at(rule=rule, approved_at=last.at, zone=_zone(kept))
    signed = reading.gate(session, gate=last.gate_id)
    return Approval(
        rollout=record.id,
        approved_at=last.at,
        ends=ends,
        state=state_of(rule=rule, ends=ends, at=at),
        promotion=last.id,
        requested_by=(signed.requested_by if signed else None) or last.person,
    )


def _is_update(session: Session, promotion: Promotion) -> bool:
    gate = reading.gate(session, gate=promotion.gate_id)
    return gate is not None and gate.name == GateName.GU


def due(*, at: datetime, workplace: Workplace) -> tuple[ReviewDue, ...]:
    """
    Return the reviews that are to begin now: by the calendar, or since something happened (R4, N5).

    A review that was opened since its cause is not asked for again, and none while people decide on one. One whose
    last evidence was held or rejected is asked for once a day, until there is other evidence and a gate on it.
    """
    with workplace.ledger.reading() as session:
        found = (_due(session, record, at) for record in reading.rollouts(session))
        asked = tuple(one for one in found if one is not None)
    return tuple(replace(one, requested_by=_asker(one, workplace)) for one in asked)


def _asker(one: ReviewDue, workplace: Workplace) -> str:
    return in_whose_name(person=one.requested_by, rollout=one.rollout, workplace=workplace)


def _due(session: Session, record: RolloutRecord, at: datetime) -> ReviewDue | None:
    approval = approval_of(session, record=record, at=at)
    if approval is None:
        return None
    last = reading.last_gate(session, rollout=record.id, name=GateName.GS)
    if last is not None and last.state in UNDER_WAY:
        return None
    opened = last.opened_at if last is not None else approval.approved_at
    rule = SustainRule.model_validate(json.loads(record.spec).get("sustain", {}))
    if trigger := _trigger(session, record.id, rule, since=max(approval.approved_at, opened)):
        cause, words = f"{record.id}:{trigger.kind}:{trigger.position}", KINDS[trigger.kind]
        sentence = f"A review begins because of: {words}, entry {trigger.position} of the ledger."
    elif approval.state is not ApprovalState.IN_FORCE and opened < begins_at(rule=rule, ends=approval.ends):
        # One that something asked for early in the year, and that came to nothing, is not the year's.
        cause, sentence = f"{record.id}:calendar:{approval.promotion}", approval.sentence
    else:
        return None
    if last is not None and last.state in CAME_TO_NOTHING:
        cause = f"{cause}:{at.date()}"
    return ReviewDue(rollout=record.id, requested_by=approval.requested_by, cause=cause, sentence=sentence)


def _trigger(session: Session, rollout: str, rule: SustainRule, *, since: datetime) -> Entry | None:
    kinds = [kind for kind, trigger in KINDS.items() if trigger in rule.triggers]
    query = select(Entry).where(Entry.rollout == rollout, col(Entry.kind).in_(kinds), col(Entry.at) > since)
    found = session.exec(query.order_by(col(Entry.position)))
    return next((entry for entry in found if _counts(session, entry)), None)


def _counts(session: Session, entry: Entry) -> bool:
    """A warning and a small harm are for those who look after them; the rest is for everybody who approved it."""
    said = json.loads(entry.body)
    if entry.kind == "alarm.raised":
        return bool(said.get("action") != AlarmAction.WARN)
    if KINDS[entry.kind] != "incident":
        return True
    row = signing_reading.incident(session, incident=str(said.get("incident", "")))
    if row is None or row.confirmed_at is None or row.confirmed_at > entry.at:
        return False
    return said.get("severity") in SERIOUS_HARM and not _was_serious(session, entry, incident=row.id)


def _was_serious(session: Session, entry: Entry, *, incident: str) -> bool:
    """Whether only the harm of an incident was graded anew, which was serious before and had its review then."""
    graded = [one for one in incident_reading.findings(session, incident=incident) if one.at == entry.at]
    before = {str((one.basis or {}).get("severity")) for one in graded if one.kind == "severity"}
    return entry.kind == "incident.graded" and bool(before & SERIOUS_HARM)


def end_expired(*, at: datetime, person: str, workplace: Workplace) -> tuple[str, ...]:
    """
    Hold what is exposed on an approval that has ended, and end it when its grace is over; return the rollouts.

    The next review GS that is applied lifts the hold and exposes again. Doing it twice does it once.
    """
    with workplace.ledger.reading() as session:
        ended = {
            record.id: approval
            for record in reading.rollouts(session)
            if (approval := approval_of(session, record=record, at=at))
            and approval.state in (ApprovalState.EXPIRED, ApprovalState.OVER)
        }
    changed = [one for one, approval in ended.items() if _end(approval, at=at, person=person, workplace=workplace)]
    return tuple(changed)


def _end(approval: Approval, *, at: datetime, person: str, workplace: Workplace) -> bool:
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(approval.rollout)
        return _end_within(tx, approval, person=person, at=at)


def _end_within(tx: Transaction, approval: Approval, *, person: str, at: datetime) -> bool:
    rollout = approval.rollout
    last = reading.exposure(tx.session, rollout=rollout)
    held = scale_reading.hold(tx.session, rollout=rollout)
    ends_now = approval.state is ApprovalState.OVER and last is not None and last.state != "off"
    if held is not None and not ends_now:
        return False
    if held is None:
        held = Hold(rollout=rollout, person=CALENDAR, reason=approval.sentence, at=at)
        tx.session.add(held)
        tx.session.flush()
        _say(tx, "rollout.held", rollout, {"hold": held.id}, person=person, at=at)
    if ends_now and last is not None:
        row = expose(tx, rollout=rollout, at=at, state="off", cause=approval.promotion, conditions=last.conditions)
        _say(tx, "exposure.ended", rollout, {"exposure": row.id}, person=person, at=at)
    return True


def catch_up(tx: Transaction, *, record: RolloutRecord, person: str, at: datetime) -> None:
    """
    Do within a resumption what the end of an approval, or a failed review, would have done meanwhile.

    While a rollout is stopped nobody receives output and neither has anything to take away; going on, it has at once.
    """
    if record.stage == Stage.SUSTAIN and (failed := _failed(tx.session, record.id)) is not None:
        _walk_back_within(tx, record, failed.id, person=person, at=at)
    approval = approval_of(tx.session, record=record, at=at)
    if approval is not None and approval.state in (ApprovalState.EXPIRED, ApprovalState.OVER):
        _end_within(tx, approval, person=person, at=at)


def walk_back_failed(*, at: datetime, person: str, workplace: Workplace) -> tuple[str, ...]:
    """
    Walk exposure back where the review of a rollout in use failed: to the last verified wave, else to standard care.

    A review has failed when a person rejected it or its evidence says no; what is not known yet is no failure, and
    the end of the approval waits behind it (R4). Return the rollouts; doing it twice does it once.
    """
    with workplace.ledger.reading() as session:
        failed = [
            (record.id, gate.id)
            for record in reading.rollouts(session)
            if record.stage == Stage.SUSTAIN and (gate := _failed(session, record.id)) is not None
        ]
    return tuple(
        rollout for rollout, gate in failed if _walk_back(rollout, gate, at=at, person=person, workplace=workplace)
    )


def _failed(session: Session, rollout: str) -> Gate | None:
    gate = reading.last_gate(session, rollout=rollout, name=GateName.GS)
    if gate is None or reading.exposure_of(session, cause=gate.id) is not None:
        return None
    if gate.state == GateState.REJECTED:
        return gate
    record = reading.evaluation(session, evaluation=gate.evaluation_id or "")
    says_no = record is not None and record.outcome == Outcome.FAIL
    return gate if gate.state == GateState.HELD and says_no else None


def _walk_back(rollout: str, gate: str, *, at: datetime, person: str, workplace: Workplace) -> bool:
    with workplace.ledger.transaction() as tx:
        record = tx.lock_rollout(rollout)
        failed = _failed(tx.session, rollout)
        if record is None or failed is None or failed.id != gate:
            return False
        return _walk_back_within(tx, record, gate, person=person, at=at)


def _walk_back_within(tx: Transaction, record: RolloutRecord, gate: str, *, person: str, at: datetime) -> bool:
    rollout = record.id
    last = reading.exposure(tx.session, rollout=rollout)
    if last is None or last.state == "off":
        return False
    said: dict[str, Any] = dict(last.conditions or {})
    wave = _wave(record, Conditions.read(said))
    if wave is None:
        row = expose(tx, rollout=rollout, at=at, state="off", cause=gate, conditions=said or None)
        body = {"gate": gate, "exposure": row.id, "to": "standard care"}
        _say(tx, "exposure.walked-back", rollout, body, person=person, at=at)
        return True
    limits = merged([Conditions.read(said), wave.limits]).plain()
    released = {name: value for name, value in said.items() if name in RELEASED}
    conditions = {**released, "wave": wave.name, **limits}
    expose(tx, rollout=rollout, at=at, state=last.state, cause=gate, conditions=conditions)
    reason = f"The review {gate} failed."
    step = WaveStep(rollout=rollout, wave=wave.name, limits=limits, back=True, person=person, reason=reason, at=at)
    tx.session.add(step)
    _say(tx, "exposure.walked-back", rollout, {"gate": gate, "to": f"wave {wave.name}"}, person=person, at=at)
    return True


def _wave(record: RolloutRecord, reach: Conditions) -> Wave | None:
    kept = json.loads(record.spec)
    sites: Sequence[str] = [str(site["id"]) for site in kept.get("sites", ())]
    return last_verified(scale=Rollout.model_validate(kept["rollout"]).scale, reach=reach, sites=sites)


def lift_expiry(tx: Transaction, *, gate: Gate, person: str, at: datetime) -> None:
    """End the hold of an approval that had ended, within the promotion that renews it; other holds stay."""
    held = scale_reading.hold(tx.session, rollout=gate.rollout)
    if held is None or held.person != CALENDAR:
        return
    held.lifted_by, held.lifted_at, held.lifted_reason = person, at, f"Approved again by {gate.id}."
    tx.session.add(held)


def approval_sentence(*, rollout: str, at: datetime, workplace: Workplace) -> str:
    """Return how the approval of a rollout in use stands, in a sentence; empty where there is none."""
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
        approval = approval_of(session, record=record, at=at) if record else None
    return approval.sentence if approval else ""


def _say(tx: Transaction, kind: str, rollout: str, body: Mapping[str, object], *, person: str, at: datetime) -> None:
    tx.record(kind=kind, rollout=rollout, person=person, at=at, body=body)
    tx.notify(kind=kind, rollout=rollout, gate=None, body=body, at=at)


def _zone(kept: Mapping[str, Any]) -> str:
    people = kept.get("people", {})
    return str(people.get("timezone") or next((site["timezone"] for site in kept.get("sites", ())), "UTC"))
