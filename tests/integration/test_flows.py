import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlmodel import select

from primum.actions import registration, sustain_gates, voting
from primum.actions.runs import run_stage
from primum.actions.submission import read_submission
from primum.actions.workplace import Workplace
from primum.cli.demo_script import SIGNERS
from primum.integrations import orchestrator
from primum.integrations.orchestrator_registration import LOST_RUNS
from primum.ledger import look_reading, reading
from primum.ledger.tables import Entry
from primum.roadmap.people import Role
from primum.roadmap.seats import Answer, Meaning
from tasks import upkeep
from tests import changes_at_work, engine, looks_on_disk, reviews_at_work
from tests.engine import Engine
from tests.monitors_at_work import Ward

EXAMPLES = engine.ROOT / "examples"
ENTRYPOINT = engine.ROOT / "docker" / "entrypoint.sh"
REPLAY = "pancreatitis-prevention-replay"
HELD = "preterm-care-replay"
ASKER = "noah-kim"
GRANTED = "killed-midway.G2.1"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One `primum up` for this file; afterwards nobody of it may be left."""
    home = tmp_path_factory.mktemp("engine") / "home"
    with engine.up(home) as started:
        yield started
    assert started.process.returncode == 0
    assert engine.processes_of(home) == {}


def test_a_first_start_ends_with_a_console_an_administrators_link_and_a_word_about_slack(running):
    said, health = running.said, urlopen(f"{running.console}/health", timeout=30)

    assert json.loads(health.read())["status"] == "ok"
    assert f"Console  {running.console}" in said
    assert f"{running.console}/invited/" in said
    assert "Slack    not configured" in said


def now() -> datetime:
    return datetime.now(UTC)


def copied(running: Engine, name: str, *, to: str) -> Path:
    """A rollout of its own with the files of an example."""
    folder = running.home.with_name("rollouts")
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    shutil.copytree(folder / name, folder / to, dirs_exist_ok=True)
    path = folder / to / "rollout.yaml"
    path.write_text(path.read_text().replace(f"rollout: {name}\n", f"rollout: {to}\n"))
    return path


def register(running: Engine, path: Path) -> None:
    with running.workplace() as place:
        registration.register(path=path, person=ASKER, at=now(), workplace=place)


def signed_by_everybody(running: Engine, path: Path, gate: str) -> None:
    with running.workplace() as place:
        submission = read_submission(path)
        with place.ledger.reading() as session:
            digest = reading.gate(session, gate=gate).subject_digest
            seats = {
                seat.role for seat in voting.seats_of(gate=reading.gate(session, gate=gate), submission=submission)
            }
        for signer in (one for one in SIGNERS if Role(one.seat) in seats):
            ballot = voting.Ballot(
                role=Role(signer.seat),
                answer=Answer.APPROVE,
                meaning=Meaning.APPROVAL,
                reason=signer.reason,
                shown_digest=digest,
                channel="cli",
                authentication="test",
                zone="UTC",
            )
            voting.vote(
                gate=gate, ballot=ballot, submission=submission, person=signer.person, at=now(), workplace=place
            )


def planted(path: Path, column: str, values) -> None:
    """Put other values into the first rows of the one table of a rollout."""
    table_file = next((path.parent / "data").glob("*.parquet"))
    table = pq.read_table(table_file)
    changed = table[column].cast(pa.string()).to_pylist()
    changed[: len(values)] = values
    place = table.schema.get_field_index(column)
    pq.write_table(table.set_column(place, column, pa.array(changed)), table_file)


def left_behind(place: Workplace, rollout: str) -> tuple:
    """What a run leaves in the ledger, less what is about when it ran."""
    with place.ledger.reading() as session:
        gates = reading.gates(session, rollout=rollout)
        records = [reading.evaluation(session, evaluation=gate.evaluation_id) for gate in gates]
        return (
            [(gate.id, gate.state, gate.subject_digest, gate.requested_by) for gate in gates],
            [(record.outcome, json.loads(record.snapshot)["reasons"]) for record in records],
            session.exec(select(Entry.kind).where(Entry.rollout == rollout).order_by(Entry.position)).all(),
        )


def test_flows_are_known_by_module_and_only_what_looks_for_work_has_a_schedule(running):
    known = running.ask("/deployments/filter", {})

    assert {one["entrypoint"] for one in known} == {f"flows.{name}.{name}" for name in orchestrator.FLOWS}
    assert sorted(one["name"] for one in known if one["schedules"]) == [
        "look",
        "reconcile",
        "reconcile_answers",
        "remind",
        "watch",
    ]
    assert {one["work_pool_name"] for one in known} == {"primum"}
    parameters = {
        name: about["pattern"] for one in known for name, about in one["parameter_openapi_schema"]["properties"].items()
    }
    assert set(parameters) == {"rollout", "requested_by", "gate", "change"}


@pytest.fixture(scope="module")
def identifiers() -> list[str]:
    return [f"CANARY-{number:05}-{number * 7919 % 99991:05}" for number in range(823)]


@pytest.fixture(scope="module")
def piloted(running, identifiers):
    """A pilot held at its gate; every identifier in its table is one that we would know again."""
    path = copied(running, HELD, to="as-a-flow")
    planted(path, "participant_id", identifiers)
    register(running, path)
    return path, running.ran("pilot", rollout="as-a-flow", requested_by=ASKER)


@pytest.fixture(scope="module")
def refused(running, identifiers):
    """A pilot whose table has a value that nobody mapped; the value is a patient's."""
    path = copied(running, HELD, to="refused-table")
    planted(path, "any_sae", identifiers[:1])
    register(running, path)
    return running.ran("pilot", rollout="refused-table", requested_by=ASKER)


