"""Outputs shown without leave: found, recorded as deviations and safety events, reviewed by a safety officer (P4.6)."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path

from sqlmodel import Session

from primum.actions import incidents
from primum.actions.allocation import own_seed
from primum.actions.incident_basis import basis_at
from primum.actions.regulator_places import known_packs
from primum.actions.smallest_cells import smallest_cell_of, told_count
from primum.actions.workplace import Workplace
from primum.integrations import answers_compared, deviation_lists
from primum.integrations.answers import FOLDER as ANSWERS
from primum.integrations.answers_compared import OutputsRefused, OutputWithoutLeave
from primum.integrations.deviation_lists import FOLDER as LISTS
from primum.ledger import deviation_reading, reading, signing_reading
from primum.ledger.deviation_tables import Deviation
from primum.ledger.signing_tables import Incident
from primum.ledger.tables import RolloutRecord
from primum.roadmap.deviations import MEANING, DeviationKind, why_not_review
from primum.roadmap.incidents import Category, Harm, Severity
from primum.roadmap.people import Person
from primum.roadmap.rollout import Rollout
from primum.roadmap.shown_outputs import ShownOutputs

TABLES = frozenset({".parquet", ".csv"})
# What a log calls a site may be anything, and only names that we know enter the ledger (P9).
NOT_OURS = "unknown-site"
CHANNEL = "reconciliation"


class CannotReview(Exception):
    """The deviation stays open; the message is shown to the person."""


class NoLog(Exception):
    """There is no log of outputs to compare; the message says where it was expected."""


@dataclass(frozen=True, kw_only=True)
class Together:
    """The new deviations of one site, day and kind."""

    site: str
    day: str
    kind: DeviationKind
    digest: str
    outputs: tuple[OutputWithoutLeave, ...]


def record(
    *, rollout: str, outputs: Path, within: timedelta, person: str, at: datetime, workplace: Workplace
) -> tuple[str, ...]:
    """
    Hold a log of outputs against the answers and record what is new in it; return the ids of the deviations.

    The list of units is written in the data plane first and its keyed digest recorded with the counts, so that a
    process that is killed between them leaves a list that nobody cites and that is written again.

    :raises OutputsRefused: if the log cannot be read or lacks a column
    :raises ListNotKept: if the list cannot be written
    :raises SeedRefused: if the installation's secret is missing, broken or readable by others
    """
    folder, seed = workplace.home / LISTS / rollout, own_seed(workplace)
    found = _found(rollout, outputs, within, workplace)
    with workplace.ledger.reading() as session:
        known = deviation_lists.kept(digests=deviation_reading.digests(session, rollout=rollout), folder=folder)
    new = [one for one in found if (one.moment, one.site, one.unit) not in known]
    together = tuple(_together(new, rollout=rollout, seed=seed))
    for one in together:
        deviation_lists.keep(one.outputs, digest=one.digest, folder=folder)
    return _write(together, rollout=rollout, person=person, at=at, workplace=workplace) if together else ()


def record_declared(*, rollout: str, person: str, at: datetime, workplace: Workplace) -> tuple[str, ...]:
    """
    Do the same with the log that a rollout's file declares; without one, nothing.

    :raises NoLog: if it is declared and not there
    """
    with workplace.ledger.reading() as session:
        row = reading.rollout(session, rollout=rollout)
    declared = _declared(row) if row else None
    if row is None or declared is None:
        return ()
    found, within = _files(row, declared), timedelta(hours=declared.within_hours)
    made = [
        record(rollout=rollout, outputs=file, within=within, person=person, at=at, workplace=workplace)
        for file in found
    ]
    return tuple(id_ for ids in made for id_ in ids)


def record_every(*, person: str, at: datetime, workplace: Workplace) -> tuple[str, ...]:
    """
    Do the same for every rollout that declares a log; one that cannot be read keeps no other from being compared.

    :raises NoLog: when all are done, with what was amiss
    """
    with workplace.ledger.reading() as session:
        rollouts = [one.id for one in reading.rollouts(session)]
    made, amiss = list[str](), list[str]()
    for rollout in rollouts:
        try:
            made += record_declared(rollout=rollout, person=person, at=at, workplace=workplace)
        except (NoLog, OutputsRefused) as refused:
            amiss.append(f"{rollout}: {refused}")
    if amiss:
        raise NoLog(" ".join(amiss))
    return tuple(made)


def rollout_of(deviation: str, *, workplace: Workplace) -> str:
    """
    Return the rollout a deviation is of.

    :raises CannotReview: if there is no such deviation
    """
    with workplace.ledger.reading() as session:
        row = deviation_reading.deviation(session, deviation=deviation)
    if row is None:
        raise CannotReview(_none_such(deviation))
    return row.rollout


def review(
    *, deviation: str, person: Person, reason: str, at: datetime, workplace: Workplace, rollout: str | None = None
) -> None:
    """
    Say that a deviation was looked into, and what was found; only then may the rollout go on.

    :param rollout: only if it is one of this rollout's
    :raises CannotReview: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = deviation_reading.deviation(tx.session, deviation=deviation)
        if row is None or rollout not in (None, row.rollout):
            raise CannotReview(_none_such(deviation))
        tx.lock_rollout(row.rollout)
        tx.session.refresh(row)
        problem = why_not_review(
            person=person, rollout=row.rollout, reviewed=row.reviewed_at is not None, reason=reason, at=at
        )
        if problem:
            raise CannotReview(problem)
        row.reviewed_by, row.reviewed_at, row.reason = person.id, at, reason
        tx.session.add(row)
        said = {"deviation": row.id}
        tx.record(kind="deviation.reviewed", rollout=row.rollout, person=person.id, at=at, body=said)
        tx.notify(kind="deviation.reviewed", rollout=row.rollout, gate=None, body=said, at=at)


