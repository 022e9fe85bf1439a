"""Interim looks: which one is due at the information there really is, what it comes to, and in which words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from primum.roadmap.look_rules import LookRule
from primum.roadmap.people import Person
from primum.roadmap.protocol import Protocol
from primum.roadmap.verdicts import Finding, Level, Outcome


class LookState(StrEnum):
    """What a look comes to; the order of a look is that of what may keep it from going on."""

    CONTINUE = "continue"
    STOP_FOR_HARM = "stop-for-harm"
    CROSSED_EFFICACY = "crossed-efficacy"
    CROSSED_FUTILITY = "crossed-futility"
    BLOCKED = "blocked"
    INSUFFICIENT = "insufficient"
    ERROR = "error"


READ_EFFICACY = frozenset({LookState.CONTINUE, LookState.CROSSED_EFFICACY, LookState.CROSSED_FUTILITY})
READ_SAFETY = READ_EFFICACY | {LookState.STOP_FOR_HARM}
TAKEN = "taken"
"""What the team is told of a look from which nothing follows, whatever the board saw."""


@dataclass(frozen=True, kw_only=True)
class LookFacts:
    """A look that was taken: its planned number (``None`` if nobody planned it), its information, what it came to."""

    number: int | None
    information: int
    state: LookState
    at: datetime

    @property
    def charged(self) -> bool:
        """True if efficacy was read, so that error was spent."""
        return self.state in READ_EFFICACY


@dataclass(frozen=True, kw_only=True)
class LookNumber:
    """
    Where a trial stands between its looks.

    ``number`` is the planned look that is due now, ``None`` before the next one, whose information is
    ``at``; ``passed`` are planned looks that the information overtook. ``ended`` is why none follows.
    """

    number: int | None
    at: int | None
    information: int
    passed: tuple[int, ...] = ()
    ended: str = ""


@dataclass(frozen=True, kw_only=True)
class LookDecision:
    """What a look came to, in one sentence that names no outcome by arm."""

    state: LookState
    sentence: str


def due_look(*, protocol: Protocol, information: int, taken: Sequence[LookFacts]) -> LookNumber:
    """
    Return which planned look is due at this information at the unit of randomisation, if one is.

    When data came in so late that several were passed, the last of them is due, once; those before are
    not made up for. A look that was blocked spent nothing and stays due.
    """
    planned, read = protocol.planned_looks, [one for one in taken if one.charged]
    last = max((one.number for one in read if one.number is not None), default=0)
    if last == len(planned):
        final = next(one for one in read if one.number == last)
        return LookNumber(number=None, at=None, information=information, ended=_ended(final, information))
    reached = [number for number in range(last + 1, len(planned) + 1) if information >= planned[number - 1]]
    if reached:
        return LookNumber(
            number=reached[-1], at=planned[reached[-1] - 1], information=information, passed=tuple(reached[:-1])
        )
    return LookNumber(number=None, at=planned[last], information=information)


def _ended(final: LookFacts, information: int) -> str:
    late = information - final.information
    more = f"; {late:,} outcomes that arrived since change no decision" if late > 0 else ""
    return f"The final look was taken on {final.at.date()} and all of the permitted error is spent{more}."


def number_now(*, protocol: Protocol, due: LookNumber, near: Fraction, taken: Sequence[LookFacts]) -> int | None:
    """Return the planned look that one taken now is: the due one, else the next if it is near; else none."""
    if due.number is not None or due.at is None:
        return due.number
    close = due.at - due.information <= near * protocol.planned_units
    following = protocol.planned_looks.index(due.at) + 1
    used = {one.number for one in taken if one.charged}
    return following if close and following not in used else None


def past_information(taken: Sequence[LookFacts], *, now: int) -> tuple[int, ...]:
    """Return the information at each look that was charged before this amount, in order."""
    return tuple(sorted({one.information for one in taken if one.charged and one.information < now}))


def ahead_of(*, protocol: Protocol, number: int | None, now: int, taken: Sequence[LookFacts]) -> tuple[int, ...]:
    """Return the information of the planned looks that follow one taken now."""
    planned, read = protocol.planned_looks, [one.number or 0 for one in taken if one.charged]
    last = max([number or 0, *read])
    return tuple(at for place, at in enumerate(planned, start=1) if place > last and at > now)


def why_late(*, rule: LookRule, since: datetime | None, at: datetime, zone: str) -> str | None:
    """
    Return that a look is late by the calendar, if it is; information decides, the calendar only says.

    Days are those of the institution's own calendar, so that a day of 23 or 25 hours is one day.
    """
    if rule.calendar_days is None or since is None:
        return None
    here = ZoneInfo(zone)
    days = (at.astimezone(here).date() - since.astimezone(here).date()).days
    if days <= rule.calendar_days:
        return None
    return f"No look was taken for {days} days; the policy asks for one within {rule.calendar_days}."


def why_not_unplanned(
    *, rule: LookRule, person: Person | None, rollout: str, reason: str, due: LookNumber, at: datetime
) -> str | None:
    """Return the one reason why this person may not ask for a look that nobody planned, if there is one."""
    here = f"{due.information:,} of {due.at:,}" if due.at is not None else f"{due.information:,}"
    if not reason.strip():
        return (
            f"No look is due at {here} units of information. One that nobody planned is charged; "
            "whoever wants it says why."
        )
    if person is None or not person.roles_at(rollout=rollout, at=at) & set(rule.unplanned_by):
        who = person.name if person else "Nobody"
        roles = ", ".join(rule.unplanned_by) or "nobody"
        return f"{who} may not ask for a look that nobody planned; the policy lets {roles} do it."
    return None


def told_to_team(state: LookState, *, rule: LookRule, binding: bool = False, final: bool = False) -> str:
    """
    Return the word by which a look is known to the team.

    Of a look that only advises the board the team learns that it was taken, and of one that goes on the
    same, so that neither can be told from the other. After the last look nothing is left to hide.
    """
    quiet = {LookState.CONTINUE}
    if rule.on_futility == "tell" and not binding:
        quiet.add(LookState.CROSSED_FUTILITY)
    return TAKEN if state in quiet and rule.blinded and not final else str(state)


def why_not_see(*, rule: LookRule, person: Person | None, rollout: str, at: datetime) -> str | None:
    """Return why somebody is shown no outcome by arm, if so: only those who are of the board and nothing else are."""
    if not rule.blinded:
        return None
    if person is None:
        return "Outcomes by arm are for the monitoring board; say who you are to see what is yours."
    held = person.roles_at(rollout=rollout, at=at)
    board = set(rule.board)
    if not held & board:
        return f"{person.name} is not of the monitoring board; outcomes are shown for all arms together."
    if held - board:
        other = ", ".join(sorted(held - board))
        return f"{person.name} is also {other}, so of the team; outcomes are shown for all arms together."
    if rollout in person.conflicts:
        return f"{person.name} has an interest in {rollout}; outcomes are shown for all arms together."
    return None


NO_OUTCOME = frozenset(
    {"sample_ratio", "sample_ratio_anytime", "sample_ratio_by_site", "trial_sites", "missing_outcomes"}
)
"""Metrics of a trial's table that tell no outcome by arm."""


