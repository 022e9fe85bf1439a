"""Taking in counts that sites report for a monitor: a period once, and again only with a reason (P9)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert

from primum.actions.monitor_readings import kind_of
from primum.actions.watched import WatchedRollout, watched
from primum.actions.workplace import Workplace
from primum.evidence.watching.kinds import MonitorKind, MonitorRefused
from primum.evidence.watching.stored import CountsLine
from primum.ledger import monitor_reading
from primum.ledger.monitor_reading import BASELINE
from primum.ledger.monitor_tables import MonitorCounts, MonitorReport
from primum.ledger.tables import new_id
from primum.ledger.transactions import Transaction
from primum.ledger.witness import canonical
from primum.roadmap.identifiers import why_not_say
from primum.roadmap.monitors import SHORTEST, Monitor
from primum.roadmap.people import Person
from primum.roadmap.periods import day_after, form_of, why_not_period

MOST_GROUPS, MOST_COLUMNS, LONGEST_NAME = 100, 400, 60
LARGEST_COUNT = 2**53


class CannotCount(Exception):
    """The counts were not taken in; the message says what they should be."""


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What became of a report: places and periods that are new, corrected, or were there already in the same words."""

    report: str | None
    new: int
    corrected: int
    unchanged: int


Stored = dict[tuple[str, str], dict[str, tuple[int, str]]]
Wanted = dict[tuple[str, str], dict[str, str]]


def report_counts(
    *,
    rollout: str,
    monitor: str,
    lines: Sequence[CountsLine],
    person: Person,
    channel: str,
    at: datetime,
    workplace: Workplace,
    correct: str = "",
) -> Reported:
    """
    Take in the counts of one monitor; the same again changes nothing, others for a period only with a reason.

    What was reported before is kept, and the newest counts of a site and period are those that are read.

    :param correct: why counts that were reported before were wrong
    :raises CannotCount: with the one reason; nothing is taken in then
    :raises NotWatched: if there is no such rollout or monitor
    """
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        of = watched(rollout=rollout, session=tx.session)
        declared = of.monitor(monitor)
        if problem := _why_not_person(of, person, at) or _why_not_lines(of, declared, lines, at=at):
            raise CannotCount(problem)
        there = monitor_reading.versions(tx.session, rollout=rollout, monitor=monitor)
        if problem := _why_other_form(there, lines, declared):
            raise CannotCount(problem)
        wanted = _wanted(lines)
        new = [place for place in wanted if place not in there]
        other = [place for place in wanted if place in there and _said(there[place]) != wanted[place]]
        if problem := _why_not_correct(other, correct):
            raise CannotCount(problem)
        unchanged = len(wanted) - len(new) - len(other)
        if not new and not other:
            return Reported(report=None, new=0, corrected=0, unchanged=unchanged)
        rows = _rows(rollout, monitor, {place: wanted[place] for place in (*new, *other)}, there)
        report = _write(tx, rows, corrected=len(other), reason=correct, person=person.id, channel=channel, at=at)
        return Reported(report=report, new=len(new), corrected=len(other), unchanged=unchanged)


def _wanted(lines: Sequence[CountsLine]) -> Wanted:
    wanted: Wanted = {}
    for line in lines:
        wanted.setdefault((line.period, line.site), {})[line.group] = canonical(dict(line.counts))
    return wanted


def _said(stored: Mapping[str, tuple[int, str]]) -> dict[str, str]:
    return {group: counts for group, (_, counts) in stored.items()}


def _rows(rollout: str, monitor: str, wanted: Wanted, there: Stored) -> list[dict[str, object]]:
    report = new_id()
    rows: list[dict[str, object]] = []
    for (period, site), groups in sorted(wanted.items()):
        before = max((version for version, _ in there.get((period, site), {}).values()), default=0)
        rows += [
            {
                "rollout": rollout,
                "monitor": monitor,
                "period": period,
                "site": site,
                "subgroup": group,
                "version": before + 1,
                "counts": counts,
                "report": report,
            }
            for group, counts in sorted(groups.items())
        ]
    return rows