def _none_such(deviation: str) -> str:
    return f"There is no deviation '{deviation}'; `primum exposure deviations ROLLOUT` shows those there are."


@dataclass(frozen=True, kw_only=True)
class ShownDeviation:
    """A deviation as it may be told outside the data plane; ``incident`` is empty for an older one."""

    id: str
    site: str
    day: str
    kind: str
    outputs: str
    at: datetime
    reviewed_by: str | None
    reviewed_at: datetime | None
    reason: str | None
    incident: str

    def plain(self) -> dict[str, object]:
        """Return it by name."""
        return asdict(self)


def shown_deviations(*, rollout: str, workplace: Workplace) -> tuple[ShownDeviation, ...]:
    """Return the deviations of a rollout, the newest first; a small count is told as such and not as a number."""
    smallest = smallest_cell_of(rollout=rollout, workplace=workplace)
    with workplace.ledger.reading() as session:
        rows = deviation_reading.deviations(session, rollout=rollout)
        events = {one.id for one in signing_reading.incidents(session, rollout=rollout)}
    return tuple(
        ShownDeviation(
            id=row.id,
            site=row.site,
            day=row.day,
            kind=row.kind,
            outputs=told_count(row.outputs, smallest_cell=smallest),
            at=row.at,
            reviewed_by=row.reviewed_by,
            reviewed_at=row.reviewed_at,
            reason=row.reason,
            incident=row.id if row.id in events else "",
        )
        for row in rows
    )


def why_unreviewed(*, rollout: str, session: Session) -> str | None:
    """Return why a rollout may not move on for a deviation, if so: any that no safety officer reviewed."""
    waiting = deviation_reading.deviations(session, rollout=rollout, is_open=True)
    if not waiting:
        return None
    first = waiting[-1]
    return (
        f"Outputs were shown without leave at {first.site} on {first.day} (deviation {first.id}, {len(waiting)} "
        "open); a safety officer reviews each first."
    )


