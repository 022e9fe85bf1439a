"""Questions asked of monitors' tables; nothing here writes."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import literal
from sqlalchemy import select as choose
from sqlmodel import Session, col, func, select

from primum.ledger.columns import written
from primum.ledger.monitor_tables import MonitorAlarm, MonitorCounts, MonitorReading, MonitorReport, MonitorTick
from primum.roadmap.monitors import Cause

CountsRow = tuple[str, str, str, str, str]
"""Period, site, group, the counts as canonical JSON, and the monitor."""

BASELINE = "baseline"
_COUNTED = ("rollout", "monitor", "period", "site", "subgroup", "version", "counts")
_READ = ("rollout", "monitor", "slot", "state", "period", "places", "alarms", "fresh", "quiet", "shadow")
_READ_WORDS = ("sentence", "found", "at")


def counts_in_force(
    session: Session, *, rollout: str, monitors: Collection[str] = (), since: str = ""
) -> Sequence[CountsRow]:
    """
    Return the counts of a rollout that nothing corrected, of all monitors or some, by monitor, period and site.

    :param since: the first period that is wanted; a baseline always is
    """
    table = MonitorCounts
    wanted = [col(table.rollout) == rollout]
    if monitors:
        wanted.append(col(table.monitor).in_(list(monitors)))
    if since:
        wanted.append((col(table.period) >= since) | (col(table.period) == BASELINE))
    columns = (table.period, table.site, table.subgroup, table.counts, table.monitor, table.version)
    corrected = choose(literal(1)).where(*wanted, col(table.version) > 1).limit(1)
    connection = session.connection()
    if connection.execute(corrected).first() is None:
        order = (col(table.monitor), col(table.period), col(table.site), col(table.subgroup))
        # Of hundreds of thousands of rows nothing is made but what the driver hands over.
        return cast(
            "Sequence[CountsRow]",
            connection.execute(choose(*map(col, columns[:5])).where(*wanted).order_by(*order)).all(),
        )
    return _newest(connection.execute(choose(*map(col, columns)).where(*wanted)).all())


def _newest(rows: Iterable[Sequence[Any]]) -> Sequence[CountsRow]:
    """Of every monitor, period and site, the rows of the last version."""
    kept: dict[tuple[str, str, str], tuple[int, list[CountsRow]]] = {}
    for period, site, group, counts, monitor, version in rows:
        place = (monitor, period, site)
        if place not in kept or kept[place][0] < version:
            kept[place] = (version, [])
        if kept[place][0] == version:
            kept[place][1].append((period, site, group, counts, monitor))
    return [row for place in sorted(kept) for row in sorted(kept[place][1])]


def versions(session: Session, *, rollout: str, monitor: str) -> dict[tuple[str, str], dict[str, tuple[int, str]]]:
    """Return by period and site, and there by group, the version and the counts of a monitor that are in force."""
    query = select(MonitorCounts).where(MonitorCounts.rollout == rollout, MonitorCounts.monitor == monitor)
    newest: dict[tuple[str, str], int] = {}
    found: dict[tuple[str, str], dict[str, tuple[int, str]]] = {}
    for row in session.exec(query.order_by(col(MonitorCounts.version))):
        place = (row.period, row.site)
        if row.version > newest.get(place, 0):
            newest[place], found[place] = row.version, {}
        found[place][row.subgroup] = (row.version, row.counts)
    return found


def reports(session: Session, *, rollout: str, monitor: str | None = None) -> Sequence[MonitorReport]:
    """Return what was reported for a rollout, in order."""
    query = select(MonitorReport).where(MonitorReport.rollout == rollout)
    if monitor is not None:
        query = query.where(MonitorReport.monitor == monitor)
    return session.exec(query.order_by(col(MonitorReport.at))).all()


def last_slots(session: Session, *, rollout: str | None = None) -> dict[tuple[str, str], datetime]:
    """Return by rollout and monitor the moment its last reading was for."""
    query = choose(col(MonitorReading.rollout), col(MonitorReading.monitor), func.max(col(MonitorReading.slot)))
    if rollout is not None:
        query = query.where(col(MonitorReading.rollout) == rollout)
    rows = session.connection().execute(query.group_by(col(MonitorReading.rollout), col(MonitorReading.monitor)))
    return {(row[0], row[1]): row[2] for row in rows}


def readings(session: Session, *, rollout: str, monitor: str, most: int = 50) -> Sequence[MonitorReading]:
    """Return the last readings of a monitor, the newest first."""
    query = select(MonitorReading).where(MonitorReading.rollout == rollout, MonitorReading.monitor == monitor)
    return session.exec(query.order_by(col(MonitorReading.slot).desc()).limit(most)).all()


def newest_readings(session: Session, *, rollout: str) -> dict[str, MonitorReading]:
    """Return the last reading of each monitor of a rollout, by monitor."""
    last = (
        choose(col(MonitorReading.monitor).label("monitor"), func.max(col(MonitorReading.slot)).label("slot"))
        .where(col(MonitorReading.rollout) == rollout)
        .group_by(col(MonitorReading.monitor))
        .subquery()
    )
    query = select(MonitorReading).where(
        MonitorReading.rollout == rollout,
        col(MonitorReading.monitor) == last.c.monitor,
        col(MonitorReading.slot) == last.c.slot,
    )
    return {row.monitor: row for row in session.exec(query)}


def alarm(session: Session, *, alarm: str) -> MonitorAlarm | None:
    """Return one alarm by id."""
    return session.get(MonitorAlarm, alarm)


def alarms(
    session: Session, *, rollout: str | None = None, monitor: str | None = None, is_open: bool = False
) -> Sequence[MonitorAlarm]:
    """Return alarms, the newest first; of one rollout or monitor, or only those that stand."""
    query = select(MonitorAlarm)
    if rollout is not None:
        query = query.where(MonitorAlarm.rollout == rollout)
    if monitor is not None:
        query = query.where(MonitorAlarm.monitor == monitor)
    if is_open:
        query = query.where(col(MonitorAlarm.acknowledged_at).is_(None), col(MonitorAlarm.over_at).is_(None))
    return session.exec(query.order_by(col(MonitorAlarm.raised_at).desc(), col(MonitorAlarm.id))).all()


def begun_anew(session: Session, *, rollout: str) -> dict[tuple[str, str, str], str]:
    """Return by monitor, site and group the last period before which its chart no longer looks: alarms dealt with."""
    table = MonitorAlarm
    query = choose(col(table.monitor), col(table.site), col(table.subgroup), func.max(col(table.period)))
    query = query.where(
        col(table.rollout) == rollout,
        col(table.cause) == Cause.READING,
        col(table.acknowledged_at).is_not(None),
    )
    rows = session.connection().execute(query.group_by(col(table.monitor), col(table.site), col(table.subgroup)))
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def rates(session: Session, *, rollout: str, since: datetime) -> dict[str, tuple[int, int]]:
    """
    Return by monitor how many places newly alarmed since a moment, and how many were read, each period once.

    A chart that stays in alarm is one alarm; shadows count, since they are watched for just this.
    """
    table = MonitorReading
    query = choose(col(table.monitor), col(table.period), col(table.places), col(table.alarms), col(table.fresh)).where(
        col(table.rollout) == rollout, col(table.slot) >= since
    )
    once: dict[tuple[str, str], tuple[int, int]] = {}
    for monitor, period, places, alarming, fresh in session.connection().execute(query.order_by(col(table.slot))):
        once[monitor, period] = (fresh, places - (alarming - fresh))
    totals: dict[str, tuple[int, int]] = {}
    for (monitor, _), (fresh, places) in once.items():
        before = totals.get(monitor, (0, 0))
        totals[monitor] = (before[0] + fresh, before[1] + places)
    return totals


# -- what the log vouches for ----------------------------------------------------------------


def counts_digest(rows: Iterable[Mapping[str, object]]) -> str:
    """Return the digest of reported counts, given as their columns, by monitor, period, site and group."""
    return _digest(rows, columns=_COUNTED)


def readings_digest(rows: Iterable[Mapping[str, object]]) -> str:
    """Return the digest of readings, given as their columns, by monitor."""
    return _digest(rows, columns=(*_READ, *_READ_WORDS))


def _digest(rows: Iterable[Mapping[str, object]], *, columns: Sequence[str]) -> str:
    content = hashlib.sha256()
    for row in rows:
        content.update("\t".join(_text(row[name]) for name in columns).encode() + b"\n")
    return f"sha256:{content.hexdigest()}"


def _text(value: object) -> str:
    return written(value) if isinstance(value, datetime) else str(value)


def changed_batches(session: Session) -> Iterator[str]:
    """Yield a sentence for each report or tick whose rows are not those that were written with it."""
    order = ("monitor", "period", "site", "subgroup")
    for report in session.exec(select(MonitorReport)):
        rows = _rows(session, MonitorCounts, (*_COUNTED, "report"), by="report", value=report.id, order=order)
        if len(rows) != report.rows or counts_digest(rows) != report.digest:
            yield f"The counts of report {report.id[:8]} of '{report.rollout}' are not those that were reported."
    for tick in session.exec(select(MonitorTick)):
        columns = (*_READ, *_READ_WORDS)
        found = _rows(session, MonitorReading, columns, by="tick", value=tick.id, order=("monitor",))
        if len(found) != tick.readings or readings_digest(found) != tick.digest:
            yield f"The readings of tick {tick.id[:8]} of '{tick.rollout}' are not those that were made."
    yield from _strays(session)


def _rows(
    session: Session,
    table: type[MonitorCounts] | type[MonitorReading],
    columns: Sequence[str],
    *,
    by: str,
    value: str,
    order: Sequence[str],
) -> list[dict[str, object]]:
    query = choose(*(getattr(table, name) for name in columns)).where(getattr(table, by) == value)
    rows = [dict(row) for row in session.connection().execute(query).mappings()]
    # Each database sorts texts in its own way; the digest was made in this one.
    return sorted(rows, key=lambda row: tuple(str(row[name]) for name in order))


def _strays(session: Session) -> Iterator[str]:
    known = choose(col(MonitorReport.id))
    for (one,) in session.connection().execute(
        choose(col(MonitorCounts.report)).distinct().where(col(MonitorCounts.report).not_in(known))
    ):
        yield f"Counts were added as report {one[:8]}, which the log knows nothing of."
    ticks = choose(col(MonitorTick.id))
    for (one,) in session.connection().execute(
        choose(col(MonitorReading.tick)).distinct().where(col(MonitorReading.tick).not_in(ticks))
    ):
        yield f"Readings were added as tick {one[:8]}, which the log knows nothing of."
