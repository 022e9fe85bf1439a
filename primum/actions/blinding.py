"""Who is shown what of the looks: the monitoring board by arm, everybody else all arms together (policy `looks`)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from primum.actions.consort import PilotFlow, pilot_flow
from primum.actions.look_standing import statistics_of
from primum.actions.looks_held import facts_of
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.evidence.trials.sequential import LookResult
from primum.evidence.trials.trial_arms import ARMS
from primum.integrations.figures_flow import few
from primum.ledger import look_reading, signing_reading
from primum.ledger.look_tables import Look
from primum.roadmap.looks import is_released, why_not_see
from primum.roadmap.people import Person
from primum.roadmap.protocol import Protocol

NO_RULE = "The policy does not say who may see outcomes by arm, so nobody is shown them."
HIDDEN = "too few to show"


@dataclass(frozen=True, kw_only=True)
class ArmSeen:
    """Events and units of one arm, in words that hide small groups."""

    name: str
    events: str
    n: str


@dataclass(frozen=True, kw_only=True)
class SafetySeen:
    """One safety boundary at a look."""

    name: str
    seen: float
    boundary: float | None
    stops: bool
    arms: tuple[ArmSeen, ...]


@dataclass(frozen=True, kw_only=True)
class BoardSeen:
    """What only the board sees of a look; efficacy is unknown where the look ended before it."""

    state: str
    sentence: str
    arms: tuple[ArmSeen, ...]
    safety: tuple[SafetySeen, ...]
    efficacy: Mapping[str, Any] | None
    price: Mapping[str, float] | None


@dataclass(frozen=True, kw_only=True)
class LookView:
    """
    One look as one reader may see it; ``board`` is ``None`` for the team.

    ``pooled`` is the primary endpoint of all arms together, in words, where the look read it.
    """

    id: str
    number: int | None
    information: int
    planned: int
    at: datetime
    by: str
    reason: str
    told: str
    sentence: str
    sample_ratio: float | None
    pooled: str
    suspension: str | None
    afterwards: bool
    board: BoardSeen | None


@dataclass(frozen=True, kw_only=True)
class LooksView:
    """
    The looks of a rollout as one reader may see them.

    ``why_blinded`` is the sentence for a reader who sees no arms, else empty; ``results`` are what is drawn
    against the boundaries, for the board.
    """

    rollout: str
    title: str
    unit: str
    planned: tuple[int, ...]
    why_blinded: str
    looks: tuple[LookView, ...]
    results: tuple[LookResult, ...]
    flow: PilotFlow
    smallest_cell: int


def looks_view(*, submission: Submission, person: Person | None, at: datetime, workplace: Workplace) -> LooksView:
    """
    Return the looks of a rollout as this person may see them; every entrance asks here.

    ``None`` is somebody whom nobody knows: they see what the team sees.
    """
    rollout, protocol = submission.rollout, submission.rollout.protocol
    with workplace.ledger.reading() as session:
        rows = look_reading.looks(session, rollout=rollout.rollout)
        why = _why_blinded(session, submission, rows, person, at)
        newest = next((statistics_of(one) for one in reversed(rows) if "flow" in statistics_of(one)), {})
        flow = PilotFlow(people=None, words="No protocol is declared.")
        if protocol is not None:
            flow = pilot_flow(
                rollout=rollout.rollout,
                protocol=protocol,
                statistics=newest,
                blinded=bool(why),
                session=session,
                workplace=workplace,
            )
    names = {one.id: one.name for one in submission.people}
    smallest = submission.policy.smallest_cell
    looks = tuple(_view(one, protocol, names=names, smallest=smallest, blinded=bool(why)) for one in rows)
    return LooksView(
        rollout=rollout.rollout,
        title=rollout.title,
        unit=protocol.unit if protocol else "unit",
        planned=protocol.planned_looks if protocol else (),
        why_blinded=why,
        looks=looks,
        results=() if why else results_of(rows),
        flow=flow,
        smallest_cell=smallest,
    )


def _why_blinded(
    session: Session, submission: Submission, rows: Sequence[Look], person: Person | None, at: datetime
) -> str:
    rule, protocol, rollout = submission.policy.looks, submission.rollout.protocol, submission.rollout.rollout
    if rule is None:
        return NO_RULE
    taken = [facts_of(one) for one in rows if protocol is not None and one.protocol == protocol.digest]
    if protocol is not None and is_released(taken=taken, rule=rule, protocol=protocol):
        return ""
    declared = {one.person for one in signing_reading.conflicts(session, rollout=rollout)}
    if rule.blinded and person is not None and person.id in declared:
        return f"{person.name} has declared an interest in {rollout}; outcomes are shown for all arms together."
    return why_not_see(rule=rule, person=person, rollout=rollout, at=at) or ""


def results_of(rows: Sequence[Look]) -> tuple[LookResult, ...]:
    """Return the looks that read efficacy with their bounds, and those still planned as the last one had them."""
    read = [(one, seen) for one in rows if (seen := statistics_of(one).get("efficacy"))]
    if not read:
        return ()
    held = [
        _result(place, one.information, one.planned, seen | {"planned": one.number is not None})
        for place, (one, seen) in enumerate(read, start=1)
    ]
    planned = read[-1][0].planned
    ahead = [
        _result(len(held) + place, int(one["information"]), planned, one | {"z": None, "planned": True})
        for place, one in enumerate(read[-1][1]["ahead"], start=1)
    ]
    return tuple(one for one in (*held, *ahead) if math.isfinite(one.boundary))


def _result(number: int, information: int, planned: int, seen: Mapping[str, Any]) -> LookResult:
    return LookResult(
        number=number,
        information=information,
        fraction=information / planned,
        boundary=math.inf if seen["boundary"] is None else float(seen["boundary"]),
        z=seen["z"],
        reached=seen["z"] is not None,
        planned=bool(seen["planned"]),
        futility=seen["futility"],
    )


# -- one look --------------------------------------------------------------------------------


def _view(row: Look, protocol: Protocol | None, *, names: Mapping[str, str], smallest: int, blinded: bool) -> LookView:
    seen = statistics_of(row)
    return LookView(
        id=row.id,
        number=row.number,
        information=row.information,
        planned=row.planned,
        at=row.at,
        by=names.get(row.person, "Primum"),
        reason=row.reason,
        told=row.told,
        sentence=row.sentence,
        sample_ratio=float(row.sample_ratio) if row.sample_ratio else None,
        pooled=_pooled(seen, smallest),
        suspension=row.suspension,
        afterwards=row.afterwards,
        board=None if blinded else _of_board(row, seen, protocol, smallest),
    )


def _pooled(seen: Mapping[str, Any], smallest: int) -> str:
    primary = seen.get("primary")
    if not primary:
        return ""
    n, events = (sum(here[name] for here in primary["arms"].values()) for name in ("n", "events"))
    return HIDDEN if n < smallest else f"{few(events, smallest)} of {n:,}"


def _of_board(row: Look, seen: Mapping[str, Any], protocol: Protocol | None, smallest: int) -> BoardSeen:
    arms = protocol.arms if protocol else ARMS
    named = {one.event: one.name for one in protocol.safety} if protocol else {}
    primary = seen.get("primary")
    return BoardSeen(
        state=row.outcome,
        sentence=" ".join([seen["sentence"], *seen["notes"]]),
        arms=_arms(primary["arms"], arms, smallest) if primary else (),
        safety=tuple(
            SafetySeen(
                name=named.get(one["event"], one["event"]),
                seen=one["seen"],
                boundary=one["boundary"],
                stops=one["stops"],
                arms=_arms(one["arms"], arms, smallest),
            )
            for one in seen.get("safety", ())
        ),
        efficacy=seen.get("efficacy"),
        price=seen.get("price"),
    )


def _arms(counts: Mapping[str, Mapping[str, int]], names: Sequence[str], smallest: int) -> tuple[ArmSeen, ...]:
    found = []
    for name, arm in zip(names, ARMS, strict=True):
        here = counts[arm]
        hidden = 0 < here["n"] < smallest
        found.append(
            ArmSeen(
                name=name,
                events=HIDDEN if hidden else f"{here['events']:,}",
                n=few(here["n"], smallest),
            )
        )
    return tuple(found)
