import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

from primum.integrations import tracking
from primum.roadmap.model_card import card_of
from primum.roadmap.stages import Stage
from primum.settings import Settings
from tests import postgres, web_factories

ROLLOUT = web_factories.rollout()


def recorded(settings):
    return tracking.record(
        evaluation=web_factories.opt(),
        rollout=ROLLOUT,
        figures=(),
        card=card_of(rollout=ROLLOUT, evaluation=web_factories.opt(), smallest_cell=10),
        smallest_cell=10,
        settings=settings,
    )


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(f"{address}/health", timeout=1).status == 200
    except OSError:
        return False


@contextmanager
def an_mlflow_server(home):
    address = f"http://127.0.0.1:{(port := a_free_port())}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    places = ["--backend-store-uri", f"sqlite:///{home}/mlflow.db", "--artifacts-destination", f"{home}/served"]
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "env": {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
    }
    server = subprocess.Popen([*command, *places], cwd=home, start_new_session=True, **quiet)
    try:
        deadline = time.monotonic() + 300
        while not answers(address):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=30)


def the_same_story(settings):
    run = recorded(settings)
    lmm = tracking.register_lmm(rollout=ROLLOUT, settings=settings)
    tracking.set_stage_alias(lmm=lmm, stage=Stage.PILOT, settings=settings)

    assert recorded(settings) == run
    assert tracking.read_back(run_id=run.run_id, manifest_digest=run.manifest_digest, settings=settings).unchanged
    assert tracking.alias_now(rollout=ROLLOUT.rollout, stage=Stage.PILOT, settings=settings) == lmm


def test_a_server_that_serves_its_files_tells_the_same_story_and_prints_nothing(tmp_path, capfd):
    with an_mlflow_server(tmp_path) as address:
        the_same_story(Settings(home=tmp_path / "home", tracking_uri=address))

    assert capfd.readouterr() == ("", "")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_postgresql_tells_the_same_story(tmp_path, scheme):
    with postgres.running() as server:
        server.run("CREATE DATABASE mlflow")
        address = server.url("mlflow").replace("postgresql+psycopg", scheme)
        settings = Settings(home=tmp_path, tracking_uri=address, artifacts=tmp_path / "artifacts")

        the_same_story(settings)
