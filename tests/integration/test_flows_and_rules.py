import importlib
import inspect
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prefect.states import Failed
from ruamel.yaml import YAML

from primum.actions import promotion, suspension
from primum.actions.evaluation import UnknownRollout
from primum.actions.resubmission import FileMoved, WrongStage, resubmit, submitted
from primum.actions.unfinished import apply_grant, entered_stages, granted_gates
from primum.integrations import orchestrator
from primum.integrations.orchestrator import PrefectUnreachable, RunBroken
from primum.integrations.orchestrator_pages import verdict_table
from primum.integrations.orchestrator_registration import engine_file
from primum.integrations.services import Embedded
from primum.integrations.source_limits import SourceRefused
from primum.integrations.tracking_store import TrackingUnreachable
from primum.ledger.refusals import LedgerUnreachable
from primum.roadmap.people import Role
from primum.roadmap.stages import Stage
from primum.roadmap.verdicts import Finding, Level, Outcome
from primum.settings import TELEMETRY_OFF, Settings
from tasks import (
    changing,
    evaluation,
    intake,
    looking,
    patience,
    publication,
    registration,
    reminding,
    seats,
    upkeep,
    watching,
)
from tasks import promotion as promotions
from tasks.entrance import at_work
from tests import gates_at_work as work
from tests.factories import MORNING

ROOT = Path(__file__).parents[2]
DEPLOYED = YAML(typ="safe").load(ROOT / "prefect.yaml")["deployments"]
TASKS = (
    changing.begin_those_whose_turn_has_come,
    changing.compare,
    changing.hold_against_the_plan,
    changing.relabel,
    changing.retrain,
    changing.see_to_silent_sites,
    changing.tell_every_site,
    changing.what_it_waits_for,
    changing.write_card,
    evaluation.evaluate,
    intake.check_expectations,
    intake.register_evidence,
    looking.begin_gates_that_looks_ask_for,
    looking.take_looks_that_are_due,
    promotions.apply,
    promotions.begin_entered_stages,
    promotions.show_in_mlflow,
    publication.show,
    registration.read_again,
    registration.why_not_begin,
    reminding.ask_for_digests,
    reminding.end_exposures_that_are_over,
    reminding.list_exposed_units,
    reminding.remind_of_care,
    reminding.remind_of_waiting_gates,
    reminding.say_what_is_overdue,
    reminding.tell_clocks_again,
    seats.ask,
    upkeep.begin_lost_runs_again,
    upkeep.expire_gates_that_are_due,
    upkeep.promote_granted_gates,
    watching.begin_reviews_that_are_due,
    watching.end_approvals_that_ran_out,
    watching.let_monitors_read,
    watching.say_which_monitors_are_silent,
    watching.walk_back_what_failed,
)
SCHEDULED = (
    orchestrator.RECONCILE,
    orchestrator.REMIND,
    orchestrator.LOOK,
    orchestrator.WATCH,
    orchestrator.RECONCILE_ANSWERS,
)
NOBODY = "http://127.0.0.1:9/api"


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return work.workplace(sqlite_ledger, tmp_path / "home")


@pytest.mark.parametrize("deployed", DEPLOYED, ids=lambda one: one["name"])
def test_a_flow_is_deployed_by_its_module(deployed):
    module, _, name = deployed["entrypoint"].rpartition(".")

    flow = getattr(importlib.import_module(module), name)

    assert (flow.name, deployed["name"], module) == (name, name, f"flows.{name}")
    assert (flow.result_serializer, flow.persist_result) == (("json", True) if name not in SCHEDULED else (None, False))
    assert ("schedules" in deployed) == (name in SCHEDULED)


def test_every_flow_that_is_known_to_us_is_deployed():
    assert tuple(one["name"] for one in DEPLOYED) == orchestrator.FLOWS
    assert engine_file() == ROOT / "prefect.yaml"


@pytest.mark.parametrize("stage", Stage)
def test_the_stage_flows_order_the_same_steps(stage):
    source = inspect.getsource(importlib.import_module(f"flows.{stage}"))
    pilot = inspect.getsource(importlib.import_module("flows.pilot"))

    steps = source.partition('"""\n    if elsewhere')[2]
    assert steps
    assert steps.replace(stage.name, "PILOT") == pilot.partition('"""\n    if elsewhere')[2]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_task_is_patient_with_who_does_not_answer_and_keeps_nothing(task):
    assert task.retries == 3
    assert task.retry_condition_fn is patience.somebody_did_not_answer
    assert task.timeout_seconds >= 300
    assert task.persist_result is False


