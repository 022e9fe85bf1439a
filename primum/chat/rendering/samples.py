"""One of each message in its largest form, made up: for Slack's own check on the first day, and for reviewing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from primum.chat.rendering import answers, notes
from primum.chat.rendering.alarm_form import AlarmFormView, alarm_form
from primum.chat.rendering.blocks import Message
from primum.chat.rendering.buttons import Deed
from primum.chat.rendering.digest import digest
from primum.chat.rendering.form_views import Colleague, FormView, SeatChoice
from primum.chat.rendering.forms import form
from primum.chat.rendering.gate_message import gate_message
from primum.chat.rendering.home import home
from primum.chat.rendering.personal_views import (
    AlarmLine,
    AuditLine,
    DecidedLine,
    DelegationLine,
    DigestView,
    HomeView,
    IncidentLine,
    TaskLine,
    WaitingLine,
)
from primum.chat.rendering.thread import thread_line
from primum.chat.rendering.views import CriterionLine, GateView, Limit, Link, SeatLine, Subject, Tally, ToDo, Unmet
from primum.chat.rendering.watching import RAISED, watch_notice
from primum.roadmap.gates import GateState
from primum.roadmap.roles import Role
from primum.roadmap.seats import Answer
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Outcome

MORNING = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
LAST_DAY = datetime(2026, 12, 7, 17, 0, tzinfo=UTC)
ADDRESS = "https://primum.example.org"
PAGE = Link(label="The gate's page", url=f"{ADDRESS}/gates/chest-xray-triage.G2.3")
SUBJECT = Subject(gate="chest-xray-triage.G2.3", revision=3, digest="3f2a9c104bd87e65" * 4)
TITLE = "Chest X-ray triage in three emergency departments"
MANY = 40

CRITERIA = (
    CriterionLine(
        title="Sensitivity for critical findings",
        outcome=Outcome.PASS,
        value="97.9%",
        interval="95% interval 96.1% to 99.0%",
        limit="more than 95% at the lower end",
    ),
    CriterionLine(
        title="Harm compared with usual care",
        outcome=Outcome.PASS,
        value="-0.3 points",
        interval="95% interval -1.1 to 0.5 points",
        limit="at most 1.0 points at the upper end",
    ),
    CriterionLine(
        title="Gap in sensitivity between groups",
        outcome=Outcome.PASS,
        value="2.1 points",
        interval="95% interval 0.4 to 3.8 points",
        limit="less than 5.0 points at the upper end",
    ),
    CriterionLine(
        title="Calibration slope",
        outcome=Outcome.INSUFFICIENT,
        value="not shown (fewer than 10 patients)",
        limit="at least 0.8000",
        binds=False,
    ),
)
UNMET = (
    Unmet(
        check="calibration-slope",
        title="Calibration slope",
        outcome=Outcome.INSUFFICIENT,
        sentence="Calibration slope is not yet known; about 400 more patients are needed.",
        binds=False,
    ),
)
SEATS = (
    SeatLine(role=Role.CLINICAL_LEAD, signed_by="Dr Ines Moreau", answer=Answer.APPROVE),
    SeatLine(role=Role.SAFETY_OFFICER, signed_by="Dr Tom Adeyemi", on_behalf_of="Dr Lea Brandt", answer=Answer.APPROVE),
    SeatLine(role=Role.ETHICIST),
    SeatLine(role=Role.PATIENT_REPRESENTATIVE),
    SeatLine(role=Role.TECHNOLOGIST),
)


def typical_gate() -> GateView:
    """Return a gate as it is on most days: recommended, two of five seats signed."""
    return GateView(
        subject=SUBJECT,
        rollout="chest-xray-triage",
        title=TITLE,
        name=GateName.G2,
        stage=Stage.PILOT,
        state=GateState.AWAITING_SEATS,
        recommendation=Outcome.PASS,
        tally=Tally(met=14),
        criteria=CRITERIA,
        unmet=UNMET,
        policy="who-lmm-2025, version 4",
        seats=SEATS,
        page=PAGE,
        links=(
            Link(label="Data quality", url=f"{PAGE.url}#data"),
            Link(label="Model card", url=f"{PAGE.url}#card"),
            Link(label="Tracked run", url=f"{PAGE.url}#run"),
        ),
        open_until=LAST_DAY,
    )


def largest_gate() -> GateView:
    """Return a gate with forty criteria, each as long as can be, and every seat there is."""
    long = "A criterion with a long name that goes on and on, since somebody wrote all of it into the policy. " * 3
    criterion = replace(CRITERIA[0], title=long, value=long, interval=long, limit=long, outcome=Outcome.FAIL)
    return replace(
        typical_gate(),
        title=TITLE * 4,
        recommendation=Outcome.FAIL,
        tally=Tally(met=1, not_met=MANY, not_known=MANY, not_checked=MANY),
        criteria=(criterion,) * MANY,
        unmet=tuple(replace(UNMET[0], check=f"check-{number}", title=long, sentence=long) for number in range(MANY)),
        seats=tuple(SeatLine(role=role, signed_by=long, on_behalf_of=long, answer=Answer.APPROVE) for role in Role)
        + tuple(SeatLine(role=role) for role in Role),
        links=(PAGE,) * 12,
        limits=(Limit(sites=(long,) * MANY, units=(long,) * MANY, share="1/4", until=LAST_DAY),) * MANY,
        to_do=(ToDo(what=long, owner=long, due=LAST_DAY),) * MANY,
        repeated=True,
    )


def approval(gate: GateView) -> FormView:
    """Return the form to approve a gate, for somebody who could take two seats."""
    return FormView(
        deed=Deed.APPROVE,
        subject=gate.subject,
        title=gate.title,
        recommendation=gate.recommendation,
        summary="All 14 binding checks are met.",
        person="lea-brandt",
        printed_name="Dr Lea Brandt",
        seats=(
            SeatChoice(role=Role.CLINICAL_LEAD),
            SeatChoice(role=Role.SAFETY_OFFICER, on_behalf_of="tom-adeyemi", on_behalf_name="Dr Tom Adeyemi"),
        ),
        page=gate.page,
        unmet=gate.unmet,
        step_up=True,
        sites=("north", "east", "harbour"),
        colleagues=(Colleague(person="noah-kim", name="Noah Kim", role=Role.TECHNOLOGIST),),
        latest=date(2027, 2, 21),
    )


def waiting() -> WaitingLine:
    """Return a gate that waits."""
    return WaitingLine(
        gate=SUBJECT.gate,
        title=TITLE,
        way="pilot to scale",
        role=Role.CLINICAL_LEAD,
        page=PAGE,
        open_until=LAST_DAY,
        on_behalf_of="Dr Tom Adeyemi",
    )


def signed_line() -> AuditLine:
    """Return a signature as the thread tells it."""
    return AuditLine(
        position=1042,
        kind="gate.signed",
        at=MORNING,
        person="Dr Tom Adeyemi",
        role=Role.SAFETY_OFFICER,
        on_behalf_of="Dr Lea Brandt",
        answer=Answer.APPROVE,
        reason="The pilot met its margin at every site, and the two missed fractures were found on second reading.",
    )


def morning() -> DigestView:
    """Return a busy morning."""
    task = TaskLine(gate=SUBJECT.gate, title=TITLE, due=LAST_DAY, page=PAGE)
    decided = DecidedLine(gate=SUBJECT.gate, title=TITLE, state=GateState.REJECTED, at=MORNING, page=PAGE)
    incident = IncidentLine(incident="inc-2026-0042", severity="serious", page=PAGE)
    alarm = AlarmLine(alarm="a-1", monitor="deaths-in-hospital", title=TITLE, action="rollback", page=PAGE)
    return DigestView(
        person="Dr Lea Brandt",
        waiting=(waiting(),) * 2,
        due_soon=(waiting(),),
        alarms=(alarm,),
        tasks=(task,),
        decided=(decided,),
        incidents=(incident,),
        page=PAGE,
    )


def own_page() -> HomeView:
    """Return the Home tab of somebody with much to do."""
    view = morning()
    return HomeView(
        person=view.person,
        roles=(Role.CLINICAL_LEAD,),
        page=PAGE,
        waiting=view.waiting,
        alarms=view.alarms,
        tasks=view.tasks,
        decisions=tuple(replace(one, answer=Answer.APPROVE) for one in view.decided),
        delegations=(
            DelegationLine(role=Role.CLINICAL_LEAD, person=view.person, deputy="Dr Tom Adeyemi", until=LAST_DAY),
        ),
        incidents=view.incidents,
        digest="weekdays at 08:30, Europe/Zurich",
        read_at=MORNING,
        can_suspend=True,
    )


def largest() -> Mapping[str, Message]:
    """Return each message, form and Home tab in its largest form, by name; for ``blocks.validate``."""
    full = largest_gate()
    asking = replace(
        approval(full), seats=tuple(SeatChoice(role=role) for role in Role), sites=tuple(map(str, range(150)))
    )
    day = replace(
        morning(), waiting=(waiting(),) * MANY, alarms=morning().alarms * MANY, decided=morning().decided * MANY
    )
    tab = replace(
        own_page(),
        waiting=day.waiting,
        alarms=day.alarms,
        decisions=day.decided,
        delegations=own_page().delegations * MANY,
    )
    line = replace(signed_line(), person=TITLE * 4, on_behalf_of=TITLE * 4, reason="Long. " * 700)
    return {
        "gate": gate_message(full),
        "gate, closed": gate_message(replace(full, state=GateState.REJECTED, reason="Long. " * 700, decided_by=TITLE)),
        "gate, channel not private": gate_message(replace(full, safe=False)),
        **{f"form: {deed}": form(replace(asking, deed=deed)) for deed in Deed},
        "form: continue to sign": answers.step_up(url=PAGE.url, until=LAST_DAY, gate=SUBJECT.gate),
        "form: refused": answers.refused(sentence=TITLE * 40, page=PAGE),
        "thread": thread_line(line),
        "digest": digest(day) or {},
        "home": home(tab),
        "reminder": notes.reminder(waiting(), step=notes.Step.NEARLY),
        "gates": notes.gates_listed((waiting(),) * MANY, page=PAGE),
        "incident": notes.incident_notice(day.incidents[0]),
        "alarm": watch_notice(
            kind=RAISED,
            about={"monitor": "deaths-in-hospital", "alarms": ["a-1", "a-2"], "action": "rollback"},
            rollout="chest-xray-triage",
            page=PAGE,
        ),
        "form: alarm": alarm_form(
            AlarmFormView(alarm="a" * 32, monitor="deaths-in-hospital", title=TITLE * 4, page=PAGE)
        ),
        "alarm, to answer": watch_notice(
            kind=RAISED,
            about={"monitor": "deaths-in-hospital", "alarms": ["a" * 32], "action": "hold"},
            rollout="chest-xray-triage",
            page=PAGE,
        ),
        "suspension": notes.suspension_notice(rollout="chest-xray-triage", suspension="s-1", page=PAGE),
    }
