"""What monitors look like now, for whoever shows them: terminal, page, JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from primum.actions.monitor_alarms import rates_of, why_fires
from primum.actions.monitor_readings import design_of, kind_of, subject_of
from primum.actions.monitor_silence import silent_in
from primum.actions.watched import WatchedRollout, watched
from primum.actions.workplace import Workplace
from primum.evidence.watching.kinds import Design, MonitorRefused, Reading, Series
from primum.evidence.watching.stored import stored_series
from primum.ledger import monitor_reading
from primum.ledger.monitor_tables import MonitorAlarm, MonitorReading
from primum.roadmap.monitors import Cadence, Monitor, Subject, slot

MOST_PERIODS = 40
MOST_READINGS = 20
NEVER = "not yet read"
SILENT = "silent"


@dataclass(frozen=True, kw_only=True)
class MonitorLine:
    """
    One monitor and how it stands.

    ``state`` is that of its last reading, ``silent`` if it should have read since; ``warning`` says that it is silent
    or badly designed.
    """

    rollout: str
    id: str
    kind: str
    title: str
    owner: str
    answers: str
    cadence: str
    action: str
    nature: str
    harm: bool
    shadow: bool
    state: str
    sentence: str
    read_at: datetime | None
    next_at: datetime
    open_alarms: int
    warning: str

    def plain(self) -> dict[str, object]:
        """Return the line as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class ReadingLine:
    """One reading of a monitor; ``found`` is what was not quiet, small counts left out."""

    at: datetime
    state: str
    period: str
    places: int
    alarms: int
    sentence: str
    found: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class AlarmLine:
    """One alarm and what was answered."""

    id: str
    rollout: str
    monitor: str
    cause: str
    about: str
    action: str
    owner: str
    sentence: str
    raised_at: datetime
    stands: bool
    answer: str
    hold: str | None
    suspension: str | None

    def plain(self) -> dict[str, object]:
        """Return the alarm as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class MonitorReport:
    """One monitor with its design, its last readings and its alarms."""

    line: MonitorLine
    monitor: Monitor
    design: Design | None
    design_problem: str
    readings: tuple[ReadingLine, ...]
    alarms: tuple[AlarmLine, ...]
    reported: tuple[tuple[str, str], ...]

    def plain(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return {
            **self.line.plain(),
            "declared": self.monitor.model_dump(mode="json"),
            "design": asdict(self.design) if self.design else None,
            "design_problem": self.design_problem,
            "readings": [asdict(one) for one in self.readings],
            "alarms": [one.plain() for one in self.alarms],
            "last_periods": dict(self.reported),
        }


@dataclass(frozen=True, kw_only=True)
class Path:
    """Where a monitor's statistic stood at one place after each period; ``None`` where nothing was known or shown."""

    about: Subject
    steps: tuple[tuple[str, float | None], ...]
    limit: float | None
    method: str


def monitor_lines(*, rollout: str, at: datetime, workplace: Workplace) -> tuple[MonitorLine, ...]:
    """
    Return every monitor of a rollout and how it stands.

    :raises NotWatched: if nobody registered it
    """
    with workplace.ledger.reading() as session:
        return _lines(watched(rollout=rollout, session=session), session=session, at=at)


def _lines(of: WatchedRollout, *, session: Session, at: datetime) -> tuple[MonitorLine, ...]:
    newest = monitor_reading.newest_readings(session, rollout=of.rollout)
    alarms = monitor_reading.alarms(session, rollout=of.rollout, is_open=True)
    silent = {one.monitor: one.sentence for one in silent_in(of, session=session, at=at)}
    counted = rates_of(of, session=session, at=at)
    names = {person.id: person.name for person in of.people}
    found = []
    for one in of.monitors:
        last = newest.get(one.id)
        fresh, places = counted.get(one.id, (0, 0))
        fires = why_fires(one, alarms=fresh, readings=places, places=last.places if last else 1)
        found.append(
            MonitorLine(
                rollout=of.rollout,
                id=one.id,
                kind=one.kind,
                title=one.title,
                owner=one.owner,
                answers=names.get(one.owner, one.owner.replace("-", " ")),
                cadence=cadence_words(one.cadence),
                action=str(one.action),
                nature=one.nature,
                harm=one.harm,
                shadow=one.shadow,
                state=SILENT if one.id in silent else last.state if last else NEVER,
                sentence=last.sentence if last else "",
                read_at=last.at if last else None,
                next_at=next_slot(one.cadence, at=at),
                open_alarms=sum(row.monitor == one.id for row in alarms),
                warning=silent.get(one.id) or fires or "",
            )
        )
    return tuple(found)


def monitor_report(*, rollout: str, monitor: str, at: datetime, workplace: Workplace) -> MonitorReport:
    """
    Return one monitor with its design, last readings and alarms.

    :raises NotWatched: if there is no such rollout or monitor
    """
    with workplace.ledger.reading() as session:
        of = watched(rollout=rollout, session=session)
        declared = of.monitor(monitor)
        line = next(one for one in _lines(of, session=session, at=at) if one.id == monitor)
        design, problem = _design(declared)
        rows = monitor_reading.counts_in_force(session, rollout=rollout, monitors=[monitor])
        reported: dict[str, str] = {}
        for period, site, *_ in rows:
            if period != monitor_reading.BASELINE:
                reported[site] = max(period, reported.get(site, ""))
        return MonitorReport(
            line=line,
            monitor=declared,
            design=design,
            design_problem=problem,
            readings=tuple(
                _reading_line(row)
                for row in monitor_reading.readings(session, rollout=rollout, monitor=monitor, most=MOST_READINGS)
            ),
            alarms=tuple(
                alarm_line(row, of=of) for row in monitor_reading.alarms(session, rollout=rollout, monitor=monitor)
            ),
            reported=tuple(sorted(reported.items())),
        )


