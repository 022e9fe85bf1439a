"""Who must sign, who may not, and whether those who signed fill every seat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from primum.roadmap.people import Person, Role
from primum.roadmap.policy import Applies, Policy, SeatRule
from primum.roadmap.rollout import Rollout
from primum.roadmap.stages import GateName


class Answer(StrEnum):
    """What a person may say on a seat."""

    APPROVE = "approve"
    REQUEST_EVIDENCE = "request-evidence"
    REJECT = "reject"


class Meaning(StrEnum):
    """What a signature stands for: a closed list (21 CFR 11.50)."""

    APPROVAL = "approval"
    REVIEW = "review"
    RESPONSIBILITY = "responsibility"
    AUTHORSHIP = "authorship"


SHORTEST_REASON = 20


@dataclass(frozen=True, kw_only=True)
class Seat:
    """One chair: a role, numbered when a policy wants several people of it."""

    role: Role
    number: int = 1
    other_organisation: bool = False


@dataclass(frozen=True, kw_only=True)
class Signature:
    """The part of a vote that the quorum needs."""

    person: Person
    role: Role
    answer: Answer
    shown_digest: str


def binds(*, applies: Applies, rollout: Rollout) -> bool:
    """Return whether a rule applies to this rollout's use, question and declarations; an empty list means always."""
    question = rollout.protocol.question if rollout.protocol else None
    wanted: tuple[tuple[Sequence[object], object], ...] = (
        (applies.use_cases, rollout.use.use_case),
        (applies.purposes, rollout.use.purpose),
        (applies.modes, rollout.use.mode),
        (applies.tiers, rollout.risk_tier),
        (applies.questions, question),
    )
    fits = all(not allowed or actual in allowed for allowed, actual in wanted)
    return fits and set(applies.declared) <= rollout.declares


def required_seats(*, policy: Policy, rollout: Rollout, gate: GateName) -> tuple[Seat, ...]:
    """Return every chair that must be filled before this gate is granted."""
    rules = [rule for rule in policy.seats if gate in rule.gates and binds(applies=rule.applies, rollout=rollout)]
    return tuple(seat for rule in rules for seat in _chairs(rule))


def _chairs(rule: SeatRule) -> tuple[Seat, ...]:
    role = Role(rule.role)
    return tuple(
        Seat(role=role, number=number, other_organisation=rule.other_organisation)
        for number in range(1, rule.people + 1)
    )


def why_not_sit(
    *,
    person: Person,
    role: Role,
    rollout: Rollout,
    seats: Sequence[Seat],
    requested_by: str,
    authors: frozenset[str],
    at: datetime,
) -> str | None:
    """Return the one reason this person may not sign on this role now, if there is one (P3)."""
    wanted = [seat for seat in seats if seat.role is role]
    if not wanted:
        roles = ", ".join(sorted({str(seat.role) for seat in seats})) or "none"
        return f"This gate has no seat for {role}; its seats are {roles}."
    if role not in person.roles_at(rollout=rollout.rollout, at=at):
        return f"{person.name} does not hold the role {role} for {rollout.rollout} at this time."
    if person.id == requested_by:
        return f"{person.name} asked for this gate and cannot sign it."
    if person.id in authors:
        return f"{person.name} is an author of the evidence and cannot sign on it."
    if rollout.rollout in person.conflicts or rollout.model.provider in person.conflicts:
        return f"{person.name} has declared a conflict of interest with this rollout."
    outside = all(seat.other_organisation for seat in wanted)
    if outside and person.organisation in {rollout.institution, rollout.model.provider}:
        return f"The seat {role} needs somebody from another organisation than {person.organisation} (V14)."
    return None


def matching(*, seats: Sequence[Seat], candidates: Mapping[str, frozenset[Role]]) -> dict[int, str]:
    """
    Return a largest assignment of people to seats, seat index to person id.

    One person fills one seat; augmenting paths (Kuhn 1955), so that a person with two roles never
    blocks a quorum that exists and never fills two chairs.
    """
    seated: dict[int, str] = {}
    for person in sorted(candidates):
        _seat(person, seats, candidates, seated, visited=set())
    return seated


def _seat(
    person: str,
    seats: Sequence[Seat],
    candidates: Mapping[str, frozenset[Role]],
    seated: dict[int, str],
    *,
    visited: set[int],
) -> bool:
    for index, seat in enumerate(seats):
        if index in visited or seat.role not in candidates[person]:
            continue
        visited.add(index)
        occupant = seated.get(index)
        if occupant is None or _seat(occupant, seats, candidates, seated, visited=visited):
            seated[index] = person
            return True
    return False


def empty_seats(*, seats: Sequence[Seat], signatures: Sequence[Signature], digest: str) -> tuple[Seat, ...]:
    """Return the chairs nobody has filled on this exact digest; empty means the quorum is complete."""
    candidates: dict[str, frozenset[Role]] = {}
    for signature in signatures:
        if signature.answer is Answer.APPROVE and signature.shown_digest == digest:
            roles = candidates.get(signature.person.id, frozenset())
            candidates[signature.person.id] = roles | {signature.role}
    seated = matching(seats=seats, candidates=candidates)
    return tuple(seat for index, seat in enumerate(seats) if index not in seated)


def why_not_reason(reason: str) -> str | None:
    """Return why a written reason is not enough, if it is not."""
    if len(reason.strip()) >= SHORTEST_REASON:
        return None
    return (
        f"A signature carries a reason of at least {SHORTEST_REASON} characters in your own words; "
        f"this one has {len(reason.strip())}."
    )
