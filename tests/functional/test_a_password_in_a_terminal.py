"""Where a gate asks for a signature, a person at a terminal is asked for their password, and nothing shows it."""

import os
import pty
import select
import subprocess
import sys
import termios
import time
from datetime import UTC, datetime

import pytest

from primum.actions.workplace import open_workplace
from primum.integrations import passwords
from primum.ledger import reading
from primum.ledger.people_tables import Account
from primum.settings import Settings
from tests.refusal_scenes import GATE, LEAD, REASON, STEP_UP, Scene

PASSWORD = "a long and rainy November"
SECONDS = 60


@pytest.fixture
def scene(tmp_path):
    place = open_workplace(Settings(home=tmp_path / "home"))
    made = Scene(folder=tmp_path / "rollout", place=place, at=datetime.now(UTC))
    made.awaiting(signatures=(STEP_UP,))
    with place.ledger.transaction() as tx:
        tx.session.add(Account(person=LEAD, password=passwords.kept_form(PASSWORD), made_at=made.at))
    yield made
    place.ledger.close()


def approve(scene, password: str) -> tuple[int, str]:
    """Run the command at a terminal of its own and type the password when it is asked for."""
    ours, theirs = pty.openpty()
    words = ["gate", "approve", GATE, "--as", LEAD, "--seat", "clinical-lead", "--reason", REASON]
    words += ["--meaning", "approval", "--digest", scene.digest]
    started = subprocess.Popen(
        [sys.executable, "-c", "from primum.cli.main import run; run()", *words],
        stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "PRIMUM_HOME": str(scene.place.home)},
    )  # fmt: skip
    seen = _read_until(ours, "to sign")
    _wait_until_nothing_is_shown(theirs)
    os.close(theirs)
    os.write(ours, f"{password}\n".encode())
    seen += _read_until(ours, None)
    os.close(ours)
    return started.wait(timeout=SECONDS), seen


def _wait_until_nothing_is_shown(terminal: int) -> None:
    """What is typed before the terminal stops showing it is thrown away."""
    ends = time.monotonic() + SECONDS
    while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < ends:
        time.sleep(0.01)


def _read_until(terminal: int, words: str | None) -> str:
    seen, ends = "", time.monotonic() + SECONDS
    while time.monotonic() < ends and (words is None or words not in seen):
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            seen += os.read(terminal, 4096).decode()
        except OSError:
            break
    return seen


def votes(scene):
    with scene.place.ledger.reading() as session:
        return [(vote.person, bool(vote.intent_id)) for vote in reading.votes(session, gate=GATE)]


def test_the_right_password_signs_and_is_shown_nowhere(scene):
    code, seen = approve(scene, PASSWORD)

    assert code == 0, seen
    assert "Recorded" in seen
    assert PASSWORD not in seen
    assert votes(scene) == [(LEAD, True)]


def test_a_wrong_password_signs_nothing(scene):
    code, seen = approve(scene, "a short and sunny May")

    assert code == 4, seen
    assert votes(scene) == []
