"""
Every reason to refuse a promotion, with its sentence, word for word.

A stage was really run and its gate signed; ``arrange`` then makes the reason hold and returns the sentence. Every
entrance that applies a gate (terminal, API, page, Prefect) walks the same list and shows the same sentence.
The scene's home needs an MLflow store; the fixture ``empty_tracking_store`` saves the seconds of making one.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from primum.actions import conflicts, deviations, guideline_changes, incidents, suspension, waves
from primum.actions.runs import run_stage
from primum.ledger import reading
from primum.ledger.monitor_tables import MonitorAlarm
from primum.roadmap.conditions import Conditions
from primum.roadmap.contingencies import ContingencyAsked
from primum.roadmap.incidents import Category, Harm, Severity
from primum.roadmap.people import Role
from primum.roadmap.seats import Answer
from tests import rollouts_on_disk
from tests.refusal_scenes import GATE, LEAD, PEOPLE, QUORUM, SAFETY, Scene

ROLLOUT = "small-trial"
Said = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class PromotionCase:
    """One reason to refuse a promotion of ``GATE``: its name, and how it comes about."""

    name: str
    arrange: Callable[[Scene], str]


def run(scene: Scene, *, at: datetime | None = None, **policy: Any) -> None:
    """Really run the stage of a scene, up to a gate that asks its seats."""
    scene.write(**policy)
    run_stage(path=scene.folder / "rollout.yaml", person="noah-kim", at=at or scene.at, workplace=scene.place)
    with scene.place.ledger.reading() as session:
        gate = reading.gate(session, gate=GATE)
    assert gate is not None
    assert gate.state == "awaiting-seats", gate.state
    scene.digest = gate.subject_digest or ""


def granted(scene: Scene, *, saying: Mapping[str, Said] | None = None, **policy: Any) -> None:
    """Bring a scene to a gate that every seat has signed; ``saying`` is what a person adds to their answer."""
    run(scene, **policy)
    for person, role in QUORUM:
        scene.sign(person, role, **(saying or {}).get(person, {}))


def _suspended(scene: Scene) -> str:
    granted(scene)
    lead = scene.submission.person(LEAD)
    suspension.suspend(rollout=ROLLOUT, person=lead, reason="harm", at=scene.at, workplace=scene.place)
    return f"The rollout is suspended since {scene.at:%Y-%m-%d %H:%M} UTC; it must be resumed first."


def _incident(
    scene: Scene, severity: Severity = Severity.SERIOUS, details: incidents.Details = incidents.NO_DETAILS
) -> str:
    return incidents.report(
        rollout=ROLLOUT,
        person=scene.submission.person("mei-lin"),
        site="north",
        severity=severity,
        category=Category.WRONG_OUTPUT,
        what="The output named the wrong side of the body.",
        occurred_at=scene.days(-1),
        channel="test",
        at=scene.at,
        workplace=scene.place,
        details=details,
    )


def _incident_open(scene: Scene) -> str:
    granted(scene)
    made = _incident(scene)
    return f"Incident {made} (serious, not yet confirmed) of {scene.at:%Y-%m-%d} is open; close it first."


def _incident_confirmed(scene: Scene) -> str:
    granted(scene)
    officer = scene.submission.person(SAFETY)
    incidents.confirm(incident=_incident(scene), person=officer, at=scene.at, workplace=scene.place)
    return f"The rollout is suspended since {scene.at:%Y-%m-%d %H:%M} UTC; it must be resumed first."


def _shown_without_leave(scene: Scene) -> str:
    granted(scene)
    log = scene.folder / "outputs.csv"
    log.write_text(f"unit,site,shown_at\nunit-a,north,{scene.at.isoformat()}\n", encoding="utf-8")
    (made,) = deviations.record(
        rollout=ROLLOUT, outputs=log, within=timedelta(hours=24), person="system", at=scene.at, workplace=scene.place
    )
    return (
        f"Outputs were shown without leave at north on {scene.at:%Y-%m-%d} (deviation {made}, 1 open); "
        "a safety officer reviews each first."
    )


def _report_overdue(scene: Scene) -> str:
    """Care was disrupted at a site in Germany: the AI Act asks for a report within two days."""
    granted(scene)
    sites = scene.folder / "sites.yaml"
    sites.write_text(sites.read_text(encoding="utf-8").replace("country: CH", "country: DE"), encoding="utf-8")
    scene.register()
    made = _incident(scene, Severity.MODERATE, incidents.Details(harm=Harm.CARE_DISRUPTED))
    zone = ZoneInfo("Europe/Zurich")
    due = datetime.combine(scene.at.astimezone(zone).date() + timedelta(days=3), time(0), tzinfo=zone).astimezone(UTC)
    scene.at = due
    return (
        f"The report of incident {made} (eu care-disrupted, Regulation (EU) 2024/1689, Article 73(3) with Article "
        f"3(49)(b)) was due by {due:%Y-%m-%d %H:%M} UTC; submit it and record its reference first."
    )


def _held(scene: Scene) -> str:
    granted(scene)
    lead = scene.submission.person(LEAD)
    waves.hold(rollout=ROLLOUT, person=lead, reason="The logs are looked at.", at=scene.at, workplace=scene.place)
    return f"{LEAD} holds the rollout since {scene.at:%Y-%m-%d %H:%M} UTC; the hold is lifted first."


def _alarm_stands(scene: Scene) -> str:
    granted(scene)
    alarm = MonitorAlarm(
        rollout=ROLLOUT,
        monitor="late-reviews",
        cause="reading",
        site="north",
        subgroup="",
        measure="late",
        period="2026-W13",
        action="hold",
        owner="noah-kim",
        sentence="More reviews are late than may be.",
        raised_at=scene.at,
    )
    with scene.place.ledger.transaction() as tx:
        tx.session.add(alarm)
        tx.record(kind="alarm.raised", rollout=ROLLOUT, person="primum", at=scene.at, body={"action": "hold"})
    return (
        f"Alarm {alarm.id} of the monitor 'late-reviews' of {scene.at:%Y-%m-%d} stands; its owner (noah-kim) says "
        "first what was found and done."
    )


def _change_overdue(scene: Scene) -> str:
    granted(scene)
    days = scene.submission.policy.evidence_fresh_days
    opened = scene.days(-days)
    opening = {"guideline": "a-guideline@2", "rollouts": {ROLLOUT: "a-guideline@1"}}
    with scene.place.ledger.transaction() as tx:
        guideline_changes.open_changes(tx=tx, person="primum", at=opened, **opening)
    return (
        f"The change to a-guideline@2 is open since {opened:%Y-%m-%d}, longer than the {days} days that evidence stays "
        "fresh; take it up first."
    )


def _in_another_stage(scene: Scene) -> str:
    """A change that nobody foresaw has sent it back to where it is tried again."""
    granted(scene)
    with scene.place.ledger.transaction() as tx:
        record = tx.lock_rollout(ROLLOUT)
        assert record is not None
        record.stage = "assess"
        tx.session.add(record)
        tx.record(kind="change.scoped", rollout=ROLLOUT, person="primum", at=scene.at, body={"back_to": "assess"})
    return "The rollout is in stage assess, and this gate ends stage pilot."


def _contingency_overdue(scene: Scene) -> str:
    asked = ContingencyAsked(what="Recalibrate at the north site.", owner="mei-lin", due_at=scene.days(1))
    granted(scene, saying={LEAD: {"contingency": asked}})
    scene.at = scene.days(2)
    due = f"{asked.due_at:%Y-%m-%d %H:%M} UTC"
    return f"Gate {GATE} was approved on a contingency that mei-lin owed by {due}; it is not closed."


def _table_changed(scene: Scene) -> str:
    granted(scene)
    made = rollouts_on_disk.OnDisk(folder=scene.folder, rows=())
    lines = made.table.read_text(encoding="utf-8").splitlines()
    made.table.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    return "Table 'outcomes' is not the one that was evaluated; run the stage again."


def _document_changed(scene: Scene) -> str:
    granted(scene)
    (scene.folder / "report.md").write_text("Another report.\n", encoding="utf-8")
    return "A document was added, removed or changed since the evaluation; run the stage again."


def _policy_changed(scene: Scene) -> str:
    granted(scene)
    scene.write_policy(gate_open_days=31)
    return "Policy replay-of-a-published-trial changed since the evaluation; run the stage again."


def _model_changed(scene: Scene) -> str:
    granted(scene)
    rollouts_on_disk.OnDisk(folder=scene.folder, rows=()).change('version: "1"', 'version: "2"')
    return "Model, prompt, guideline, suites, protocol or analysis changed since the evaluation; run the stage again."


def _run_changed(scene: Scene) -> str:
    granted(scene)
    with sqlite3.connect(scene.place.home / "mlflow.db") as opened:
        opened.execute("UPDATE metrics SET value = value + 0.001")
        opened.execute("UPDATE latest_metrics SET value = value + 0.001")
    return "The MLflow run was changed since the evaluation: "


def _seat_empty(scene: Scene) -> str:
    run(scene)
    for person, role in QUORUM[1:]:
        scene.sign(person, role)
    return "Still to sign: clinical-lead."


def _authority_lost(scene: Scene) -> str:
    granted(scene)
    people = tuple(one.model_copy(update={"authorities": ()}) if one.id == LEAD else one for one in PEOPLE)
    scene.write_people(people)
    return "Still to sign: clinical-lead."


def _interest_declared(scene: Scene) -> str:
    granted(scene)
    conflicts.declare(
        submission=scene.submission,
        person=LEAD,
        reason="My brother works for the provider.",
        channel="test",
        at=scene.at,
        workplace=scene.place,
    )
    return "Still to sign: clinical-lead."


def _rejected(scene: Scene) -> str:
    run(scene)
    scene.sign(LEAD, Role.CLINICAL_LEAD, answer=Answer.REJECT)
    missing = ", ".join(str(rule.role) for rule in scene.submission.policy.seats)
    return f"Still to sign: {missing}."


def _too_late(scene: Scene) -> str:
    granted(scene)
    scene.at = scene.days(30)
    return f"The gate was open until {scene.at:%Y-%m-%d %H:%M} UTC; nobody decided in time."


def _no_common_site(scene: Scene) -> str:
    north, south = (Conditions(sites=(site,)) for site in ("north", "south"))
    granted(scene, saying={LEAD: {"conditions": north}, "mei-lin": {"conditions": south}})
    return "The conditions of the signatures name no site in common; the gate is asked again."


def _limit_over(scene: Scene) -> str:
    until = scene.days(3)
    granted(scene, saying={LEAD: {"conditions": Conditions(until=until)}})
    scene.at = until
    return f"The signatures count until {until:%Y-%m-%d %H:%M} UTC, which is over; the gate is asked again."


REASONS = (
    ("the rollout is suspended", _suspended),
    ("a serious incident is open", _incident_open),
    ("a serious incident was confirmed", _incident_confirmed),
    ("an output was shown without leave", _shown_without_leave),
    ("a report to a regulator is overdue", _report_overdue),
    ("somebody holds the rollout", _held),
    ("an alarm that binds stands", _alarm_stands),
    ("a guideline change is overdue", _change_overdue),
    ("the rollout was sent back a stage", _in_another_stage),
    ("a contingency is overdue", _contingency_overdue),
    ("a table changed", _table_changed),
    ("a document changed", _document_changed),
    ("the policy changed", _policy_changed),
    ("the model changed", _model_changed),
    ("the tracked run changed", _run_changed),
    ("a seat is empty", _seat_empty),
    ("a signer lost the authority", _authority_lost),
    ("a signer declared an interest", _interest_declared),
    ("somebody said no", _rejected),
    ("the time is over", _too_late),
    ("the signatures name no site in common", _no_common_site),
    ("the signatures count no more", _limit_over),
)
CASES = tuple(PromotionCase(name=name, arrange=arrange) for name, arrange in REASONS)
"""``arrange`` may move ``scene.at`` on, and the promotion is tried then. A sentence that ends in ``: `` goes on."""
