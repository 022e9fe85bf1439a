import json
import os
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from primum.integrations import tracking, tracking_store
from primum.integrations.figures import forest
from primum.integrations.tracking_contents import metric_name
from primum.integrations.tracking_store import opened
from primum.roadmap.model_card import card_of
from primum.roadmap.stages import Stage
from primum.settings import Settings
from tests import web_factories

ROLLOUT = web_factories.rollout()


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    home = tmp_path_factory.mktemp("tracking")
    return Settings(home=home, tracking_uri=f"sqlite:///{home}/mlflow.db", artifacts=home / "artifacts")


@pytest.fixture
def client(settings):
    with opened(settings) as store:
        yield store.client


def recorded(settings, evaluation=None, rollout=ROLLOUT):
    evaluation = evaluation or web_factories.heart()
    estimates = web_factories.heart().verdict.findings[2].estimates
    return tracking.record(
        evaluation=evaluation,
        rollout=rollout,
        figures=(forest(estimates, title="Sensitivity by site", name="site-sensitivity"),),
        card=card_of(rollout=rollout, evaluation=evaluation, smallest_cell=10),
        smallest_cell=10,
        settings=settings,
    )


def at_minute(minute: int):
    return replace(web_factories.heart(), at=f"2026-11-21T15:{minute:02}:00+01:00")


def with_estimates(minute: int, *estimates):
    finding = replace(web_factories.judged("sensitivity", *estimates), estimates=estimates)
    return replace(web_factories.evaluation(findings=(finding,)), at=f"2026-11-21T16:{minute:02}:00+01:00")


def everything_written(settings) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(settings.home.rglob("*")) if path.is_file())


def test_one_finished_run_holds_the_whole_evaluation(settings, client):
    run = recorded(settings)

    found = client.get_run(run.run_id)
    assert client.get_experiment(found.info.experiment_id).name == "primum/cardiac-second-opinion"
    assert (found.info.status, found.info.end_time) == ("FINISHED", found.info.start_time)
    assert found.data.params["policy"] == "who-lmm-2025"
    assert found.data.tags["primum.bundle"] == web_factories.heart().bundle_digest
    assert found.data.tags["primum.suites.four-hospitals"] == web_factories.DIGEST


def test_every_metric_comes_with_its_interval_and_its_n(settings, client):
    metrics = client.get_run(recorded(settings).run_id).data.metrics

    assert metrics["gap_sensitivity/sex/Female"] == 0.2274
    assert metrics["gap_sensitivity/sex/Female.lower"] == 0.106
    assert metrics["gap_sensitivity/sex/Female.upper"] == 0.3665
    assert (metrics["gap_sensitivity/sex/Female.n"], metrics["gap_sensitivity/sex/Female.events"]) == (50, 36)


def test_a_data_set_is_known_by_its_digest_and_its_rows(settings, client):
    (item,) = client.get_run(recorded(settings).run_id).inputs.dataset_inputs

    assert item.dataset.name == "four-hospitals"
    assert json.loads(item.dataset.source)["sha256"] == "sha256:" + "12" * 32
    assert json.loads(item.dataset.profile) == {"num_rows": 748}


def test_figures_verdict_card_and_snapshot_lie_beside_the_run(settings, client):
    run = recorded(settings)

    names = {info.path for folder in (None, "figures") for info in client.list_artifacts(run.run_id, folder)}
    files = {"evaluation.json", "manifest.json", "model_card.json", "model_card.md", "verdict.json"}
    assert names - {"figures"} == files | {"figures/site-sensitivity.png", "figures/site-sensitivity.svg"}


def test_recording_the_same_evaluation_twice_is_one_run(settings):
    assert recorded(settings, at_minute(1)) == recorded(settings, at_minute(1))


def test_a_run_cut_short_is_not_taken_for_a_whole_one(settings, client):
    first = recorded(settings, at_minute(2))
    client.update_run(first.run_id, status="RUNNING")

    again = recorded(settings, at_minute(2))

    assert again.run_id != first.run_id
    assert client.get_run(again.run_id).info.status == "FINISHED"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_becomes_a_tag_and_never_a_metric(settings, client, value):
    odd = replace(web_factories.share("sensitivity", 9, 20), value=value, note="the model gave no answer")

    data = client.get_run(
        recorded(settings, with_estimates(1, odd, web_factories.share("specificity", 9, 20))).run_id
    ).data

    assert not [name for name in data.metrics if name.startswith("sensitivity")]
    assert data.tags["unknown.sensitivity"] == "the model gave no answer"
    assert data.metrics["specificity"] == 0.45


