"""Taking interim looks: when information is there, once for the same data, in one transaction with what follows."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from primum.actions import intake
from primum.actions.look_counts import NothingToCount
from primum.actions.look_readings import LookReading, read_look
from primum.actions.look_standing import CannotLook, LookStanding, standing_in, standing_of_looks
from primum.actions.look_timing import LookNow, look_due, look_now
from primum.actions.resubmission import FileMoved, submitted
from primum.actions.submission import Submission
from primum.actions.suspension import halt
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.integrations.source_limits import SourceRefused
from primum.ledger import look_reading, reading
from primum.ledger.look_tables import Look
from primum.ledger.transactions import Transaction
from primum.roadmap import look_words as words
from primum.roadmap.looks import LookState, told_to_team, why_not_see, why_not_unplanned
from primum.roadmap.stages import GateName, Stage

__all__ = [
    "CannotLook",
    "LookTaken",
    "LooksTaken",
    "NothingToCount",
    "take_due",
    "take_look",
]

REPLAY_REACHES_NOBODY = "a replay reaches nobody, so nothing follows"
ALREADY_SUSPENDED = "the rollout is suspended already, so nothing is set going"
DAYS_OF_A_MONTH = 30.4


@dataclass(frozen=True, kw_only=True)
class LookTaken:
    """
    A look that was taken, in the words the team may read. ``new`` is false if these data had their look.

    ``asks`` is the gate that the policy wants asked because of it.
    """

    look: str
    rollout: str
    number: int | None
    told: str
    sentence: str
    suspension: str | None
    asks: GateName | None
    new: bool


@dataclass(frozen=True, kw_only=True)
class LooksTaken:
    """The looks that were due everywhere, and the rollouts that could not be looked at, each with its sentence."""

    taken: tuple[LookTaken, ...]
    refused: tuple[str, ...]


def take_look(
    *, submission: Submission, person: str, at: datetime, workplace: Workplace, reason: str = ""
) -> LookTaken:
    """
    Take the look that is due, or with a reason one that nobody planned; the same data have one look (R2.2, R2.3).

    Harm suspends in the same transaction. A crossed boundary asks for the pilot's gate and promotes nothing.

    :raises CannotLook: with the one reason why none is taken
    :raises NothingToCount: if there is no table of the trial
    :raises EvidenceChanged: if a table changed although it says it was measured on the same day
    """
    before = standing_of_looks(submission=submission, workplace=workplace, registered=False)
    now = look_now(submission=submission, standing=before)
    if (known := next((one for one in now.standing.held if one.data == now.tables.data), None)) is not None:
        return _again(known)
    intake.register_evidence(submission=submission, stage=Stage.PILOT, person=person, at=at, workplace=workplace)
    # What came in now may be older than the lock.
    now = replace(now, standing=standing_of_looks(submission=submission, workplace=workplace))
    if why := why_not_look(now, person=person, reason=reason, at=at):
        raise CannotLook(why)
    protocol = now.standing.protocol
    begins = words.head(
        number=now.number,
        of=len(protocol.planned_looks),
        information=now.information,
        planned=protocol.planned_units,
        unit=protocol.unit,
    )
    read = read_look(
        tables=now.tables,
        standing=now.standing,
        number=now.number,
        information=now.information,
        begins=begins,
        halted=_halted(now.standing),
        workplace=workplace,
    )
    return _written(now, read, begins=begins, person=person, reason=reason, at=at, workplace=workplace)


def take_due(*, person: str, at: datetime, workplace: Workplace) -> LooksTaken:
    """
    Take the look of every pilot that has reached a planned fraction; doing it twice takes each once.

    A rollout that cannot be looked at is named and keeps no other from being.
    """
    with workplace.ledger.reading() as session:
        pilots = [one.id for one in reading.rollouts(session) if one.stage == Stage.PILOT and one.kind == "rollout"]
    taken: list[LookTaken] = []
    refused: list[str] = []
    for rollout in pilots:
        try:
            submission = submitted(rollout=rollout, workplace=workplace)
            if submission.rollout.protocol is None or submission.policy.looks is None:
                continue
            if look_due(submission=submission, at=at, workplace=workplace).number is not None:
                taken.append(take_look(submission=submission, person=person, at=at, workplace=workplace))
        except NothingToCount:
            continue
        except (CannotLook, ConfigurationRefused, FileMoved, SourceRefused, intake.EvidenceChanged) as why:
            refused.append(f"{rollout}: {why}")
    return LooksTaken(taken=tuple(taken), refused=tuple(refused))


def _again(look: Look) -> LookTaken:
    return LookTaken(
        look=look.id,
        rollout=look.rollout,
        number=look.number,
        told=look.told,
        sentence=look.sentence,
        suspension=look.suspension,
        asks=None,
        new=False,
    )


def why_not_look(now: LookNow, *, person: str, reason: str, at: datetime) -> str | None:
    """Return the one reason why no look is taken now, if there is one; one that is due needs neither role nor words."""
    standing = now.standing
    if now.due.ended:
        return now.due.ended
    last = max(standing.bounds, key=lambda one: one.information, default=None)
    if last is not None and last.information >= now.information:
        return (
            f"No outcome has come in since the look at {last.information:,} {standing.protocol.unit}s; "
            "nothing was read."
        )
    if now.number is not None:
        return None
    submission = standing.submission
    who = next((one for one in submission.people if one.id == person), None)
    rollout = submission.rollout.rollout
    return why_not_unplanned(rule=standing.rule, person=who, rollout=rollout, reason=reason, due=now.due, at=at)


def _halted(standing: LookStanding) -> str:
    if standing.replay:
        return REPLAY_REACHES_NOBODY
    return ALREADY_SUSPENDED if standing.suspended_since else ""


# -- what is written -------------------------------------------------------------------------


def _written(
    now: LookNow, read: LookReading, *, begins: str, person: str, reason: str, at: datetime, workplace: Workplace
) -> LookTaken:
    standing, rollout = now.standing, now.standing.submission.rollout.rollout
    state = read.decision.state
    final = now.number == len(standing.protocol.planned_looks)
    told = told_to_team(state, rule=standing.rule, binding=_binds(standing), final=final)
    said = read.decision.sentence if told == str(state) else words.for_team(begins=begins)
    notes = _notes(now, read.sites, at)
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        if (known := look_reading.look_at(tx.session, rollout=rollout, data=now.tables.data)) is not None:
            return _again(known)
        if len(standing_in(tx.session, submission=standing.submission).held) != len(standing.held):
            raise CannotLook("Another look was taken in this moment; ask again.")
        row = Look(
            rollout=rollout,
            protocol=standing.protocol.digest,
            version=standing.version,
            number=now.number,
            information=now.information,
            planned=standing.protocol.planned_units,
            data=now.tables.data,
            sample_ratio="" if read.p is None else repr(read.p),
            outcome=state,
            told=told,
            sentence=" ".join([said, *notes]),
            statistics=json.dumps({**read.statistics, "sentence": read.decision.sentence, "notes": notes}),
            afterwards=standing.replay,
            person=person,
            reason=reason,
            at=at,
        )
        row.suspension = _stopped(tx, row, read, standing)
        _record(tx, row, standing)
    return LookTaken(
        look=row.id,
        rollout=rollout,
        number=row.number,
        told=row.told,
        sentence=row.sentence,
        suspension=row.suspension,
        asks=_asks(now, state),
        new=True,
    )


def _binds(standing: LookStanding) -> bool:
    futility = standing.protocol.futility
    return futility is not None and futility.binding


def _stopped(tx: Transaction, row: Look, read: LookReading, standing: LookStanding) -> str | None:
    """Suspend where the policy says so; the reason names the boundary and no number."""
    state, rule = read.decision.state, standing.rule
    harm = state is LookState.STOP_FOR_HARM and rule.on_harm == "suspend"
    futile = state is LookState.CROSSED_FUTILITY and rule.on_futility == "suspend"
    if standing.replay or not (harm or futile):
        return None
    why = f"the safety boundary of '{read.event}'" if harm else "a futility boundary"
    return halt(
        tx=tx, rollout=row.rollout, person=row.person, reason=f"A look crossed {why} (look {row.id[:8]}).", at=row.at
    )


def _record(tx: Transaction, row: Look, standing: LookStanding) -> None:
    """The log is read by the team as well: it names what they are told, and the statistics only under their seal."""
    tx.session.add(row)
    said = {"look": row.id, "number": row.number or 0, "told": row.told, "data": row.data}
    said |= {"information": row.information, "planned": row.planned, "version": row.version}
    tx.record(kind="look.taken", rollout=row.rollout, person=row.person, at=row.at, body=said)
    people = [
        one.id
        for one in standing.submission.people
        if set(standing.rule.board) & one.roles_at(rollout=row.rollout, at=row.at)
        and why_not_see(rule=standing.rule, person=one, rollout=row.rollout, at=row.at) is None
    ]
    told = {"look": row.id, "told": row.told, "people": people}
    tx.notify(kind="look.taken", rollout=row.rollout, gate=None, body=told, at=row.at)


def _notes(now: LookNow, sites: frozenset[str] | None, at: datetime) -> list[str]:
    """What is said beside the one sentence of a look: nothing of it is an outcome by arm."""
    standing, tables = now.standing, now.tables
    found = []
    if standing.replay:
        unit = standing.protocol.unit
        kept = tables.rows if tables.rows is not None else tables.whole
        found.append(words.on_replay(n=kept, whole=tables.whole, unit=unit))
    if now.due.passed:
        found.append(words.on_passed(now.due.passed))
    if standing.suspended_since:
        found.append(words.on_suspension(f"{standing.suspended_since:%Y-%m-%d %H:%M %Z}"))
    months = int((at - standing.since).days / DAYS_OF_A_MONTH) + 1 if standing.since else 1
    expected = [one.site for one in standing.protocol.sites if one.from_month <= months]
    if sites is not None and (silent := [one for one in expected if one not in sites]):
        found.append(words.on_silent(silent))
    return found


def _asks(now: LookNow, state: LookState) -> GateName | None:
    """A crossed efficacy boundary, and the end of the trial, ask for the pilot's gate; a stopped one asks nothing."""
    standing = now.standing
    final = now.number == len(standing.protocol.planned_looks) and state is LookState.CROSSED_FUTILITY
    crossed = state is LookState.CROSSED_EFFICACY or final
    asks = crossed and standing.rule.on_efficacy == "ask-gate" and not _halted(standing)
    return GateName.G2 if asks else None
