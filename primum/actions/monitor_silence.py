"""The dead man's switch: monitors that did not read when they were due, and sites that sent no counts (P2.2, GI3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from primum.actions.watched import NotWatched, WatchedRollout, registered_at, watched_of
from primum.actions.workplace import Workplace
from primum.ledger import monitor_reading, reading
from primum.roadmap.monitors import WATCHED, Monitor, missed
from primum.roadmap.periods import day_after, form_of
from primum.roadmap.stages import Stage


@dataclass(frozen=True, kw_only=True)
class Silent:
    """A monitor that did not read when it was due; ``last`` is the moment its last reading was for."""

    rollout: str
    monitor: str
    missed: int
    last: datetime | None

    @property
    def sentence(self) -> str:
        """What is known of it."""
        ever = f"It read last for {self.last:%Y-%m-%d %H:%M} UTC" if self.last else "It never read"
        times = "once" if self.missed == 1 else f"{self.missed:,} times"
        return f"{ever} and was due {times} since; nobody watches what it watches."


@dataclass(frozen=True, kw_only=True)
class LateSite:
    """A site whose counts for a monitor did not come in time; ``last`` is the last period it reported."""

    monitor: str
    site: str
    last: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Who is silent over all rollouts, how many monitors there are, and which rollouts could not be read."""

    silent: tuple[Silent, ...]
    monitors: int
    unreadable: tuple[str, ...]


def silence(*, at: datetime, workplace: Workplace) -> Silence:
    """Return which monitors did not read although their grace is over; needs nothing but the ledger."""
    with workplace.ledger.reading() as session:
        return silence_in(session, at=at)


def silence_in(session: Session, *, at: datetime) -> Silence:
    """Return the same within a session that is open."""
    records = [one for one in reading.rollouts(session) if Stage(one.stage) in WATCHED]
    registered = registered_at(session)
    last = monitor_reading.last_slots(session)
    found: list[Silent] = []
    unreadable: list[str] = []
    monitors = 0
    for record in records:
        since = max(record.stage_since, registered.get(record.id, record.stage_since))
        try:
            of = watched_of(record, since=since)
        except NotWatched as refused:
            unreadable.append(str(refused))
            continue
        monitors += len(of.reading)
        found += silent_of(of, last=last, at=at)
    return Silence(silent=tuple(found), monitors=monitors, unreadable=tuple(unreadable))


def silent_in(of: WatchedRollout, *, session: Session, at: datetime) -> tuple[Silent, ...]:
    """Return the silent monitors of one rollout."""
    return silent_of(of, last=monitor_reading.last_slots(session, rollout=of.rollout), at=at)


def silent_of(of: WatchedRollout, *, last: Mapping[tuple[str, str], datetime], at: datetime) -> tuple[Silent, ...]:
    """Return the silent monitors of one rollout, given the moments of the last readings by rollout and monitor."""
    found = []
    for monitor in of.reading:
        before = last.get((of.rollout, monitor.id))
        if count := missed(cadence=monitor.cadence, last=before, since=of.since, at=at):
            found.append(Silent(rollout=of.rollout, monitor=monitor.id, missed=count, last=before))
    return tuple(found)


def late_sites(
    monitor: Monitor, *, rows: Iterable[Sequence[str]], sites: Sequence[str], since: date, today: date
) -> tuple[LateSite, ...]:
    """
    Return the sites whose counts for a monitor are later than it accepts.

    :param rows: period, site, group and counts, as they are stored
    :param sites: those that are reached now
    :param since: from when on a site that never reported is expected to
    """
    if monitor.counts_within_days is None:
        return ()
    newest: dict[str, str] = {}
    for period, site, *_ in rows:
        if form_of(period):
            newest[site] = max(period, newest.get(site, ""))
    found = []
    for site in sorted(set(sites)):
        last = newest.get(site, "")
        ago = (today - (day_after(last) if last else since)).days
        if ago > monitor.counts_within_days:
            told = f"reported last for {last}" if last else "never reported"
            found.append(
                LateSite(
                    monitor=monitor.id,
                    site=site,
                    last=last,
                    sentence=(
                        f"The site {site} {told}, {ago} days ago; the monitor '{monitor.id}' expects its counts "
                        f"within {monitor.counts_within_days}."
                    ),
                )
            )
    return tuple(found)
