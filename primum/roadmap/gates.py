"""The states of a gate and the ways between them, as data (design.md section 5)."""

from enum import StrEnum


class GateState(StrEnum):
    """Where a gate stands."""

    COLLECTING = "collecting"
    HELD = "held"
    READY = "ready"
    AWAITING_SEATS = "awaiting-seats"
    GRANTED = "granted"
    APPLIED = "applied"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"


TRANSITIONS: dict[GateState, frozenset[GateState]] = {
    GateState.COLLECTING: frozenset({GateState.HELD, GateState.READY, GateState.VOID}),
    GateState.HELD: frozenset({GateState.VOID, GateState.EXPIRED}),
    GateState.READY: frozenset({GateState.AWAITING_SEATS, GateState.VOID, GateState.EXPIRED}),
    GateState.AWAITING_SEATS: frozenset(
        {GateState.GRANTED, GateState.REJECTED, GateState.HELD, GateState.VOID, GateState.EXPIRED}
    ),
    GateState.GRANTED: frozenset({GateState.APPLIED, GateState.VOID, GateState.EXPIRED}),
    GateState.APPLIED: frozenset(),
    GateState.REJECTED: frozenset(),
    GateState.EXPIRED: frozenset(),
    GateState.VOID: frozenset(),
}

OPEN_STATES = frozenset(state for state, ways in TRANSITIONS.items() if ways)

MEANING = {
    GateState.COLLECTING: "evidence is being gathered",
    GateState.HELD: "the evidence does not meet the policy",
    GateState.READY: "the evidence meets the policy",
    GateState.AWAITING_SEATS: "people are asked to sign",
    GateState.GRANTED: "every seat has signed",
    GateState.APPLIED: "the rollout moved on",
    GateState.REJECTED: "a person said no",
    GateState.EXPIRED: "nobody decided in time",
    GateState.VOID: "something it was bound to changed",
}


class WrongWay(Exception):
    """A gate was asked to go where the table does not lead; the message is shown to the person."""


def why_not_move(*, now: GateState, then: GateState) -> str | None:
    """Return why a gate cannot go from one state to another, if it cannot."""
    if then in TRANSITIONS[now]:
        return None
    ways = ", ".join(sorted(TRANSITIONS[now])) or "nothing: it is final"
    return f"The gate is {now} ({MEANING[now]}) and cannot become {then}; what can follow is {ways}."