def is_released(*, taken: Sequence[LookFacts], rule: LookRule, protocol: Protocol) -> bool:
    """Return whether outcomes by arm are out: a crossed boundary asked for the gate, or the final look was read."""
    final = len(protocol.planned_looks)
    crossed = any(one.state is LookState.CROSSED_EFFICACY for one in taken) and rule.on_efficacy == "ask-gate"
    return crossed or any(one.charged and one.number == final for one in taken)


def why_hidden(*, rule: LookRule | None, protocol: Protocol | None, taken: Sequence[LookFacts]) -> str:
    """
    Return why the gate of a pilot does not read outcomes by arm yet, if so (P2.3).

    A pilot with planned looks is read at these alone: whoever could evaluate it in between would see
    what the board keeps, and look more often than is charged.
    """
    if rule is None or protocol is None or not rule.blinded or not protocol.looks:
        return ""
    if is_released(taken=taken, rule=rule, protocol=protocol):
        return ""
    return "the comparison goes on, and outcomes by arm stay with the monitoring board until a look ends it"


def look_finding(*, rule: LookRule | None, protocol: Protocol | None, taken: Sequence[LookFacts]) -> Finding | None:
    """
    Return what the looks of a pilot say at its gate; ``None`` where none was planned (R2.2, R2.3).

    The gate follows the boundary that was charged for every look, planned or not.
    """
    if rule is None or protocol is None or not protocol.looks:
        return None
    last = max((one for one in taken if one.state in READ_SAFETY), key=lambda one: one.at, default=None)
    if last is None or not (last.state is LookState.STOP_FOR_HARM or _ends(last, protocol)):
        return _finding(Outcome.INSUFFICIENT, "No look has ended the comparison yet; `primum look due` says when.")
    at = f"the look at {last.information:,} {protocol.unit}s"
    if last.state is LookState.CROSSED_EFFICACY:
        return _finding(Outcome.PASS, f"The efficacy boundary was crossed at {at}, every look charged.")
    if last.state is LookState.STOP_FOR_HARM:
        return _finding(Outcome.FAIL, f"A safety boundary was crossed at {at}.")
    return _finding(Outcome.FAIL, f"The comparison ended at {at} without crossing its last boundary.")


def _ends(look: LookFacts, protocol: Protocol) -> bool:
    return look.state is LookState.CROSSED_EFFICACY or look.number == len(protocol.planned_looks)


def _finding(outcome: Outcome, sentence: str) -> Finding:
    return Finding(
        check="looks",
        kind="protocol",
        outcome=outcome,
        level=Level.MANDATORY,
        sentence=sentence,
        requirements=("R2.2", "R2.3"),
    )
