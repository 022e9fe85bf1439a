"""What watches a rollout: its monitors, one monitor with its chart, its alarms, and the form that answers one."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from primum.actions import suspension
from primum.actions.alarm_answers import CannotAcknowledge, acknowledge_alarm, why_not
from primum.actions.monitor_readings import kind_of
from primum.actions.monitor_report import (
    NEVER,
    SILENT,
    AlarmLine,
    MonitorLine,
    MonitorReport,
    Path,
    alarm_lines,
    monitor_lines,
    monitor_report,
    path_of,
)
from primum.actions.submission import UnknownPerson
from primum.actions.sustain_gates import approval_sentence
from primum.evidence.watching.kinds import MonitorRefused
from primum.integrations.figures_charts import Chart, ChartPoint, chart
from primum.ledger import monitor_reading, reading
from primum.roadmap.monitors import ACTION_WORDS, Found
from primum.web.console.fields import FormRefused, Option, chosen, options_of
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.sign_form import CHANNEL
from primum.web.console.times import When, when
from primum.web.rendering import figure_view
from primum.web.showing import show
from primum.web.views import FactView, FigureView, Mark
from primum.web.visitors import NotAllowed, Scope, SignedIn, may

router = APIRouter()
DONE = {"acknowledged": "Recorded. The chart begins anew after what the alarm spoke of."}
MARKS = {
    "quiet": Mark(word="Quiet", symbol="✓", kind="pass"),
    "alarm": Mark(word="Alarm", symbol="✕", kind="fail"),
    "error": Mark(word="Cannot read", symbol="!", kind="fail"),
    SILENT: Mark(word="Silent: it did not read", symbol="!", kind="fail"),
    "insufficient": Mark(word="Not yet known", symbol="?", kind="wait"),
    "estimated": Mark(word="Only estimated", symbol="?", kind="wait"),
    NEVER: Mark(word="Not yet read", symbol="○", kind="plain"),
}
STANDS = Mark(word="Stands", symbol="!", kind="fail")
ANSWERED = Mark(word="Answered", symbol="✓", kind="pass")
LONG_ENOUGH = 10


@dataclass(frozen=True, kw_only=True)
class MonitorRow:
    """One monitor in the list."""

    id: str
    title: str
    mark: Mark
    sentence: str
    warning: str
    leads_to: str
    reads: str
    owner: str
    read: When | None


@dataclass(frozen=True, kw_only=True)
class AlarmRow:
    """One alarm, with the form to answer it where the reader may."""

    id: str
    monitor: str
    mark: Mark
    sentence: str
    about: str
    raised: When
    leads_to: str
    answer: str
    may_answer: bool
    done: str
    trouble: str


@dataclass(frozen=True, kw_only=True)
class MonitorsPage:
    """All monitors of a rollout and the alarms that stand."""

    rollout: str
    title: str
    done: str
    approval: str
    monitors: tuple[MonitorRow, ...]
    alarms: tuple[AlarmRow, ...]
    found: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class ReadingRow:
    """One reading in the table."""

    at: When
    mark: Mark
    period: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class MonitorPage:
    """One monitor."""

    rollout: str
    row: MonitorRow
    facts: tuple[FactView, ...]
    figures: tuple[FigureView, ...]
    readings: tuple[ReadingRow, ...]
    alarms: tuple[AlarmRow, ...]
    found: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Which alarm's form was refused, why, and what stood in it."""

    alarm: str = ""
    sentence: str = ""
    done: str = ""


NOTHING = Refused()


@router.get("/rollouts/{rollout}/monitors")
def monitors(request: Request, reader: ReadBy, rollout: str, done: str = "") -> Response:
    """Show what watches a rollout and which alarms stand."""
    reader.admit(rollout)
    page = _page(reader, rollout, done=DONE.get(done, ""))
    return show("console/monitors.html", request=request, page=page)


@router.get("/rollouts/{rollout}/monitors/{monitor}")
def monitor(request: Request, reader: ReadBy, rollout: str, monitor: str) -> Response:
    """Show one monitor with its chart, its readings and its alarms."""
    reader.admit(rollout)
    report = monitor_report(rollout=rollout, monitor=monitor, at=reader.at, workplace=reader.workplace)
    path = path_of(rollout=rollout, monitor=monitor, workplace=reader.workplace)
    return show("console/monitor.html", request=request, page=_monitor_page(report, path, reader))


@router.post("/rollouts/{rollout}/alarms/{alarm}/acknowledge")
def acknowledge(
    request: Request,
    visitor: SignedIn,
    reader: ReadBy,
    rollout: str,
    alarm: str,
    found: Annotated[str, Form()] = "",
    done: Annotated[str, Form()] = "",
) -> Response:
    """Say what was found behind an alarm and what was done."""
    may(visitor, Scope.REPORT)
    reader.admit(rollout)
    _refuse_another(rollout, alarm, reader)
    try:
        acknowledge_alarm(
            alarm=alarm,
            person=suspension.person_at(rollout, id_=reader.person, workplace=reader.workplace),
            found=chosen(Found, found, what="what was behind the alarm"),
            done=done,
            channel=CHANNEL,
            at=reader.at,
            workplace=reader.workplace,
        )
    except (FormRefused, CannotAcknowledge) as refused:
        page = _page(reader, rollout, refused=Refused(alarm=alarm, sentence=str(refused), done=done))
        return show("console/monitors.html", request=request, page=page, status=409)
    return RedirectResponse(f"/rollouts/{rollout}/monitors?done=acknowledged", status_code=303)


