"""Who must sign, who may not, and whether those who signed fill every seat."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from primum.roadmap.people import Person, Role
from primum.roadmap.policy import Applies, Policy
from primum.roadmap.rollout import Rollout
from primum.roadmap.signing_rules import Method, SeatRule
from primum.roadmap.stages import GATE_OF, NEXT_STAGE, GateName
from primum.roadmap.widening import Widening, reaches


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

LABELS: dict[Method, str] = {
    "click": "electronic approval, not a Part 11 signature",
    "step_up": "electronic signature, given after signing in again",
}
"""What a signature is called where it is shown (21 CFR 11.200)."""


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
    """Return every chair that must be filled before this gate is granted, by stage, tier and size of the widening."""
    widening = widening_behind(rollout=rollout, gate=gate)
    rules = [rule for rule in policy.seats if gate in rule.gates and binds(applies=rule.applies, rollout=rollout)]
    seats = [seat for rule in rules if reaches(rule=rule, widening=widening) for seat in _chairs(rule)]
    counted: Counter[Role] = Counter()
    for place, seat in enumerate(seats):
        counted[seat.role] += 1
        seats[place] = replace(seat, number=counted[seat.role])
    return tuple(seats)


def widening_behind(*, rollout: Rollout, gate: GateName) -> Widening | None:
    """Return how far the stage behind a gate reaches, where the rollout file says so."""
    stage = next((stage for stage, name in GATE_OF.items() if name is gate), None)
    return rollout.widening_of(NEXT_STAGE[stage]) if stage else None


def _chairs(rule: SeatRule) -> tuple[Seat, ...]:
    return tuple(Seat(role=rule.role, other_organisation=rule.other_organisation) for _ in range(rule.people))


def signature_method(*, policy: Policy, rollout: Rollout, gate: GateName) -> Method:
    """Return how this gate is signed: ``step_up`` where any rule that binds says so (21 CFR 11.200)."""
    rules = [rule for rule in policy.signatures if gate in rule.gates and binds(applies=rule.applies, rollout=rollout)]
    return "step_up" if any(rule.method == "step_up" for rule in rules) else "click"


def is_independent(*, policy: Policy, rollout: Rollout, gate: GateName) -> bool:
    """Return whether the people of this gate answer without seeing each other's answers."""
    rules = [rule for rule in policy.reviews if gate in rule.gates and binds(applies=rule.applies, rollout=rollout)]
    return any(rule.review == "independent" for rule in rules)


def insiders(rollout: Rollout) -> frozenset[str]:
    """Return the organisations whose people are not independent of this rollout (V14)."""
    return frozenset({rollout.institution, rollout.model.provider})


def why_not_sit(
    *,
    person: Person,
    role: Role,
    rollout: Rollout,
    seats: Sequence[Seat],
    requested_by: str,
    authors: frozenset[str],
    at: datetime,
    editors: frozenset[str] = frozenset(),
    conflicted: frozenset[str] = frozenset(),
) -> str | None:
    """
    Return the one reason this person may not sign on this role now, if there is one (P3).

    ``editors`` wrote the policy; ``conflicted`` declared an interest besides those of people.yaml.
    """
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
    if person.id in editors:
        return f"{person.name} wrote or changed the policy of this gate and cannot sign by it."
    if is_conflicted(person=person, rollout=rollout, declared=conflicted):
        return f"{person.name} has declared a conflict of interest with this rollout."
    outside = all(seat.other_organisation for seat in wanted)
    if outside and person.organisation in insiders(rollout):
        return f"The seat {role} needs somebody from another organisation than {person.organisation} (V14)."
    return None


def is_conflicted(*, person: Person, rollout: Rollout, declared: frozenset[str] = frozenset()) -> bool:
    """Return whether a person has an interest in a rollout, declared in people.yaml or since."""
    return person.id in declared or bool({rollout.rollout, rollout.model.provider} & set(person.conflicts))


def matching(
    *, seats: Sequence[Seat], candidates: Mapping[str, frozenset[Role]], inside: frozenset[str] = frozenset()
) -> dict[int, str]:
    """
    Return a largest assignment of people to seats, seat index to person id.

    Those ``inside`` do not fill a seat for another organisation.

    One person fills one seat; augmenting paths (Kuhn 1955), so that a person with two roles never
    blocks a quorum that exists and never fills two chairs.
    """
    seated: dict[int, str] = {}
    for person in sorted(candidates):
        _seat(person, seats, candidates, seated, inside=inside, visited=set())
    return seated


def _seat(
    person: str,
    seats: Sequence[Seat],
    candidates: Mapping[str, frozenset[Role]],
    seated: dict[int, str],
    *,
    inside: frozenset[str],
    visited: set[int],
) -> bool:
    for index, seat in enumerate(seats):
        fits = seat.role in candidates[person] and not (seat.other_organisation and person in inside)
        if index in visited or not fits:
            continue
        visited.add(index)
        occupant = seated.get(index)
        if occupant is None or _seat(occupant, seats, candidates, seated, inside=inside, visited=visited):
            seated[index] = person
            return True
    return False


def empty_seats(
    *, seats: Sequence[Seat], signatures: Sequence[Signature], digest: str, inside: frozenset[str] = frozenset()
) -> tuple[Seat, ...]:
    """
    Return the chairs nobody has filled on this exact digest; empty means the quorum is complete.

    ``inside`` are the organisations whose people do not fill a seat for another one (V14).
    """
    candidates: dict[str, frozenset[Role]] = {}
    within = frozenset(one.person.id for one in signatures if one.person.organisation in inside)
    for signature in signatures:
        if signature.answer is Answer.APPROVE and signature.shown_digest == digest:
            roles = candidates.get(signature.person.id, frozenset())
            candidates[signature.person.id] = roles | {signature.role}
    seated = matching(seats=seats, candidates=candidates, inside=within)
    return tuple(seat for index, seat in enumerate(seats) if index not in seated)


def why_not_reason(reason: str) -> str | None:
    """Return why a written reason is not enough, if it is not."""
    if len(reason.strip()) >= SHORTEST_REASON:
        return None
    return (
        f"A signature carries a reason of at least {SHORTEST_REASON} characters in your own words; "
        f"this one has {len(reason.strip())}."
    )
