import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from primum.actions.workplace import open_workplace
from primum.integrations import supervision
from primum.integrations.services import AlreadyUp, Embedded, only_one, why_no_slack, why_port_taken
from primum.integrations.supervision import Service, ServiceFailed, Supervisor, end, started
from primum.settings import Settings
from tests.consoles import have_account
from tests.network import ROOT

# Writes down its own number and its child's; the child would live on if nobody ended it.
WITH_A_CHILD = """
import os, subprocess, sys, time
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with Path(sys.argv[1]).open("a") as told:
    told.write(f"{os.getpid()} {child.pid}\\n")
time.sleep(60)
"""
DEAF = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path(sys.argv[1]).write_text("0 0\\n")
time.sleep(60)
"""
# A terminal in which a supervisor runs one service until it is told to stop.
TERMINAL = """
import sys
from dataclasses import replace
from pathlib import Path
from primum.integrations.supervision import Service, Supervisor
told, log, code = sys.argv[1:]
service = Service(name="It", command=(sys.executable, "-c", code, told), environment={}, log=Path(log),
                  folder=Path(log).parent, is_ready=Path(told).is_file)
first = replace(service, name="First", command=(sys.executable, "-c", "print('looked for what was lost')"))
service = replace(service, before_again=first)
supervisor = Supervisor(say=lambda text: print(text, flush=True))
supervisor.listen()
try:
    supervisor.start(service)
    supervisor.watch()
finally:
    supervisor.stop()
    print("stopped", flush=True)