def _found(rollout: str, outputs: Path, within: timedelta, workplace: Workplace) -> tuple[OutputWithoutLeave, ...]:
    table = answers_compared.outputs_in(outputs)
    answers = workplace.home / ANSWERS
    return answers_compared.without_leave(outputs=table, answers=answers, rollout=rollout, within=within)


def _together(new: Sequence[OutputWithoutLeave], *, rollout: str, seed: bytes) -> list[Together]:
    def place(one: OutputWithoutLeave) -> tuple[str, str, bool]:
        return one.site, one.day, one.unasked

    listed = [(where, tuple(same)) for where, same in groupby(sorted(new, key=place), key=place)]
    return [
        Together(
            site=site,
            day=day,
            kind=DeviationKind.UNASKED if unasked else DeviationKind.REFUSED,
            digest=deviation_lists.digest_of(outputs, rollout=rollout, seed=seed),
            outputs=outputs,
        )
        for (site, day, unasked), outputs in listed
    ]


def _write(
    together: Sequence[Together], *, rollout: str, person: str, at: datetime, workplace: Workplace
) -> tuple[str, ...]:
    packs = known_packs(workplace)
    with workplace.ledger.transaction() as tx:
        if (registered := tx.lock_rollout(rollout)) is None:
            raise OutputsRefused(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")
        places = {str(site["id"]) for site in json.loads(registered.spec).get("sites", ())}
        known = deviation_reading.digests(tx.session, rollout=rollout)
        rows = [
            Deviation(
                rollout=rollout,
                site=one.site if one.site in places else NOT_OURS,
                day=one.day,
                kind=one.kind,
                outputs=len(one.outputs),
                digest=one.digest,
                person=person,
                at=at,
            )
            for one in together
            if one.digest not in known
        ]
        if not rows:
            return ()
        tx.session.add_all(rows)
        said = {"deviations": [row.id for row in rows], "safety_event": True}
        tx.record(kind="deviation.found", rollout=rollout, person=person, at=at, body=said)
        # A message says where, and no count: a small one could point at a patient.
        told = {"sites": sorted({row.site for row in rows}), "deviations": len(rows)}
        tx.notify(kind="deviation.found", rollout=rollout, gate=None, body=told, at=at)
        for row in rows:
            incidents.report_within(tx=tx, incident=_incident(tx.session, row), person=person, known=packs, at=at)
        return tuple(row.id for row in rows)


def _incident(session: Session, row: Deviation) -> Incident:
    """
    Return the safety event of a deviation, under the deviation's own id, so that there is one of each.

    Whether somebody was harmed is for people to say; until one grades it, it is a near miss of unknown harm.
    """
    # The end of the day: who had let the rollout in by then had let in what was shown on that day.
    there = datetime.combine(date.fromisoformat(row.day), time.max, tzinfo=UTC)
    moment = min(there, row.at)
    return Incident(
        id=row.id,
        rollout=row.rollout,
        site=row.site,
        severity=Severity.NEAR_MISS,
        harm=Harm.UNKNOWN,
        category=Category.USE,
        what=f"Output of the model was {MEANING[DeviationKind(row.kind)]}: a deviation from the protocol.",
        reporter=row.person,
        channel=CHANNEL,
        occurred_at=moment,
        reported_at=row.at,
        basis=basis_at(rollout=row.rollout, moment=moment, session=session),
    )


def _declared(record: RolloutRecord) -> ShownOutputs | None:
    return Rollout.model_validate(json.loads(record.spec)["rollout"]).outputs


def _files(record: RolloutRecord, declared: ShownOutputs) -> tuple[Path, ...]:
    place = Path(record.spec_path).parent / declared.log
    if place.is_dir():
        return tuple(sorted(path for path in place.iterdir() if path.suffix in TABLES))
    if not place.is_file():
        raise NoLog(f"The log of outputs is declared as `{declared.log}`, and nothing is there; put it back.")
    return (place,)