@pytest.fixture(scope="module")
def killed(running):
    """A pilot whose process was killed in the middle of its evaluation, and that was begun again."""
    path = copied(running, REPLAY, to="killed-midway")
    register(running, path)
    log = running.home / "logs" / "worker.log"
    before = log.stat().st_size
    run = running.begin("pilot", rollout="killed-midway", requested_by=ASKER)
    # The step before the evaluation is done, and the evaluation takes seconds.
    assert engine.wait_for(lambda: b"'check_expectations-" in log.read_bytes()[before:], seconds=120)
    os.kill(int(running.run(run)["infrastructure_pid"].rpartition(":")[2]), signal.SIGKILL)
    crashed = running.wait(run)
    # Prefect may report it twice, the worker after the runner; we come after both.
    engine.wait_for(lambda: "infrastructure exited" in (running.run(run)["state"]["message"] or ""), seconds=3)
    again = orchestrator.begin_lost_runs_again(at=now() + timedelta(minutes=1), api_url=running.api)
    return path, crashed, again, running.wait(run, states=("COMPLETED", "FAILED"))


@pytest.fixture(scope="module")
def promoted(running, killed):
    """The gate of that pilot, signed; its promotion was begun from four places at once, the reconciler among them."""
    signed_by_everybody(running, killed[0], GRANTED)
    with pytest.MonkeyPatch.context() as told, ThreadPoolExecutor(4) as pool:
        told.setenv("PRIMUM_HOME", str(running.home))
        told.setenv("PRIMUM_PREFECT_API_URL", running.api)
        reconciled = pool.submit(upkeep.promote_granted_gates.fn)
        asked = [pool.submit(orchestrator.start_promotion, gate=GRANTED, api_url=running.api) for _ in range(3)]
        begun = {one.result() for one in asked} | set(reconciled.result())
    return begun, running.wait(min(begun))


def test_a_flow_leaves_what_a_run_without_an_engine_leaves(running, piloted, tmp_path):
    path, run = piloted

    with engine.opened(tmp_path / "home") as place:
        run_stage(path=path, person=ASKER, at=now(), workplace=place)
        alone = left_behind(place, "as-a-flow")

    with running.workplace() as place:
        assert left_behind(place, "as-a-flow") == alone
    assert run["state_name"] == "Held"
    assert run["parameters"] == {"rollout": "as-a-flow", "requested_by": ASKER}


