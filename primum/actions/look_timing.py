"""Whether a look is due: how much is known at the unit of randomisation, and where that stands in the plan."""

from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from primum.actions.look_counts import LookTables, information_now, tables_now
from primum.actions.look_standing import LookStanding, standing_of_looks
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.evidence.trials.look_bounds import Price, price_of
from primum.integrations.figures_flow import few
from primum.roadmap.looks import LookNumber, ahead_of, due_look, number_now, why_late


@dataclass(frozen=True, kw_only=True)
class LookNow:
    """What is looked at now: standing, tables, information, the number it has and whether one is due."""

    standing: LookStanding
    tables: LookTables
    information: int
    due: LookNumber
    number: int | None


@dataclass(frozen=True, kw_only=True)
class LookDue:
    """
    Whether a look is due: its number, or the next one's information, and what one taken now would cost.

    ``information`` is ``None`` while fewer outcomes are known than the policy lets out (P9); ``passed`` are
    planned looks that the information overtook.
    """

    rollout: str
    number: int | None
    at: int | None
    information: int | None
    planned: int
    unit: str
    passed: tuple[int, ...]
    sentence: str
    late: str | None
    price: Price | None


def look_due(*, submission: Submission, at: datetime, workplace: Workplace) -> LookDue:
    """
    Say whether a look is due, from how many outcomes are known; no arm is looked at.

    :raises CannotLook: if none may be taken
    :raises NothingToCount: if there is no table of the trial
    """
    now = look_now(submission=submission, standing=standing_of_looks(submission=submission, workplace=workplace))
    return as_due(now, at=at)


def as_due(now: LookNow, *, at: datetime) -> LookDue:
    """Return the same of what was read already."""
    standing = now.standing
    submission, protocol, held = standing.submission, standing.protocol, standing.held
    since = held[-1].at if held else standing.since
    late = None
    if now.due.number is None and not now.due.ended:
        late = why_late(rule=standing.rule, since=since, at=at, zone=submission.timezone)
    return LookDue(
        rollout=submission.rollout.rollout,
        number=now.due.number,
        at=now.due.at,
        information=None if 0 < now.information < submission.policy.smallest_cell else now.information,
        planned=protocol.planned_units,
        unit=protocol.unit,
        passed=now.due.passed,
        sentence=_in_words(now),
        late=late,
        price=_price(now) if now.number is None and not now.due.ended else None,
    )


def look_now(*, submission: Submission, standing: LookStanding) -> LookNow:
    """
    Return what would be looked at now. A finished trial is looked at one look after the other, each on its first rows.

    :raises NothingToCount: if there is no table of the trial
    """
    protocol, taken = standing.protocol, standing.taken
    tables = tables_now(submission=submission, protocol=protocol)
    information = information_now(tables)
    due = due_look(protocol=protocol, information=information, taken=taken)
    near = Fraction(standing.rule.near)
    if standing.replay and due.number is not None:
        tables, due = _afterwards(tables, due, near * protocol.planned_units)
        information = information_now(tables) if tables.rows is not None else information
    number = number_now(protocol=protocol, due=due, near=near, taken=taken)
    return LookNow(standing=standing, tables=tables, information=information, due=due, number=number)


def _afterwards(tables: LookTables, due: LookNumber, near: Fraction) -> tuple[LookTables, LookNumber]:
    number = due.passed[0] if due.passed else due.number
    assert number is not None
    at = tables.protocol.planned_looks[number - 1]
    cut = replace(tables, rows=at) if due.information - at > near else tables
    return cut, LookNumber(number=number, at=at, information=due.information)


def _in_words(now: LookNow) -> str:
    due, protocol = now.due, now.standing.protocol
    seen = few(now.information, now.standing.submission.policy.smallest_cell)
    here = f"{seen} of {protocol.planned_units:,} {protocol.unit}s have a known outcome"
    if due.ended:
        return f"{here}. {due.ended}"
    if due.number is not None:
        return f"{here}: look {due.number} of {len(protocol.planned_looks)}, planned at {due.at:,}, is due."
    return f"{here}; the next look is planned at {due.at:,}."


def _price(now: LookNow) -> Price | None:
    standing = now.standing
    past = tuple(one for one in standing.bounds if one.information < now.information)
    if not now.information or len(past) < len(standing.bounds):
        return None
    ahead = ahead_of(protocol=standing.protocol, number=None, now=now.information, taken=standing.taken)
    return price_of(protocol=standing.protocol, past=past, now=now.information, ahead=ahead)