"""


@pytest.fixture
def told(tmp_path):
    return tmp_path / "told"


def service(code: str, told: Path, **changes) -> Service:
    values = {
        "name": "It",
        "command": (sys.executable, "-c", code, str(told)),
        "environment": {},
        "log": told.with_name("it.log"),
        "folder": told.parent,
        "is_ready": told.is_file,
    }
    return Service(**values | changes)


def numbers(told: Path) -> list[list[int]]:
    return [[int(number) for number in line.split()] for line in told.read_text().splitlines()]


def lives(number: int) -> bool:
    """A process that ended and that nobody has asked about yet does not live."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(holds, seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def terminal(code: str, told: Path) -> subprocess.Popen:
    log = str(told.with_name("it.log"))
    opened = subprocess.Popen(
        [sys.executable, "-c", TERMINAL, str(told), log, code], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert wait_until(lambda: told.is_file() and told.read_text().endswith("\n"))
    return opened


def test_what_was_started_says_when_it_is_ready_and_is_ended_with_its_children(told):
    said = []
    supervisor = Supervisor(say=said.append)

    supervisor.start(service(WITH_A_CHILD, told, address="here"))
    supervisor.stop()

    assert said == ["It is ready: here."]
    assert not any(lives(number) for number in numbers(told)[0])


def test_a_service_that_ends_while_it_starts_is_told_with_the_end_of_its_log(told):
    supervisor = Supervisor(say=print)
    broken = service("raise SystemExit('the port is gone')", told)

    with pytest.raises(ServiceFailed, match="It ended while it was starting") as failed:
        supervisor.start(broken)
    supervisor.stop()

    assert "the port is gone" in str(failed.value)


def test_a_service_that_never_gets_ready_is_given_up(told):
    supervisor = Supervisor(say=print)

    with pytest.raises(ServiceFailed, match=r"It was not ready after 0 s\."):
        supervisor.start(service("import time; time.sleep(60)", told, patience_seconds=0.3))
    supervisor.stop()

    assert supervisor.attended == []


def test_a_program_that_fails_is_told_with_the_end_of_its_log(told):
    supervisor = Supervisor(say=print)

    with pytest.raises(ServiceFailed, match="It did not work") as failed:
        supervisor.run(service("raise SystemExit('no such server')", told))

    assert "no such server" in str(failed.value)
    assert supervisor.attended == []


def test_a_killed_service_is_started_again_and_its_children_are_swept(told):
    opened = terminal(WITH_A_CHILD, told)
    first, child = numbers(told)[0]

    os.kill(first, signal.SIGKILL)
    again = wait_until(lambda: len(numbers(told)) == 2)
    opened.send_signal(signal.SIGTERM)
    said, _ = opened.communicate(timeout=20)

    assert again
    assert "It ended by itself (137); starting it again in 1 s.\n… First\nIt was started again.\n" in said
    assert "looked for what was lost" in told.with_name("it.log").read_text()
    assert not any(lives(number) for number in (first, child, *numbers(told)[1]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_everything(told, number):
    opened = terminal(WITH_A_CHILD, told)

    opened.send_signal(number)
    said, _ = opened.communicate(timeout=20)

    assert said.splitlines()[-1] == "stopped"
    assert not any(lives(one) for one in numbers(told)[0])


def test_a_second_signal_does_not_wait_for_a_deaf_service(told):
    opened = terminal(DEAF, told)
    began = time.monotonic()

    opened.send_signal(signal.SIGINT)
    assert opened.poll() is None
    time.sleep(0.5)
    opened.send_signal(signal.SIGINT)
    opened.communicate(timeout=20)

    assert time.monotonic() - began < supervision.GRACE_SECONDS / 2


def test_nobody_outlives_a_terminal_that_was_killed(told):
    opened = terminal(WITH_A_CHILD, told)

    opened.kill()
    opened.communicate()

    assert wait_until(lambda: not any(lives(number) for number in numbers(told)[0]))


def test_a_log_that_grew_too_large_is_put_aside(told, monkeypatch):
    monkeypatch.setattr(supervision, "LARGEST_LOG", 10)
    told.with_name("it.log").write_text("x" * 11)

    process = started(service("print('new')", told))
    process.wait(20)
    end(process, grace=0)

    assert told.with_name("it.log").read_text() == "new\n"
    assert told.with_name("it.log.1").read_text() == "x" * 11


def test_a_home_is_served_once(tmp_path):
    with only_one(tmp_path), pytest.raises(AlreadyUp, match="runs already"), only_one(tmp_path):
        pass


def test_a_taken_port_is_told_with_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        problem = why_port_taken(name="MLflow server", port=port, option="--mlflow-port")

    assert problem == (
        f"The MLflow server cannot listen on port {port} (address already in use); "
        f"stop what does, or choose another with --mlflow-port."
    )
    assert why_port_taken(name="MLflow server", port=port, option="--mlflow-port") is None


def test_what_nothing_waits_for_may_fail_and_is_started_again(told, monkeypatch):
    monkeypatch.setattr(supervision, "BACK_OFF_SECONDS", (0.1,))
    said, ends = [], "import sys; from pathlib import Path; Path(sys.argv[1]).open('a').write('here\\n')"
    supervisor = Supervisor(say=said.append)

    supervisor.begin(service(ends, told))
    began = time.monotonic()
    while len(told.read_text().split() if told.is_file() else []) < 2 and time.monotonic() - began < 20:
        supervisor._look_after(supervisor.attended[0])
        time.sleep(0.05)
    supervisor.stop()

    assert said[:2] == ["It is started.", "It ended by itself (0); starting it again in 0 s."]
    assert len(told.read_text().split()) >= 2


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as door:
        return door.getsockname()[1]


def served(home: Path, port: int, *, until="Console") -> tuple[subprocess.Popen, str]:
    """A `primum console` of its own, and what it printed when it answered."""
    log = home.with_name("console.log")
    command = (sys.executable, "-c", "from primum.cli.main import run; run()", "console", "--port", str(port))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRIMUM_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=kept | {"PRIMUM_HOME": str(home), "PYTHONPATH": str(ROOT)}, stdout=out, stderr=out,
            cwd=home.parent,
        )  # fmt: skip
    assert wait_until(lambda: answers(port) or process.poll() is not None, seconds=60)
    assert process.poll() is None, log.read_text()
    return process, log.read_text()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_console_without_any_configuration_prints_its_address_and_a_link_that_lets_the_first_one_in(tmp_path, port):
    process, said = served(tmp_path / "home", port)

    link = next(line.strip() for line in said.splitlines() if "/invited/" in line)
    opened = httpx.get(link, trust_env=False)
    process.send_signal(signal.SIGTERM)
    process.wait(20)

    assert f"Console  http://127.0.0.1:{port}" in said
    assert opened.status_code == 200
    assert not answers(port)


def test_a_console_that_has_an_account_prints_no_link(tmp_path, port):
    home = tmp_path / "home"
    place = open_workplace(Settings(home=home))
    have_account("amara-okafor", place=place)
    place.ledger.close()

    process, said = served(home, port)
    process.send_signal(signal.SIGTERM)
    process.wait(20)

    assert "/invited/" not in said


TOKENS = {"slack_bot_token": SecretStr("xoxb-1"), "slack_app_token": SecretStr("xapp-1"), "slack_channel": "G1"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), "not configured; gates are decided on the console and in the terminal"),
        (("slack_bot_token",), "PRIMUM_SLACK_CHANNEL and PRIMUM_SLACK_APP_TOKEN must be set as well"),
        (("slack_bot_token", "slack_channel", "slack_app_token"), None),
    ],
)
def test_slack_is_started_when_it_is_configured_and_else_it_is_said_what_is_missing(tmp_path, given, words):
    settings = Settings(home=tmp_path, **{name: TOKENS[name] for name in given})
    parts = Embedded(settings=settings, prefect_port=4200, mlflow_port=5050, console_port=8321, worker="w")

    said, client = why_no_slack(settings), parts.slack()

    assert (said is None) is (words is None) is (client is not None)
    assert words is None or words in said


@pytest.mark.parametrize(
    ("named", "address"),
    [({}, "http://127.0.0.1:9000"), ({"address": "https://primum.example/"}, "https://primum.example")],
)
def test_every_part_links_to_the_console_where_people_reach_it(tmp_path, named, address):
    settings = Settings(home=tmp_path, **named)

    parts = Embedded(settings=settings, prefect_port=4200, mlflow_port=5050, console_port=9000, worker="w")

    assert parts.environment["PRIMUM_ADDRESS"] == address