def test_an_end_that_is_not_finite_is_named_and_the_rest_is_kept(settings, client):
    open_ended = replace(web_factories.share("primary_ratio", 9, 20), upper=float("inf"))

    data = client.get_run(recorded(settings, with_estimates(2, open_ended)).run_id).data

    assert data.tags["unknown.primary_ratio.upper"] == "not finite"
    assert set(data.metrics) == {"primary_ratio", "primary_ratio.lower", "primary_ratio.n", "primary_ratio.events"}


@pytest.mark.parametrize("suppressed", [True, False])
def test_a_cell_of_few_people_reaches_neither_store_nor_file(settings, client, suppressed):
    few = replace(
        web_factories.share("sensitivity", 7, 9, "site=Ward & 7", suppressed=suppressed),
        value=0.7777123,
        lower=0.3999123,
    )

    data = client.get_run(recorded(settings, with_estimates(3, few)).run_id).data

    (tag,) = [value for name, value in data.tags.items() if name.startswith("unknown.sensitivity/site/Ward _ 7")]
    assert tag.startswith("suppressed: fewer than 10 patients")
    assert not data.metrics
    assert b"7777123" not in everything_written(settings)
    assert b"3999123" not in everything_written(settings)


def test_a_password_in_the_address_of_a_table_stays_behind(settings):
    evaluation = at_minute(3)
    secret = replace(evaluation.tables[0], location="postgresql://nurse:hunter2@ward.example/db?password=hunter3")

    recorded(settings, replace(evaluation, tables=(secret,)))

    assert b"hunter" not in everything_written(settings)
    assert b"ward.example/db" in everything_written(settings)


def test_four_hundred_sites_fit_although_a_batch_holds_a_thousand(settings, client):
    sites = [web_factories.share("site_sensitivity", 90 + n % 9, 100, f"site={n}") for n in range(400)]
    unknown = [replace(one, value=None, scope=f"ward={one.scope}") for one in sites]

    data = client.get_run(recorded(settings, with_estimates(4, *sites, *unknown)).run_id).data

    assert len(data.metrics) == 5 * 400
    assert sum(name.startswith("unknown.") for name in data.tags) == 400


def test_two_criteria_on_one_metric_keep_both_numbers(settings, client):
    exact, approximate = web_factories.share("sensitivity", 9, 20), web_factories.share("sensitivity", 9, 20)
    findings = (
        web_factories.judged("sensitivity", exact),
        replace(web_factories.judged("sensitivity", replace(approximate, lower=0.2)), check="imaging-sensitivity"),
    )

    run = recorded(settings, replace(web_factories.evaluation(findings=findings), at="2026-11-21T17:00:00+01:00"))

    metrics = client.get_run(run.run_id).data.metrics
    assert metrics["sensitivity.lower"] == exact.lower
    assert metrics["sensitivity/imaging-sensitivity.lower"] == 0.2


def test_names_that_mlflow_would_refuse_stay_apart():
    names = {
        metric_name(web_factories.share("m", 1, 20, f"site={site}")) for site in ("a/b", "a_b", "a.b", "..", "a b")
    }

    assert len(names) == 5
    assert all(".." not in name and name.count("/") == 2 for name in names)


def test_every_attribute_of_a_scope_is_a_step_of_the_name():
    harm = web_factories.share("site_safety", 1, 20, "site=New York, endpoint=any serious adverse event")

    assert metric_name(harm) == "site_safety/site/New York/endpoint/any serious adverse event"
    assert metric_name(replace(harm, scope="sex")) == "site_safety/sex"


def test_a_run_nobody_touched_reads_back_unchanged(settings):
    run = recorded(settings, at_minute(4))

    assert tracking.read_back(run_id=run.run_id, manifest_digest=run.manifest_digest, settings=settings).unchanged


def artifact(client, run, path: str) -> Path:
    return Path(urlsplit(client.get_run(run.run_id).info.artifact_uri).path) / path


def changed_sign(client, run) -> None:
    snapshot = artifact(client, run, "evaluation.json")
    snapshot.write_text(snapshot.read_text().replace("0.2274", "0.0274"))