def _refuse_another(rollout: str, alarm: str, reader: Reader) -> None:
    with reader.workplace.ledger.reading() as session:
        row = monitor_reading.alarm(session, alarm=alarm)
    if row is None or row.rollout != rollout:
        raise NotAllowed("There is no such alarm at this rollout.")


def _page(reader: Reader, rollout: str, *, done: str = "", refused: Refused = NOTHING) -> MonitorsPage:
    lines = monitor_lines(rollout=rollout, at=reader.at, workplace=reader.workplace)
    alarms = alarm_lines(rollout=rollout, workplace=reader.workplace, is_open=True)
    with reader.workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    return MonitorsPage(
        rollout=rollout,
        title=record.title if record else rollout,
        done=done,
        approval=approval_sentence(rollout=rollout, at=reader.at, workplace=reader.workplace),
        monitors=tuple(_row(one, reader) for one in lines),
        alarms=_alarms(alarms, reader, refused=refused),
        found=options_of(Found),
    )


def _row(line: MonitorLine, reader: Reader) -> MonitorRow:
    leads = (
        "Recorded only: a shadow"
        if line.shadow
        else next(words for action, words in ACTION_WORDS.items() if action == line.action)
    )
    return MonitorRow(
        id=line.id,
        title=line.title,
        mark=MARKS[line.state],
        sentence=line.sentence,
        warning=line.warning,
        leads_to=leads[:1].upper() + leads[1:],
        reads=line.cadence,
        owner=line.answers,
        read=when(line.read_at, zone=reader.zone) if line.read_at else None,
    )


def _alarms(lines: tuple[AlarmLine, ...], reader: Reader, *, refused: Refused = NOTHING) -> tuple[AlarmRow, ...]:
    rows = (_alarm(one, reader) for one in lines)
    return tuple(
        replace(row, trouble=refused.sentence, done=refused.done) if row.id == refused.alarm else row for row in rows
    )


def _alarm(line: AlarmLine, reader: Reader) -> AlarmRow:
    return AlarmRow(
        id=line.id,
        monitor=line.monitor,
        mark=STANDS if line.stands else ANSWERED,
        sentence=line.sentence,
        about=line.about,
        raised=when(line.raised_at, zone=reader.zone),
        leads_to=_led_to(line),
        answer=line.answer,
        may_answer=line.stands and _may_answer(line.id, reader),
        done="",
        trouble="",
    )


def _led_to(line: AlarmLine) -> str:
    if line.suspension:
        return "It sent the rollout back to standard care."
    return "It holds the rollout." if line.hold else ""


def _may_answer(alarm: str, reader: Reader) -> bool:
    """Whether the reader may answer it; the words are asked about when they are there."""
    with reader.workplace.ledger.reading() as session:
        row = monitor_reading.alarm(session, alarm=alarm)
    if row is None:
        return False
    try:
        person = suspension.person_at(row.rollout, id_=reader.person, workplace=reader.workplace)
    except UnknownPerson:
        return False
    with reader.workplace.ledger.reading() as session:
        return why_not(row, person=person, done="x" * LONG_ENOUGH, session=session, at=reader.at) is None


def _monitor_page(report: MonitorReport, path: Path | None, reader: Reader) -> MonitorPage:
    return MonitorPage(
        rollout=report.line.rollout,
        row=_row(report.line, reader),
        facts=_facts(report, reader),
        figures=_figures(report, path),
        readings=tuple(
            ReadingRow(
                at=when(one.at, zone=reader.zone), mark=MARKS[one.state], period=one.period, sentence=one.sentence
            )
            for one in report.readings
        ),
        alarms=_alarms(report.alarms, reader),
        found=options_of(Found),
    )


def _facts(report: MonitorReport, reader: Reader) -> tuple[FactView, ...]:
    line, declared = report.line, report.monitor
    try:
        notices = kind_of(declared).notices
    except MonitorRefused as refused:
        notices = str(refused)
    last = "; ".join(f"{site} {period}" for site, period in report.reported) or "nothing yet"
    return (
        FactView(name="Notices", value=notices),
        FactView(name="Design", value=report.design.words if report.design else report.design_problem),
        FactView(name="Reads", value=f"{line.cadence}; next {when(line.next_at, zone=reader.zone)}"),
        FactView(name="On an alarm", value=_row(line, reader).leads_to),
        FactView(name="Who answers", value=line.answers),
        FactView(name="Counts last reported", value=last),
        FactView(name="Source of its limit", value=f"{declared.source.file} {declared.source.words}".strip()),
    )


def _figures(report: MonitorReport, path: Path | None) -> tuple[FigureView, ...]:
    if path is None or not any(value is not None for _, value in path.steps):
        return ()
    drawn = Chart(
        points=tuple(ChartPoint(label=period, value=value) for period, value in path.steps),
        upper=path.limit,
        along="periods",
        measured=path.method,
        designed=report.design.words if report.design else "",
    )
    where = path.about.words or "over all sites"
    return (figure_view(chart(drawn, title=f"{report.line.title}, {where}", name=report.line.id)),)
