"""Who may say what on a gate now: the one list of reasons why not, for a click and for a whole answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from primum.actions.sittings import Sitting, still_empty
from primum.roadmap.conditions import Conditions, why_not_limit
from primum.roadmap.contingencies import ContingencyAsked, why_not_ask
from primum.roadmap.gates import GateState
from primum.roadmap.people import Person, Role
from primum.roadmap.seats import Answer, Meaning, Signature, why_not_reason


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """
    What a person says, and the digest of what they were shown when they said it.

    To approve with contingencies is to approve with a ``contingency``. ``stepped_up`` and ``intent``
    are set by ``voting.sign_intended`` alone.
    """

    role: Role
    answer: Answer
    meaning: Meaning
    reason: str
    shown_digest: str
    channel: str
    authentication: str
    zone: str
    contingency: ContingencyAsked | None = None
    conditions: Conditions | None = None
    on_behalf_of: str | None = None
    authenticated_at: datetime | None = None
    stepped_up: bool = False
    intent: str | None = None


@dataclass(frozen=True, kw_only=True)
class SeatOffer:
    """A seat a person could sign now: in their own right, or as the deputy of ``on_behalf_of``."""

    role: Role
    on_behalf_of: str | None = None
    on_behalf_name: str = ""


def seats_offered(*, sitting: Sitting, person: Person) -> tuple[SeatOffer, ...]:
    """Return the seats a person could sign at a sitting, their own first; none for one who has signed."""
    if why_done(sitting=sitting, person=person):
        return ()
    return tuple(offer for offer in _possible(sitting, person) if _why_not_offered(sitting, person, offer) is None)


def _possible(sitting: Sitting, person: Person) -> Iterator[SeatOffer]:
    roles = list(dict.fromkeys(seat.role for seat in sitting.seats))
    for role in roles:
        yield SeatOffer(role=role)
    names = {one.id: one.name for one in sitting.submission.people}
    for role in roles:
        for one in sitting.stand_ins:
            if sitting.stands_in(person, role, one.person) and one.role is role and one.person in names:
                yield SeatOffer(role=role, on_behalf_of=one.person, on_behalf_name=names[one.person])


def _why_not_offered(sitting: Sitting, person: Person, offer: SeatOffer) -> str | None:
    """Return the one reason a person may not sign on a seat, in their own right or for somebody else."""
    if reason := sitting.why_not_sit(person, offer.role):
        return reason
    return _why_not_for(sitting, person, offer) if offer.on_behalf_of else None


def _why_not_for(sitting: Sitting, person: Person, offer: SeatOffer) -> str | None:
    """Return the one reason a person may not sign for somebody else on a role."""
    absent = next((one for one in sitting.submission.people if one.id == offer.on_behalf_of), None)
    if absent is None:
        return f"Nobody in people.yaml has the id '{offer.on_behalf_of}'; one signs for somebody who is there."
    if not sitting.stands_in(person, offer.role, absent.id):
        return f"{absent.name} has not handed the seat {offer.role} to {person.name} at this time."
    if done := why_done(sitting=sitting, person=absent):
        return done
    return sitting.why_not_sit(absent, offer.role)


def why_done(*, sitting: Sitting, person: Person) -> str | None:
    """Return why a person's part at a gate is done, if it is: one person signs once, a deputy in their place."""
    for vote in sitting.given:
        if vote.person == person.id:
            return f"{person.name} has already signed gate {sitting.gate.id}; one person signs once."
        if vote.on_behalf_of == person.id:
            return f"{vote.printed_name} has signed gate {sitting.gate.id} for {person.name}; it is not signed twice."
    return None


def why_closed(*, sitting: Sitting, shown_digest: str) -> str | None:
    """Return why nobody can sign a gate now on what they were shown, if so."""
    gate = sitting.gate
    if gate.state != GateState.AWAITING_SEATS:
        return f"Gate {gate.id} is {gate.state}; only a gate that is awaiting seats can be signed."
    if gate.expires_at is not None and sitting.at >= gate.expires_at:
        return f"Gate {gate.id} was open until {gate.expires_at:%Y-%m-%d %H:%M %Z} and can no longer be signed."
    if shown_digest != gate.subject_digest:
        return "The evidence changed since it was shown; look at it again and then sign."
    return None