@pytest.mark.parametrize(
    ("problem", "again"),
    [
        (LedgerUnreachable("no database"), True),
        (TrackingUnreachable("no MLflow"), True),
        (PrefectUnreachable("no Prefect"), True),
        (SourceRefused("table 'a' is empty"), False),
        (promotion.CannotPromote("no quorum"), False),
        (RunBroken("a fault"), False),
        (TimeoutError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_silence_is_a_reason_to_try_again(problem, again):
    assert patience.somebody_did_not_answer(None, None, Failed(data=problem)) is again


def test_a_fault_leaves_a_task_without_its_message(monkeypatch, tmp_path):
    monkeypatch.setenv("PRIMUM_HOME", str(tmp_path))

    with pytest.raises(RunBroken) as broken, at_work():
        int("Mrs Smith")

    assert "Smith" not in str(broken.value)
    assert "ValueError in" in str(broken.value)
    assert broken.value.__suppress_context__


def test_a_refusal_leaves_a_task_as_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("PRIMUM_HOME", str(tmp_path))

    with pytest.raises(SourceRefused, match="Table 'a' is empty"), at_work():
        raise SourceRefused("Table 'a' is empty.")


def test_an_absent_prefect_is_told_at_once_and_without_a_password():
    with pytest.raises(PrefectUnreachable) as unreachable:
        orchestrator.start_promotion(gate="test-rollout.G1.1", api_url="http://me:secret@127.0.0.1:9/api")

    assert str(unreachable.value).startswith("Prefect at http://127.0.0.1:9/api did not answer (Connection refused).")
    assert "secret" not in str(unreachable.value)


def test_a_verdict_is_shown_as_a_table_with_what_binds_and_fails_first():
    findings = [
        Finding(check="a", outcome=Outcome.PASS, level=Level.MANDATORY, sentence="Sound.", requirements=("R1.1",)),
        Finding(check="b", outcome=Outcome.FAIL, level=Level.ADVISORY, sentence="Low.", requirements=("R1.2",)),
        Finding(
            check="c",
            outcome=Outcome.FAIL,
            level=Level.MANDATORY,
            sentence="Harm | site\n2.",
            requirements=("I3", "I4"),
        ),
    ]

    table = verdict_table(gate="x.G1.1", state="held", findings=findings)

    assert table.splitlines()[4:] == [
        "| fail | mandatory | Harm \\| site 2. | I3, I4 |",
        "| pass | mandatory | Sound. | R1.1 |",
        "| fail | advisory | Low. | R1.2 |",
    ]


def test_a_stage_is_begun_only_in_that_stage(place):
    work.register(work.submission(), place)

    with pytest.raises(WrongStage, match="is in stage assess, not in pilot; start the flow 'assess'"):
        resubmit(rollout="test-rollout", stage=Stage.PILOT, person="noah-kim", at=MORNING, workplace=place)


def test_nobody_runs_what_was_never_registered(place):
    with pytest.raises(UnknownRollout, match="No rollout 'absent' is registered"):
        submitted(rollout="absent", workplace=place)


def test_a_file_that_describes_another_rollout_is_refused(place):
    path = ROOT / "examples" / "preterm-care-replay" / "rollout.yaml"
    work.register(replace(work.submission(), path=path), place)

    with pytest.raises(FileMoved, match="describes 'preterm-care-replay' now"):
        submitted(rollout="test-rollout", workplace=place)


def test_a_granted_gate_is_due_until_it_is_applied_or_its_rollout_is_suspended(place):
    handed_in = work.submission()
    gate = work.granted(handed_in, place)
    before = granted_gates(workplace=place)

    suspension.suspend(
        rollout="test-rollout",
        person=work.factories.person("ines", Role.SAFETY_OFFICER),
        reason="Two falls on ward 3.",
        at=MORNING,
        workplace=place,
    )

    assert before == (gate,)
    assert granted_gates(workplace=place) == ()


def test_a_stage_that_was_entered_is_due_until_its_gate_is_opened(place):
    handed_in = work.submission()
    gate = work.granted(handed_in, place)
    nothing = entered_stages(workplace=place)
    done = promotion.commit(
        gate=gate,
        world=work.world(),
        submission=handed_in,
        person="primum",
        at=MORNING + timedelta(hours=1),
        workplace=place,
    )

    (entered,) = entered_stages(workplace=place)

    assert nothing == ()
    assert (entered.rollout, entered.stage, entered.requested_by) == ("test-rollout", Stage.PILOT, "noah-kim")
    assert entered.cause == done
    assert entered_stages(workplace=place, rollout="test-rollout") == (entered,)


def test_a_promotion_that_is_refused_is_an_answer(place):
    path = ROOT / "examples" / "preterm-care-replay" / "rollout.yaml"
    held = work.submission(rollout="preterm-care-replay")
    gate = work.awaiting(replace(held, path=path), place, work.evaluation(rollout="preterm-care-replay"))

    applied = apply_grant(gate=gate, person="primum", at=MORNING, workplace=place)

    assert (applied.gate, applied.rollout, applied.promotion) == (gate, "preterm-care-replay", None)
    assert applied.sentence.endswith(".")


def test_every_part_is_told_to_keep_quiet_and_nothing_of_another_installation(monkeypatch, tmp_path):
    monkeypatch.setenv("PREFECT_API_KEY", "of another Prefect")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://another.example")
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    parts = Embedded(
        settings=Settings(home=tmp_path), prefect_port=4200, mlflow_port=5050, console_port=8321, worker="w"
    )

    told = parts.environment

    assert {name: told[name] for name in TELEMETRY_OFF} == dict(TELEMETRY_OFF)
    assert not {"PREFECT_API_KEY", "MLFLOW_TRACKING_URI"} & set(told)
    assert told["PREFECT_API_DATABASE_CONNECTION_URL"] == f"sqlite+aiosqlite:///{tmp_path}/prefect.db"
    assert told["PREFECT_RESULTS_DEFAULT_SERIALIZER"] == "json"
    assert all(dict(service.environment) == told for service in (*parts.servers(), parts.runner()))


def test_an_mlflow_server_of_somebody_else_is_left_to_them(tmp_path):
    settings = Settings(home=tmp_path, tracking_uri="http://mlflow.example:5000")

    parts = Embedded(settings=settings, prefect_port=4200, mlflow_port=5050, console_port=8321, worker="w")

    assert [service.name for service in parts.servers()] == ["Prefect server", "Console"]
    assert settings.tracking_pages == "http://mlflow.example:5000"
    assert "PRIMUM_TRACKING_PAGES" not in parts.environment