TAMPERING = {
    "Metric 'sensitivity' was": lambda client, run: client.log_metric(run.run_id, "sensitivity", 0.99),
    "Metric 'auroc' was not recorded": lambda client, run: client.log_metric(run.run_id, "auroc", 0.99),
    "Tag 'primum.outcome' was fail and is pass": lambda client, run: client.set_tag(
        run.run_id, "primum.outcome", "pass"
    ),
    "Tag 'primum.policy' was": lambda client, run: client.delete_tag(run.run_id, "primum.policy"),
    "Parameter 'approved' was not recorded": lambda client, run: client.log_param(run.run_id, "approved", "yes"),
    "File 'evaluation.json' has other contents": changed_sign,
    "File 'model_card.md' is gone": lambda client, run: artifact(client, run, "model_card.md").unlink(),
    "File 'verdict.json' had": lambda client, run: artifact(client, run, "verdict.json").write_text("{}"),
    "File 'letter.txt' was not recorded": lambda client, run: client.log_text(run.run_id, "hello", "letter.txt"),
    "The file manifest.json is missing": lambda client, run: artifact(client, run, "manifest.json").write_text("{}"),
    "was deleted in MLflow": lambda client, run: client.delete_run(run.run_id),
    "is failed, not finished": lambda client, run: client.update_run(run.run_id, status="FAILED"),
}


@pytest.mark.parametrize("sentence", TAMPERING)
def test_every_later_change_is_found_and_said(settings, client, sentence):
    run = recorded(settings, at_minute(20 + list(TAMPERING).index(sentence)))
    TAMPERING[sentence](client, run)

    found = tracking.read_back(run_id=run.run_id, manifest_digest=run.manifest_digest, settings=settings).differences

    assert len(found) == 1
    assert sentence in found[0]


def test_a_run_that_is_gone_is_said_to_be_gone(settings):
    found = tracking.read_back(run_id="0" * 32, manifest_digest="", settings=settings)

    assert found.differences == (f"Run {'0' * 32} does not exist in MLflow any more.",)


def left_at(settings, name: str, stage: Stage = Stage.PILOT, **changes):
    rollout = web_factories.rollout(name)
    rollout = rollout.model_copy(update={"model": rollout.model.model_copy(update=changes)})
    lmm = tracking.register_lmm(rollout=rollout, settings=settings)
    tracking.set_stage_alias(lmm=lmm, stage=stage, settings=settings)
    return lmm


def why_moved(settings, name: str, expected, stage: Stage = Stage.PILOT) -> str | None:
    actual = tracking.alias_now(rollout=name, stage=stage, settings=settings)
    return tracking.why_alias_moved(stage=stage, expected=expected, actual=actual)


def test_an_external_model_is_registered_once_and_its_stage_follows_the_ledger(settings, client):
    first = left_at(settings, "external-model", Stage.ASSESS)
    second = left_at(settings, "external-model", Stage.PILOT)

    assert first == second
    assert why_moved(settings, "external-model", first) is None
    version = client.get_model_version(first.name, first.number)
    assert version.tags["primum.endpoint"] == "https://models.example/cardiac"
    assert version.source.startswith("models:/m-")


def test_a_new_model_version_is_a_new_registered_version(settings):
    old = left_at(settings, "two-versions")
    new = left_at(settings, "two-versions", version="2.0.0")

    sentence = why_moved(settings, "two-versions", old)

    assert (old.number, new.number) == ("1", "2")
    assert "was left at version 1 of primum.two-versions (model 1.4.2" in sentence
    assert "is at version 2 of primum.two-versions (model 2.0.0" in sentence


def test_an_alias_that_somebody_deleted_is_noticed(settings, client):
    lmm = left_at(settings, "alias-deleted")
    client.delete_registered_model_alias(lmm.name, "pilot")

    assert "is at no version now" in why_moved(settings, "alias-deleted", lmm)


def test_an_alias_that_was_never_set_points_at_nothing(settings):
    assert tracking.alias_now(rollout="never-registered", stage=Stage.SCALE, settings=settings) is None


def test_a_copied_version_does_not_pass_for_the_one_we_registered(settings, client):
    lmm = left_at(settings, "copied-version")
    original = client.get_model_version(lmm.name, lmm.number)
    copy = client.create_model_version(lmm.name, source="s3://elsewhere/model", tags=original.tags)
    client.set_registered_model_alias(lmm.name, "pilot", copy.version)

    assert "is at version 2" in why_moved(settings, "copied-version", lmm)