def _write(
    tx: Transaction,
    rows: Sequence[dict[str, object]],
    *,
    corrected: int,
    reason: str,
    person: str,
    channel: str,
    at: datetime,
) -> str:
    first = rows[0]
    row = MonitorReport(
        id=str(first["report"]),
        rollout=str(first["rollout"]),
        monitor=str(first["monitor"]),
        rows=len(rows),
        corrected=corrected,
        digest=monitor_reading.counts_digest(rows),
        reason=reason.strip(),
        person=person,
        channel=channel,
        at=at,
    )
    tx.session.execute(insert(MonitorCounts), list(rows))
    tx.session.add(row)
    said = {"report": row.id, "monitor": row.monitor, "places": row.rows, "corrected": corrected, "digest": row.digest}
    tx.record(kind="counts.reported", rollout=row.rollout, person=person, at=at, body=said)
    return row.id


def _why_not_person(of: WatchedRollout, person: Person, at: datetime) -> str | None:
    if person.roles_at(rollout=of.rollout, at=at):
        return None
    return f"{person.name} holds no role for {of.rollout} at this time and cannot report its counts."


def _why_not_correct(other: Sequence[tuple[str, str]], correct: str) -> str | None:
    if not other:
        return None
    period, site = min(other)
    if not correct.strip():
        more = f", and {len(other) - 1} more" if len(other) > 1 else ""
        return (
            f"Other counts were reported before for {period} at {site}{more}. Say with --correct why they were "
            "wrong, or leave these out; nothing was taken in."
        )
    if len(correct.strip()) < SHORTEST:
        return f"Say in at least {SHORTEST} characters why the counts were wrong."
    return why_not_say(correct)


def _why_other_form(there: Stored, lines: Sequence[CountsLine], monitor: Monitor) -> str | None:
    """Days and weeks of one monitor would count the same people twice."""
    forms = {form_of(period) for period, _ in there} | {form_of(line.period) for line in lines}
    said = sorted(str(form) for form in forms if form)
    if len(said) > 1:
        return f"Monitor '{monitor.id}' would have periods of several lengths ({', '.join(said)}); it keeps to one."
    return None


def _why_not_lines(of: WatchedRollout, monitor: Monitor, lines: Sequence[CountsLine], *, at: datetime) -> str | None:
    if not lines:
        return "There are no counts to take in."
    try:
        kind = kind_of(monitor)
    except MonitorRefused as refused:
        return str(refused)
    if len({(line.period, line.site, line.group) for line in lines}) < len(lines):
        return "A period, site and group stands twice among these counts; each is reported once."
    groups = {line.group for line in lines}
    columns = {column for line in lines for column in line.counts}
    if len(groups) > MOST_GROUPS or len(columns) > MOST_COLUMNS:
        return f"These are {len(groups)} groups and {len(columns)} columns; that looks like rows of people, not counts."
    if any(not 0 < len(name) <= LONGEST_NAME for name in groups | columns):
        return f"Names of groups and columns have 1 to {LONGEST_NAME} characters."
    return _why_not_columns(kind, columns) or next(
        (problem for line in lines if (problem := _why_not_line(of, kind, line, at=at))), None
    )


def _why_not_columns(kind: MonitorKind, columns: set[str]) -> str | None:
    free = any(name.startswith("<") for name in (*kind.needs, *kind.may_have))
    known = {name.partition("=")[0] for name in (*kind.needs, *kind.may_have)}
    strange = sorted(name for name in columns if name.partition("=")[0] not in known)
    if strange and not free:
        return f"'{strange[0]}' is no column of the kind '{kind.name}'; it knows {', '.join(sorted(known))}."
    return None


def _why_not_line(of: WatchedRollout, kind: MonitorKind, line: CountsLine, *, at: datetime) -> str | None:
    if line.period != BASELINE:
        if problem := why_not_period(line.period):
            return problem
        if day_after(line.period) > at.date():
            return f"The period {line.period} is not over; its counts are reported when it is."
    if line.site not in of.sites:
        return "A site of these counts is not declared in the rollout's sites file; declare it, or correct its id."
    needed = [name for name in kind.needs if "=" not in name and not name.startswith("<")]
    if absent := [name for name in needed if name not in line.counts]:
        return f"The counts of {line.period} at {line.site} lack '{absent[0]}': {kind.needs[absent[0]]}."
    if any(not math.isfinite(count) or not 0 <= count <= LARGEST_COUNT for count in line.counts.values()):
        return f"A count of {line.period} at {line.site} is no number that is 0 or more."
    return None