def test_a_gate_is_seen_in_prefect(running, piloted):
    _, run = piloted

    table = running.artifact("verdict-as-a-flow")
    link = running.artifact("evaluation-as-a-flow")
    event = engine.wait_for(lambda: running.events("as-a-flow.G2.1"), seconds=20)

    assert run["state"]["message"].startswith("Benefit on the primary endpoint")
    assert table["description"] == "Gate as-a-flow.G2.1 is held."
    assert "| insufficient | mandatory |" in table["data"]
    assert f"]({running.mlflow}/#/runs/" in link["data"]
    assert event == ["primum.gate.held"]


def test_a_refused_table_is_a_sentence_and_is_not_tried_again(running, refused):
    checked = running.tasks(refused["id"])["check_expectations"]

    assert refused["state_type"] == "FAILED"
    assert "any_sae" in refused["state"]["message"]
    assert (checked["state_type"], checked["run_count"]) == ("FAILED", 1)
    with running.workplace() as place, place.ledger.reading() as session:
        assert reading.gates(session, rollout="refused-table") == []


def test_no_patient_is_known_to_prefect_or_to_a_log(running, piloted, refused):
    places = [*running.home.glob("prefect*"), *(running.home / "prefect").rglob("*"), *running.home.glob("logs/*")]
    content = {place.name: place.read_bytes() for place in places if place.is_file()}

    assert {"prefect.db", "worker.log", "prefect-server.log"} <= set(content)
    assert b"as-a-flow" in content["prefect.db"] + content["prefect.db-wal"]
    assert [name for name, text in content.items() if b"CANARY-" in text] == []


def test_prefect_keeps_ids_only_and_no_pickle(running, piloted, refused):
    kept = engine.prefect_says(running.home, "SELECT parameters FROM flow_run")
    results = [place.read_text() for place in (running.home / "prefect" / "storage").rglob("*") if place.is_file()]

    values = {value for (text,) in kept for value in json.loads(text).values()}
    assert values <= {
        "as-a-flow",
        "refused-table",
        "killed-midway",
        ASKER,
        "as-a-flow.G2.1",
        GRANTED,
        "looked-at",
        "in-use",
    }
    assert any("as-a-flow.G2.1" in text for text in results)
    assert all(json.loads(text) for text in results)


def test_a_run_killed_in_the_middle_is_begun_again_and_leaves_one_gate(running, killed):
    _, crashed, again, ended = killed

    assert crashed["state_type"] == "CRASHED"
    assert again == (crashed["id"],)
    assert (ended["state_name"], ended["run_count"]) == ("Awaiting seats", 2)
    with running.workplace() as place, place.ledger.reading() as session:
        gates = reading.gates(session, rollout="killed-midway")
        entries = session.exec(select(Entry.kind).where(Entry.rollout == "killed-midway")).all()
    assert [gate.id for gate in gates if gate.name == "G2"] == [GRANTED]
    assert entries.count("rollout.registered") == entries.count("evidence.registered") == 1
    assert entries.count("gate.ready") == entries.count("gate.awaiting-seats") == 1


def test_a_granted_gate_is_promoted_once_and_the_next_stage_begins(running, promoted):
    begun, ended = promoted

    scale = engine.wait_for(lambda: running.begun("scale", "killed-midway"), seconds=30)
    running.wait(scale[0]["id"])

    limit = running.ask(f"/v2/concurrency_limits/{orchestrator.limit_of('killed-midway')}")
    assert (limit["limit"], limit["active"], len(begun)) == (1, True, 1)
    assert ended["state_name"] == "Applied"
    assert [one["parameters"] for one in scale] == [{"rollout": "killed-midway", "requested_by": ASKER}]
    with running.workplace() as place, place.ledger.reading() as session:
        assert len(reading.promotions(session, rollout="killed-midway")) == 1
        assert reading.rollout(session, rollout="killed-midway").stage == "scale"
    assert engine.wait_for(lambda: "primum.gate.applied" in running.events(GRANTED), seconds=20)


