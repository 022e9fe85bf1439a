"""Monitors: how they stand, counts reported for them, alarms answered."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from primum.actions.alarm_answers import CannotAcknowledge, acknowledge_alarm
from primum.actions.monitor_counts import report_counts
from primum.actions.monitor_report import alarm_lines, monitor_lines, monitor_report
from primum.evidence.watching.series import EVERYBODY
from primum.evidence.watching.stored import CountsLine
from primum.ledger import monitor_reading
from primum.roadmap.monitors import Found
from primum.web.api.callers import CHANNEL, Reads, Reports, person_at
from primum.web.api.shapes import Asked, Done, Id, Limit, Line, Offset, Page, Shape, Words, paged

router = APIRouter(prefix="/rollouts/{rollout}", tags=["monitors"])
MOST_LINES = 10_000


class UnknownAlarm(CannotAcknowledge):
    """There is no such alarm at this rollout; the message is shown to the person."""


class MonitorShape(Shape):
    """One monitor and how it stands."""

    id: str
    kind: str
    title: str
    owner: str
    cadence: str
    action: str = Field(description="What an alarm leads to: warn, hold or rollback.")
    nature: str = Field(description="signal or guardrail.")
    harm: bool
    shadow: bool = Field(description="It is recorded and leads to nothing.")
    state: str = Field(description="quiet, alarm, insufficient, estimated, error, silent, or not yet read.")
    sentence: str
    read_at: datetime | None
    next_at: datetime
    open_alarms: int
    warning: str = Field(description="That it is silent or badly designed, if so.")


class ReadingShape(Shape):
    """One reading; `found` is what was not quiet."""

    at: datetime
    state: str
    period: str
    places: int
    alarms: int
    sentence: str
    found: list[dict[str, Any]]


class AlarmShape(Shape):
    """One alarm and what was answered."""

    id: str
    rollout: str
    monitor: str
    cause: str = Field(description="reading, broken, silent or design.")
    about: str
    action: str
    owner: str
    sentence: str
    raised_at: datetime
    stands: bool
    answer: str
    hold: str | None
    suspension: str | None


class MonitorInFull(Shape):
    """One monitor with its design, its last readings and its alarms."""

    monitor: MonitorShape
    design: str
    readings: list[ReadingShape]
    alarms: list[AlarmShape]


class CountsAsked(Asked):
    """Counts of one period at one place; never of one person."""

    period: Line = Field(description="Such as 2026-W47, or baseline.")
    site: Line
    group: Line = Field(default=EVERYBODY, description="Whose counts; all for everybody.")
    counts: dict[Line, float] = Field(min_length=1, max_length=400, description="Column: count.")


class ReportAsked(Asked):
    """Counts of a monitor; the same again changes nothing."""

    lines: list[CountsAsked] = Field(min_length=1, max_length=MOST_LINES)
    correct: Words = Field(default="", description="Why counts that were reported before were wrong.")


class ReportedShape(Shape):
    """What became of a report."""

    report: str | None
    new: int
    corrected: int
    unchanged: int


class AnswerAsked(Asked):
    """What was behind an alarm, and what was done."""

    found: Found
    done: Words = Field(description="What was found and done; no name, number or date of a patient.")


@router.get("/monitors")
def every_monitor(caller: Reads, rollout: Id, limit: Limit = 50, offset: Offset = 0) -> Page[MonitorShape]:
    """List the monitors of a rollout and how each stands."""
    caller.admit(rollout)
    lines = monitor_lines(rollout=rollout, at=caller.at, workplace=caller.workplace)
    return paged(MonitorShape, [_told(MonitorShape, one) for one in lines], limit=limit, offset=offset)


@router.get("/monitors/{monitor}")
def one_monitor(caller: Reads, rollout: Id, monitor: Id) -> MonitorInFull:
    """Tell one monitor: its design, its last readings, its alarms."""
    caller.admit(rollout)
    report = monitor_report(rollout=rollout, monitor=monitor, at=caller.at, workplace=caller.workplace)
    return MonitorInFull.model_validate(
        {
            "monitor": _told(MonitorShape, report.line),
            "design": report.design.words if report.design else report.design_problem,
            "readings": [_told(ReadingShape, one) | {"found": list(one.found)} for one in report.readings],
            "alarms": [_told(AlarmShape, one) for one in report.alarms],
        }
    )


@router.post("/monitors/{monitor}/counts", status_code=201)
def counts(caller: Reports, rollout: Id, monitor: Id, asked: ReportAsked) -> ReportedShape:
    """Report counts of sites for a monitor; others for a period that was reported are refused without a reason."""
    done = report_counts(
        rollout=rollout,
        monitor=monitor,
        lines=[
            CountsLine(
                period=one.period,
                site=one.site,
                group=one.group,
                counts={name: int(value) if value.is_integer() else value for name, value in one.counts.items()},
            )
            for one in asked.lines
        ],
        person=person_at(rollout, caller=caller),
        channel=CHANNEL,
        at=caller.at,
        workplace=caller.workplace,
        correct=asked.correct,
    )
    return ReportedShape.of(done)


@router.get("/alarms")
def every_alarm(
    caller: Reads,
    rollout: Id,
    is_open: Annotated[bool, Query(alias="open", description="Only those that stand.")] = False,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[AlarmShape]:
    """List the alarms of a rollout, the newest first."""
    caller.admit(rollout)
    lines = alarm_lines(rollout=rollout, workplace=caller.workplace, is_open=is_open)
    return paged(AlarmShape, [_told(AlarmShape, one) for one in lines], limit=limit, offset=offset)


@router.post("/alarms/{alarm}/acknowledgement")
def acknowledge(caller: Reports, rollout: Id, alarm: Id, asked: AnswerAsked) -> Done:
    """Say what was behind an alarm and what was done; what it led to stays until it is lifted or resumed."""
    person = person_at(rollout, caller=caller)
    with caller.workplace.ledger.reading() as session:
        row = monitor_reading.alarm(session, alarm=alarm)
    if row is None or row.rollout != rollout:
        raise UnknownAlarm(f"There is no alarm '{alarm}' at {rollout}.")
    acknowledge_alarm(
        alarm=alarm,
        person=person,
        found=asked.found,
        done=asked.done,
        channel=CHANNEL,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=alarm, sentence="Acknowledged; its chart begins anew.")


def _told(shape: type[Shape], line: object) -> dict[str, Any]:
    return {name: getattr(line, name) for name in shape.model_fields}