def test_nothing_is_written_outside_the_home_and_nothing_could_be_executed(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    recorded(settings, at_minute(50))
    left_at(settings, "tidy")

    assert list(tmp_path.iterdir()) == []
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert not [path for path in settings.home.rglob("*") if path.suffix in {".pkl", ".pickle", ".py", ".joblib"}]


def test_recording_talks_to_nobody_outside(settings, monkeypatch):
    def refuse(*_args, **_more):
        raise AssertionError("somebody was asked for an address")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)

    assert recorded(settings, at_minute(51)).run_id


def test_recording_one_evaluation_takes_less_than_two_seconds(settings):
    recorded(settings, at_minute(52))
    before = time.monotonic()

    recorded(settings, at_minute(53))

    assert time.monotonic() - before < 2


@contextmanager
def a_port_where_nobody_answers(*, backlog: bool):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if backlog:
            listening.listen(8)
        yield listening.getsockname()[1]


def broken(tmp_path) -> str:
    (tmp_path / "broken.db").write_bytes(b"this is not a database, whatever its name says" * 40)
    return f"sqlite:///{tmp_path}/broken.db"


def no_folder(tmp_path) -> str:
    (tmp_path / "file").write_text("in the way")
    return f"sqlite:///{tmp_path}/file/mlflow.db"


@pytest.mark.parametrize(
    ("address", "backlog"),
    [
        ("http://nurse:hunter2@127.0.0.1:{port}", False),
        ("http://nurse:hunter2@127.0.0.1:{port}", True),
        ("postgresql://nurse:hunter2@127.0.0.1:{port}/mlflow", False),
        ("postgresql://nurse:hunter2@127.0.0.1:{port}/mlflow", True),
        ("postgresql://nurse:hunter2@/mlflow?host=/nowhere", False),
        (broken, False),
        (no_folder, False),
    ],
)
def test_a_store_that_does_not_answer_is_one_sentence_within_seconds(tmp_path, address, backlog):
    with a_port_where_nobody_answers(backlog=backlog) as port:
        uri = address(tmp_path) if callable(address) else address.format(port=port)
        settings = Settings(home=tmp_path, tracking_uri=uri)
        before = time.monotonic()

        with pytest.raises(tracking.TrackingUnreachable) as refused:
            recorded(settings)

    assert time.monotonic() - before < 15
    assert str(refused.value).startswith("MLflow at ")
    assert "Nothing was recorded and nothing was decided" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_reaching_mlflow_says_nothing_when_it_answers(settings):
    assert tracking.reach(settings=settings) is None


def test_a_deleted_experiment_is_a_refusal_in_a_sentence(settings, client):
    rollout = web_factories.rollout("deleted-experiment")
    evaluation = replace(web_factories.heart(), rollout="deleted-experiment")
    run = recorded(settings, evaluation, rollout)
    client.delete_experiment(client.get_run(run.run_id).info.experiment_id)

    with pytest.raises(tracking.TrackingRefused, match="restore it in MLflow"):
        recorded(settings, evaluation, rollout)


def test_two_at_once_record_one_experiment_and_finished_runs(settings):
    rollout = web_factories.rollout("two-at-once")
    runs = []

    def work(minute):
        runs.append(recorded(settings, replace(at_minute(minute), rollout="two-at-once"), rollout))

    workers = [threading.Thread(target=work, args=(minute,)) for minute in (54, 55)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len({run.run_id for run in runs}) == 2


def test_who_finds_an_embedded_store_in_use_waits_for_its_turn(settings):
    order = []

    def work():
        recorded(settings, at_minute(56))
        order.append("recorded")

    neighbour = threading.Thread(target=work)
    with tracking_store.alone(settings.tracking_uri):
        neighbour.start()
        neighbour.join(timeout=0.5)
        order.append("let go")
    neighbour.join()

    assert order == ["let go", "recorded"]


def test_a_neighbour_who_never_lets_go_is_said_in_a_sentence(settings, monkeypatch):
    monkeypatch.setattr(tracking_store, "SECONDS_FOR_A_NEIGHBOUR", 0)

    with tracking_store.alone(settings.tracking_uri), pytest.raises(tracking.TrackingUnreachable) as refused:
        recorded(settings, at_minute(57))

    assert "somebody else has been writing it" in str(refused.value)