def why_taken(*, sitting: Sitting, person: Person, role: Role) -> str | None:
    """Return why an approval on this role would fill no seat, if it would not."""
    digest = sitting.gate.subject_digest or ""
    mine = Signature(person=person, role=role, answer=Answer.APPROVE, shown_digest=digest)
    if len(still_empty(sitting=sitting, also=(mine,))) < len(still_empty(sitting=sitting)):
        return None
    taken = [vote.printed_name for vote in sitting.given if vote.seat == role]
    return f"The seat {role} is already signed by {', '.join(taken)}; a second vote on one seat is refused."


def why_not_click(*, sitting: Sitting, person: Person, shown_digest: str, answer: Answer | None) -> str | None:
    """
    Return the one reason a person need not begin to answer: the part of the list that is known on a click.

    Where several seats are possible the first that is free decides; where none is, the seat they hold.
    """
    if reason := why_done(sitting=sitting, person=person) or why_closed(sitting=sitting, shown_digest=shown_digest):
        return reason
    offers = seats_offered(sitting=sitting, person=person)
    if not offers:
        return _why_no_seat(sitting, person)
    if answer is not Answer.APPROVE:
        return None
    taken = [why_taken(sitting=sitting, person=person, role=offer.role) for offer in offers]
    return None if None in taken else taken[0]


def _why_no_seat(sitting: Sitting, person: Person) -> str | None:
    held = person.roles_at(rollout=sitting.gate.rollout, at=sitting.at)
    mine = next((seat.role for seat in sitting.seats if seat.role in held), None)
    return sitting.why_not_sit(person, mine) if mine else _why_no_role(sitting, person)


def _why_no_role(sitting: Sitting, person: Person) -> str:
    """Return the sentence for somebody who holds no role that the gate asks for."""
    roles = ", ".join(dict.fromkeys(str(seat.role) for seat in sitting.seats)) or "none"
    return f"{person.name} holds no role that gate {sitting.gate.id} asks for at this time; its seats are {roles}."


def why_not_answer(*, sitting: Sitting, person: Person, ballot: Ballot) -> str | None:
    """Return the one reason a person may not give this answer now, apart from how it is signed."""
    offer = SeatOffer(role=ballot.role, on_behalf_of=ballot.on_behalf_of)
    return (
        why_done(sitting=sitting, person=person)
        or why_closed(sitting=sitting, shown_digest=ballot.shown_digest)
        or _why_stranger(sitting, person)
        or _why_not_offered(sitting, person, offer)
        or (why_taken(sitting=sitting, person=person, role=ballot.role) if ballot.answer is Answer.APPROVE else None)
        or why_not_reason(ballot.reason)
        or _why_not_leave(sitting, person, ballot)
    )


def _why_stranger(sitting: Sitting, person: Person) -> str | None:
    held = person.roles_at(rollout=sitting.gate.rollout, at=sitting.at)
    return None if any(seat.role in held for seat in sitting.seats) else _why_no_role(sitting, person)


def _why_not_leave(sitting: Sitting, person: Person, ballot: Ballot) -> str | None:
    """Contingencies and conditions belong to an approval."""
    if ballot.answer is not Answer.APPROVE:
        if ballot.contingency is None and ballot.conditions is None:
            return None
        return "Only an approval carries contingencies or conditions; leave them out, or approve."
    if ballot.contingency is not None:
        known = frozenset(one.id for one in sitting.submission.people)
        if reason := why_not_ask(asked=ballot.contingency, voter=person, known=known, at=sitting.at):
            return reason
    if ballot.conditions is None:
        return None
    sites = tuple(site.id for site in sitting.submission.sites)
    return why_not_limit(asked=ballot.conditions, sites=sites, at=sitting.at)
