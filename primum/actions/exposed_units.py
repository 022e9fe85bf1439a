"""Whom a suspended release had reached: a list in the data plane for looking back, and counts outside it (P9)."""

import json
from datetime import datetime, timedelta

from sqlmodel import Session

from primum.actions.workplace import Workplace
from primum.integrations.answers_listed import ListRefused, list_units, suppressed
from primum.ledger import incident_reading, reading, signing_reading
from primum.ledger.incident_tables import ExposedList
from primum.ledger.tables import Suspension

# For a rollout that was registered before a policy's smallest cell was kept with it.
SMALLEST_CELL = 10
# How far another machine's clock may be ahead of ours.
AHEAD = timedelta(minutes=5)


def list_exposed(*, suspension: str, person: str, at: datetime, workplace: Workplace) -> dict[str, str]:
    """
    List the units that were answered ``lmm`` since the stopped release began, once; return the counts that may be told.

    The list stays in the data plane, readable by its owner alone. A stop waits for none of this.

    :raises ListRefused: if there is no such suspension, or the list cannot be read or written
    """
    with workplace.ledger.reading() as session:
        row = signing_reading.suspension_by_id(session, suspension=suspension)
        if row is None:
            raise ListRefused(f"There is no suspension '{suspension}'.")
        if there := incident_reading.exposed_list(session, suspension=suspension):
            return dict(there.counts)
        since, bundle = _release_began(session, row)
        record = reading.rollout(session, rollout=row.rollout)
    smallest = int(json.loads(record.spec).get("smallest_cell", SMALLEST_CELL)) if record else SMALLEST_CELL
    # A stop is dated when it was asked for and counts once it is written; who was answered between is listed, too.
    name, until = f"{row.rollout}.{row.id}.ndjson", row.lifted_at or max(at, row.at) + AHEAD
    listed = list_units(home=workplace.home, name=name, rollout=row.rollout, since=since, until=until)
    counts = suppressed(listed.by_site, smallest_cell=smallest)
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(row.rollout)
        if there := incident_reading.exposed_list(tx.session, suspension=suspension):
            return dict(there.counts)
        made = ExposedList(
            rollout=row.rollout,
            suspension_id=row.id,
            since=since,
            until=until,
            bundle=bundle,
            file=listed.file,
            digest=listed.digest,
            counts=counts,
            person=person,
            at=at,
        )
        tx.session.add(made)
        said = {"suspension": row.id, "list": listed.digest}
        tx.record(kind="units.listed", rollout=row.rollout, person=person, at=at, body=said)
    return counts


def _release_began(session: Session, row: Suspension) -> tuple[datetime, str]:
    """Since when the stopped release was exposed without another between: the time in which harm may have been done."""
    exposures = incident_reading.exposures_before(session, rollout=row.rollout, moment=row.at)
    on = [one for one in exposures if one.state != "off" and one.cause != row.id]
    if not on:
        return row.at, ""
    bundle = str((on[0].conditions or {}).get("bundle", ""))
    began = on[0].at
    for one in on:
        if str((one.conditions or {}).get("bundle", "")) != bundle:
            break
        began = one.at
    return began, bundle


def list_due(*, person: str, at: datetime, workplace: Workplace) -> tuple[str, ...]:
    """List for every suspension in force that has no list yet; return their ids. One that fails keeps no other back."""
    with workplace.ledger.reading() as session:
        rows = incident_reading.suspensions_in_force(session)
        due = [one.id for one in rows if incident_reading.exposed_list(session, suspension=one.id) is None]
    done = []
    for suspension in due:
        try:
            list_exposed(suspension=suspension, person=person, at=at, workplace=workplace)
        except ListRefused:
            continue
        done.append(suspension)
    return tuple(done)