def test_what_ended_lately_is_not_begun_again(running, promoted):
    begun, _ = promoted

    lately = orchestrator.start_promotion(
        gate=GRANTED, api_url=running.api, unless_ended_since=now() - timedelta(hours=1)
    )

    assert {lately} == begun


@pytest.fixture(scope="module")
def looked_at(running):
    """A pilot whose outcomes crossed a boundary; the flow that looks ran twice."""
    with running.workplace() as place:
        pilot = looks_on_disk.running(running.home.with_name("looked-at"), place)
        pilot.at = now()
        pilot.table(looks_on_disk.rows_of(400, new=0.9, old=0.6), days=0)
    return [running.ran("look") for _ in range(2)]


def test_a_look_that_is_due_is_taken_once_and_the_gate_it_asks_for_begun_once(running, looked_at):
    begun = running.begun("pilot", looks_on_disk.ROLLOUT)

    with running.workplace() as place, place.ledger.reading() as session:
        taken = look_reading.looks(session, rollout=looks_on_disk.ROLLOUT)
    assert [one["state_type"] for one in looked_at] == ["COMPLETED", "COMPLETED"]
    assert [(one.number, one.told, one.person) for one in taken] == [(2, "crossed-efficacy", "primum")]
    assert [one["parameters"] for one in begun] == [{"rollout": looks_on_disk.ROLLOUT, "requested_by": ASKER}]
    assert running.tasks(looked_at[0]["id"])["take_looks_that_are_due"]["run_count"] == 1


def test_a_flow_is_told_ids_and_nothing_else(running):
    with pytest.raises(HTTPError, match=r"409|422"):
        running.begin("pilot", rollout="Mrs Smith, born 1950", requested_by=ASKER)


def test_a_gate_that_is_not_granted_is_refused_in_a_sentence(running, piloted):
    run = running.ran("promote", gate="as-a-flow.G2.1")

    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "Refused")
    assert run["state"]["message"].startswith("The evidence does not meet the policy: Benefit on the primary endpoint")
    assert running.tasks(run["id"])["apply"]["run_count"] == 1


def test_the_worker_of_the_image_registers_again_and_reports_to_the_server(running, tmp_path):
    before = running.registered()
    program = tmp_path / "primum"
    program.write_text(f"#!{sys.executable}\n{engine.UP}\n")
    program.chmod(0o700)
    home = tmp_path / "data"
    home.mkdir()
    told = engine.environment(home) | {"PRIMUM_PREFECT_API_URL": running.api, "PREFECT_HOME": str(home)}
    told["PATH"] = os.pathsep.join((str(tmp_path), str(Path(sys.executable).parent), told["PATH"]))

    worker = subprocess.Popen(["sh", ENTRYPOINT, "worker"], env=told, cwd=home, start_new_session=True)
    try:
        reported = engine.wait_for(lambda: f"worker-{socket.gethostname()}" in running.workers(), seconds=120)
    finally:
        engine.end(worker)

    assert reported
    assert before["automations"] == []
    assert running.registered() == before | {"automations": [LOST_RUNS]}
    assert engine.processes_of(home) == {}