def alarm_lines(*, rollout: str, workplace: Workplace, is_open: bool = False) -> tuple[AlarmLine, ...]:
    """
    Return the alarms of a rollout, the newest first.

    :raises NotWatched: if nobody registered it
    """
    with workplace.ledger.reading() as session:
        of = watched(rollout=rollout, session=session)
        rows = monitor_reading.alarms(session, rollout=rollout, is_open=is_open)
        return tuple(alarm_line(row, of=of) for row in rows)


def alarm_line(row: MonitorAlarm, *, of: WatchedRollout) -> AlarmLine:
    """Return an alarm in words."""
    names = {person.id: person.name for person in of.people}
    answer = ""
    if row.acknowledged_at is not None:
        who = names.get(row.acknowledged_by or "", row.acknowledged_by or "")
        answer = f"{who}, {row.acknowledged_at:%Y-%m-%d %H:%M} UTC, {row.finding}: {row.note}"
    elif row.over_at is not None:
        answer = f"It was over by itself on {row.over_at:%Y-%m-%d %H:%M} UTC."
    return AlarmLine(
        id=row.id,
        rollout=row.rollout,
        monitor=row.monitor,
        cause=row.cause,
        about=Subject(site=row.site, group=row.subgroup, measure=row.measure).words,
        action=row.action,
        owner=names.get(row.owner, row.owner.replace("-", " ")),
        sentence=row.sentence,
        raised_at=row.raised_at,
        stands=row.acknowledged_at is None and row.over_at is None,
        answer=answer,
        hold=row.hold_id,
        suspension=row.suspension_id,
    )


def path_of(*, rollout: str, monitor: str, workplace: Workplace, about: Subject | None = None) -> Path | None:
    """
    Return where a monitor stood at one place after each of its last periods: the place asked for, else the worst one.

    ``None`` if it has nothing to show. What is hidden since few people are behind it stays hidden (P9).

    :raises NotWatched: if there is no such rollout or monitor
    """
    with workplace.ledger.reading() as session:
        of = watched(rollout=rollout, session=session)
        declared = of.monitor(monitor)
        found = monitor_reading.counts_in_force(session, rollout=rollout, monitors=[monitor])
        anew = {
            (site, group): period
            for (one, site, group), period in monitor_reading.begun_anew(session, rollout=rollout).items()
            if one == monitor
        }
    if not found:
        return None
    try:
        kind = kind_of(declared)
        series = stored_series(found, anew=anew, smallest_cell=of.smallest_cell)
        said = [kind.read(_until(series, end), declared.parameters) for end in _ends(series)]
    except (MonitorRefused, ValueError):
        return None
    subject = about or _worst(said[-1] if said else ())
    if subject is None:
        return None
    steps = [next((one for one in readings if subject_of(one) == subject), None) for readings in said]
    known = [one for one in steps if one is not None]
    if not known:
        return None
    periods = [series.periods[end - 1] for end in _ends(series)]
    values = [None if one is None else one.statistic for one in steps]
    return Path(
        about=subject, steps=tuple(zip(periods, values, strict=True)), limit=known[-1].limit, method=known[-1].method
    )


def _ends(series: Series) -> range:
    last = len(series.periods)
    return range(max(1, last - MOST_PERIODS + 1), last + 1)


def _until(series: Series, end: int) -> Series:
    counts = {name: values[:, :, :end] for name, values in series.counts.items()}
    return replace(series, periods=series.periods[:end], counts=counts)


def _worst(readings: Sequence[Reading]) -> Subject | None:
    """The place in alarm, else the one nearest to its limit, else the first."""
    alarming = [one for one in readings if one.state == "alarm" and one.statistic is not None]
    shown = [one for one in readings if one.statistic is not None]
    near = sorted(shown, key=lambda one: (one.statistic or 0.0) / one.limit if one.limit else 0.0)
    chosen = [*alarming[:1], *near[-1:], *readings[:1]]
    return subject_of(chosen[0]) if chosen else None


def _design(monitor: Monitor) -> tuple[Design | None, str]:
    try:
        return design_of(monitor), ""
    except MonitorRefused as refused:
        return None, str(refused)


def _reading_line(row: MonitorReading) -> ReadingLine:
    return ReadingLine(
        at=row.at,
        state=row.state,
        period=row.period,
        places=row.places,
        alarms=row.alarms,
        sentence=row.sentence,
        found=tuple(json.loads(row.found)),
    )


def cadence_words(cadence: Cadence) -> str:
    """Return how often a monitor reads, in words."""
    if cadence.days is None:
        return "every hour" if cadence.hours == 1 else f"every {cadence.hours} hours"
    days = {1: "every day", 7: "every Monday"}.get(cadence.days, f"every {cadence.days} days")
    return f"{days} at {cadence.at:%H:%M} {cadence.timezone}"


def next_slot(cadence: Cadence, *, at: datetime) -> datetime:
    """Return when a monitor of this cadence reads next."""
    now = slot(cadence=cadence, at=at)
    step = timedelta(hours=cadence.hours or 1) if cadence.days is None else timedelta(days=cadence.days)
    following = slot(cadence=cadence, at=now + step + timedelta(hours=3 if cadence.days else 0))
    return following if following > now else now + step
