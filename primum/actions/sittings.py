"""A gate at one moment, with everything that says who may sign it and which of its seats are still empty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from primum.actions import change_release
from primum.actions.submission import Submission
from primum.ledger import reading, signing_reading
from primum.ledger.signing_tables import Delegation
from primum.ledger.tables import Gate, Vote
from primum.roadmap.delegations import StandIn
from primum.roadmap.gates import GateState
from primum.roadmap.people import Person, Role
from primum.roadmap.seats import (
    Answer,
    Seat,
    Signature,
    empty_seats,
    insiders,
    is_conflicted,
    is_independent,
    required_seats,
    signature_method,
    why_not_sit,
)
from primum.roadmap.stages import GateName


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """One gate at one moment: who has signed, who stands in for whom, who may not sign at all."""

    gate: Gate
    given: Sequence[Vote]
    submission: Submission
    at: datetime
    stand_ins: tuple[StandIn, ...]
    conflicted: frozenset[str]
    editors: frozenset[str]
    declared: Mapping[str, datetime]
    authors: frozenset[str] = frozenset()

    @property
    def seats(self) -> tuple[Seat, ...]:
        """The chairs of the gate."""
        return seats_of(gate=self.gate, submission=self.submission)

    def why_not_sit(self, person: Person, role: Role) -> str | None:
        """Return the one reason somebody may not take a seat of this role in their own right."""
        return why_not_sit(
            person=person,
            role=role,
            rollout=self.submission.rollout,
            seats=self.seats,
            requested_by=self.gate.requested_by or "",
            authors=self.submission.authors | self.authors,
            at=self.at,
            editors=self.editors,
            conflicted=self.conflicted,
        )

    def stands_in(self, deputy: Person, role: Role, person: str) -> bool:
        """Return whether somebody is the deputy of a person on a role here and now."""
        return any(
            one.person == person and one.deputy == deputy.id and one.role is role and self._counts(one)
            for one in self.stand_ins
        )

    def deputies_of(self, person: str, role: Role) -> tuple[str, ...]:
        """Return who stands in for a person on a role here and now."""
        return tuple(
            one.deputy for one in self.stand_ins if one.person == person and one.role is role and self._counts(one)
        )

    def _counts(self, one: StandIn) -> bool:
        return one.covers(self.gate.rollout) and one.in_force(self.at)


def sitting_of(*, gate: Gate, submission: Submission, at: datetime, session: Session) -> Sitting:
    """Return a gate as it stands at a moment, with everything that says who may sign it."""
    declared = signing_reading.conflicts(session, rollout=gate.rollout, ever=True)
    return Sitting(
        gate=gate,
        given=reading.votes(session, gate=gate.id),
        submission=submission,
        at=at,
        stand_ins=tuple(stand_in_of(row) for row in signing_reading.delegations(session, at=at)),
        conflicted=frozenset(row.person for row in declared if row.withdrawn_at is None),
        declared={row.person: row.declared_at for row in declared},
        editors=frozenset(submission.policy.editors) | signing_reading.policy_changers(session, rollout=gate.rollout),
        authors=change_release.authors_behind(session, gate=gate),
    )


def stand_in_of(row: Delegation) -> StandIn:
    """Return a row of the ledger as the rules need it."""
    return StandIn(
        id=row.id,
        role=Role(row.role),
        rollouts=tuple(row.rollouts),
        person=row.person,
        deputy=row.deputy,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        revoked_at=row.revoked_at,
    )


def seats_of(*, gate: Gate, submission: Submission) -> tuple[Seat, ...]:
    """Return the seats of a gate."""
    return required_seats(policy=submission.policy, rollout=submission.rollout, gate=GateName(gate.name))


def gate_name_of(gate: str) -> GateName:
    """Return the name in a gate's id: ``my-rollout.G2.1`` is a ``G2``."""
    return GateName(gate.split(".")[1])


def needs_step_up(*, gate: str, submission: Submission) -> bool:
    """Return whether a gate, given by id, is signed only after showing again who one is (21 CFR 11.200)."""
    method = signature_method(policy=submission.policy, rollout=submission.rollout, gate=gate_name_of(gate))
    return method == "step_up"


def is_blinded(*, gate: Gate, submission: Submission) -> bool:
    """Return whether the answers of a gate are still hidden from its people, until it is decided."""
    independent = is_independent(policy=submission.policy, rollout=submission.rollout, gate=GateName(gate.name))
    return independent and gate.state == GateState.AWAITING_SEATS


def signatures_of(*, sitting: Sitting) -> tuple[Signature, ...]:
    """
    Return the votes as signatures of people who still hold the role they signed in and may sign at all (P3).

    A signature given before an interest was declared counts no more, even once the interest is withdrawn.
    """
    known = {person.id: person for person in sitting.submission.people}
    rollout = sitting.submission.rollout
    return tuple(
        Signature(
            person=known[vote.person],
            role=Role(vote.seat),
            answer=Answer(vote.answer),
            shown_digest=vote.shown_digest,
        )
        for vote in sitting.given
        if vote.person in known
        and Role(vote.seat) in known[vote.person].roles_at(rollout=rollout.rollout, at=sitting.at)
        and not is_conflicted(person=known[vote.person], rollout=rollout, declared=sitting.conflicted)
        and not (vote.person in sitting.declared and vote.at <= sitting.declared[vote.person])
    )


def still_empty(*, sitting: Sitting, also: Sequence[Signature] = ()) -> tuple[Seat, ...]:
    """Return the seats nobody who is still authorised has signed on the gate's own digest; ``also`` counts as given."""
    return empty_seats(
        seats=sitting.seats,
        signatures=[*signatures_of(sitting=sitting), *also],
        digest=sitting.gate.subject_digest or "",
        inside=insiders(sitting.submission.rollout),
    )


def unanswered(*, sitting: Sitting) -> tuple[Seat, ...]:
    """Return the seats on which nobody who is still authorised has given any answer."""
    said = [replace(one, answer=Answer.APPROVE) for one in signatures_of(sitting=sitting)]
    digest = sitting.gate.subject_digest or ""
    inside = insiders(sitting.submission.rollout)
    return empty_seats(seats=sitting.seats, signatures=said, digest=digest, inside=inside)
