"""What a form shows to one person, filled from the ledger: when it opens, and again when it comes back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlmodel import Session

from primum.actions import reporting, voting
from primum.actions.submission import Submission
from primum.chat.gate_views import subject_of, tally_of, unmet_of
from primum.chat.office import Office
from primum.chat.rendering.buttons import Deed, short
from primum.chat.rendering.form_views import Colleague, FormView, SeatChoice
from primum.chat.rendering.views import Subject
from primum.chat.rendering.wording import tally_words
from primum.ledger import reading
from primum.ledger.tables import Gate
from primum.roadmap.people import Person
from primum.roadmap.seats import Answer
from primum.roadmap.suppression import publishable

ANSWERS = {
    Deed.APPROVE: Answer.APPROVE,
    Deed.REJECT: Answer.REJECT,
    Deed.REQUEST_EVIDENCE: Answer.REQUEST_EVIDENCE,
}
UNKNOWN_GATE = "This gate is not known here any more; open the board on the page."


class CannotAsk(Exception):
    """No form is shown or accepted; the message is shown to the person. ``calm`` if they have signed before."""

    def __init__(self, sentence: str, *, calm: bool = False) -> None:
        super().__init__(sentence)
        self.calm = calm


def shown_digest(*, subject: Subject, gate: Gate) -> str:
    """Return the whole digest of what a click was about if it is the gate's, else what was shown."""
    whole = gate.subject_digest or ""
    ours = subject_of(gate=gate.id, revision=gate.revision, digest=whole)
    same = gate.revision == subject.revision and short(ours.digest) == subject.digest
    return whole if same else subject.digest


def asking_for(
    *, deed: Deed, subject: Subject, person: str, submission: Submission, at: datetime, zone: str, office: Office
) -> FormView:
    """
    Return the form of one deed for one person, or say why there is none: the same sentences as every entrance.

    :raises CannotAsk: with the one reason
    :raises UnknownPerson: if people.yaml does not have the person
    """
    who = submission.person(person)
    with office.workplace.ledger.reading() as session:
        gate = reading.gate(session, gate=subject.gate)
        if gate is None:
            raise CannotAsk(UNKNOWN_GATE)
        shown = shown_digest(subject=subject, gate=gate)
        seats = _seats(deed, gate.id, shown, person=person, submission=submission, at=at, session=session)
        evaluation = reporting.evaluation_of(gate=gate, session=session)
    verdict = publishable(evaluation, smallest_cell=submission.policy.smallest_cell).verdict
    return FormView(
        deed=deed,
        subject=subject_of(gate=gate.id, revision=gate.revision, digest=gate.subject_digest or ""),
        title=submission.rollout.title,
        recommendation=verdict.outcome,
        summary=tally_words(tally_of(verdict)),
        person=person,
        printed_name=who.name,
        seats=seats,
        page=office.gate_page(gate.id),
        unmet=unmet_of(verdict, rules=submission.policy.criteria) if deed is Deed.APPROVE else (),
        step_up=voting.needs_step_up(gate=gate.id, submission=submission),
        sites=tuple(site.id for site in submission.sites),
        colleagues=_colleagues(deed, who, seats, submission, at),
        latest=_latest(submission, at, zone) if deed is Deed.DELEGATE else None,
    )


def _seats(
    deed: Deed, gate: str, shown: str, *, person: str, submission: Submission, at: datetime, session: Session
) -> tuple[SeatChoice, ...]:
    """The seats the person may answer on, or hand on; if there is none, the reason is raised."""
    reason = voting.why_not_begin(
        gate=gate,
        person=person,
        shown_digest=shown,
        submission=submission,
        at=at,
        session=session,
        answer=ANSWERS.get(deed),
    )
    if reason:
        calm = any(person in (vote.person, vote.on_behalf_of) for vote in reading.votes(session, gate=gate))
        raise CannotAsk(reason, calm=calm)
    offers = voting.seats_for(person=person, gate=gate, submission=submission, at=at, session=session)
    seats = tuple(
        SeatChoice(role=one.role, on_behalf_of=one.on_behalf_of or "", on_behalf_name=one.on_behalf_name)
        for one in offers
        if deed is not Deed.DELEGATE or not one.on_behalf_of
    )
    if not seats:
        raise CannotAsk("You stand in for somebody here and hold no seat of your own; it cannot be handed on.")
    return seats


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name; UTC where the name is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def end_of(day: date, *, zone: str) -> datetime:
    """Return when a day ends where a person is."""
    return datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)) + timedelta(days=1)


def _latest(submission: Submission, at: datetime, zone: str) -> date:
    """The last day that ends within what the policy allows."""
    most = timedelta(days=submission.policy.delegation.longest_days)
    return (at + most).astimezone(zone_of(zone)).date() - timedelta(days=1)


def _colleagues(
    deed: Deed, who: Person, seats: Sequence[SeatChoice], submission: Submission, at: datetime
) -> tuple[Colleague, ...]:
    others = [one for one in submission.people if one.id != who.id]
    rollout = submission.rollout.rollout
    if deed is Deed.DELEGATE:
        return tuple(
            Colleague(person=one.id, name=one.name, role=seat.role)
            for one in others
            for seat in seats
            if seat.role in one.roles_at(rollout=rollout, at=at)
        )
    if deed is not Deed.APPROVE:
        return ()
    held = ((one, sorted(one.roles_at(rollout=rollout, at=at))) for one in others)
    return tuple(Colleague(person=one.id, name=one.name, role=roles[0] if roles else None) for one, roles in held)