def test_a_guideline_change_is_taken_as_far_as_people_are_needed_and_no_further(running):
    folder = changes_at_work.files(running.home.with_name("changing"))
    changes_at_work.change(folder / "change-plan.yaml", "telling:\n", "candidate: rollout.2025.yaml\n\ntelling:\n")
    with running.workplace() as place:
        scene = changes_at_work.opened_at(place, folder)
    asked = {"change": changes_at_work.CHANGE, "requested_by": ASKER}

    without_file = running.ran("guideline_change", **asked)
    with running.workplace() as place:
        changes_at_work.candidate(replace(scene, place=place))
    with_file = running.ran("guideline_change", **asked)

    assert (without_file["state"]["name"], with_file["state"]["name"]) == ("Waiting", "Waiting")
    assert "The challenger was not compared" in without_file["state"]["message"]
    assert "Gate GU was not granted for hypertension@2025 yet" in with_file["state"]["message"]
    with running.workplace() as place, place.ledger.reading() as session:
        assert reading.open_gate(session, rollout=changes_at_work.EXAMPLE, name="GU").state == "awaiting-seats"


def test_a_stage_that_people_have_led_the_rollout_out_of_is_not_begun(running, promoted):
    run = running.ran("pilot", rollout="killed-midway", requested_by=ASKER)

    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "Not begun")
    assert "is in stage scale, not in pilot" in run["state"]["message"]


def ward_of(place: Workplace, path: Path) -> Ward:
    return Ward(workplace=place, submission=read_submission(path))


def test_a_serious_incident_begins_the_review_of_a_rollout_in_use_once(running):
    path = copied(running, "cardiac-second-opinion", to="in-use")
    register(running, path)
    with running.workplace() as place:
        ward, before = ward_of(place, path), now() - timedelta(hours=2)
        reviews_at_work.in_use(ward, rollout="in-use", at=before)
        reviews_at_work.came_by(ward, "GS", at=before + HOUR, rollout="in-use")
        reviews_at_work.confirmed_serious(place, "in-use", at=now())

    first = running.ran("watch")
    (begun,) = running.begun("sustain", "in-use")
    ended = running.wait(begun["id"])
    with running.workplace() as place:
        left = sustain_gates.due(at=now(), workplace=place)

    assert [one["state_type"] for one in (first, ended)] == ["COMPLETED", "COMPLETED"]
    assert left == ()
    assert begun["parameters"] == {"rollout": "in-use", "requested_by": ASKER}
    with running.workplace() as place, place.ledger.reading() as session:
        (opened,) = [one for one in reading.gates(session, rollout="in-use") if one.opened_at > before + HOUR]
        reasons = json.loads(reading.evaluation(session, evaluation=opened.evaluation_id).snapshot)["reasons"]
    assert opened.state == "held"
    for named in ("Gap in accuracy between groups of patients", "The outcome in the long run, against the pilot"):
        assert any(one.startswith(named) for one in reasons)


def test_a_review_on_evidence_that_people_rejected_ends_as_a_result_and_they_are_told_once(running):
    path = copied(running, "cardiac-second-opinion", to="said-no-to")
    register(running, path)
    with running.workplace() as place:
        reviews_at_work.in_use(ward_of(place, path), rollout="said-no-to", at=now() - timedelta(hours=2))
    running.ran("sustain", rollout="said-no-to", requested_by=ASKER)
    with running.workplace() as place:
        reviews_at_work.turned(ward_of(place, path), "said-no-to.GS.1", "rejected", at=now())
        reviews_at_work.confirmed_serious(place, "said-no-to", at=now())

    watched = [running.ran("watch")["state_type"] for _ in range(2)]
    ended = [running.wait(one["id"]) for one in running.begun("sustain", "said-no-to")]

    assert watched == ["COMPLETED", "COMPLETED"]
    assert [(one["state_type"], one["state_name"]) for one in ended] == [("COMPLETED", "Rejected")]
    assert "said-no-to.GS.1 was rejected on exactly this evidence. Change" in ended[0]["state"]["message"]
    with running.workplace() as place, place.ledger.reading() as session:
        said = session.exec(select(Entry.kind).where(Entry.rollout == "said-no-to")).all()
        reviews = [gate.id for gate in reading.gates(session, rollout="said-no-to") if gate.name == "GS"]
    assert reviews == ["said-no-to.GS.1"]
    assert said.count("gate.still-rejected") == 1
