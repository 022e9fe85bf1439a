"""Thousands of questions are under way when somebody suspends: none is answered `lmm` after they are told so (P10)."""

import json
import re
import selectors
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from primum.actions import site_keys, suspension
from primum.actions.workplace import Workplace
from primum.ledger.database import Ledger
from primum.roadmap.roles import Role
from primum.settings import Settings
from primum.web.exposure.point_of_care import FLAGS
from tests import factories
from tests.factories import MORNING
from tests.points_of_care import ROLLOUT, in_pilot

REPLICAS = 2
EACH = 50
ALL = 200
SOME = 20
READY_SECONDS = 60
SECONDS = 120
BEGINNING = b"HTTP/1.1 "
VALUE = re.compile(rb'"value":"(\w+)"')


@pytest.fixture
def place(request, ledger_url, tmp_path):
    settings = Settings(home=tmp_path / "home", database_url=ledger_url)
    ledger = request.getfixturevalue("closing")(Ledger.open(ledger_url, key=settings.ledger_key))
    return Workplace(ledger=ledger, settings=settings)


@pytest.fixture
def closing():
    with ExitStack() as opened:
        yield opened.enter_context


@contextmanager
def answering(place):
    """A replica in a process of its own; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    command = [sys.executable, "-m", "tests.answering_process", str(place.home), place.settings.database_url, str(port)]
    process = subprocess.Popen(command)
    try:
        until = time.monotonic() + READY_SECONDS
        while not listens(port) and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def listens(port):
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def question(unit, key):
    body = json.dumps({"context": {"targetingKey": unit, "site": "north", "age": 44}}).encode()
    head = f"POST {FLAGS}/{ROLLOUT} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def all_asked(ports, asked, connections):
    """Send every question at once, so many on each connection, and wait for no answer."""
    lines = []
    for number in range(connections):
        line = socket.create_connection(("127.0.0.1", ports[number % len(ports)]), timeout=SECONDS)
        line.sendall(asked * EACH)
        lines.append(line)
    return lines


def all_heard(lines):
    """Return what each connection was told, in order."""
    heard = dict.fromkeys(lines, b"")
    with selectors.DefaultSelector() as watched:
        for line in lines:
            watched.register(line, selectors.EVENT_READ)
        until = time.monotonic() + SECONDS
        while watched.get_map() and time.monotonic() < until:
            for key, _ in watched.select(1):
                came = key.fileobj.recv(1 << 20)
                heard[key.fileobj] += came
                whole = came.endswith(b"}}") and heard[key.fileobj].count(BEGINNING) == EACH
                if whole or not came:
                    watched.unregister(key.fileobj)
    for line in lines:
        line.close()
    return [[value.decode() for value in VALUE.findall(text)] for text in heard.values()]


def wait_for_first_answers(lines):
    """Wait until each replica has answered something; it is left to be read with the rest."""
    for line in lines[:REPLICAS]:
        line.recv(1, socket.MSG_PEEK)


def stopped_under_way(place, connections):
    """Suspend while so many connections wait; return what each was told, when the stop was, and the ports asked."""
    units = in_pilot(place)
    asked = question(units["intervention"], site_keys.make(
        sites=("north",), person="noah-kim", days=30, at=MORNING, workplace=place
    ))  # fmt: skip
    lead = factories.person("amara-okafor", Role.CLINICAL_LEAD)

    with ExitStack() as replicas:
        ports = [replicas.enter_context(answering(place)) for _ in range(REPLICAS)]
        lines = all_asked(ports, asked, connections)
        wait_for_first_answers(lines)
        suspension.suspend(rollout=ROLLOUT, person=lead, reason="A look.", at=MORNING, workplace=place)
        told = time.monotonic()
        heard = all_heard(lines)
    return heard, told, ports


def none_was_late(place, folder, connections):
    heard, told, ports = stopped_under_way(place, connections)

    noted = [json.loads((folder / f"noted-{port}.json").read_text()) for port in ports]
    assert [len(values) for values in heard] == [EACH] * connections
    assert all(values == sorted(values) for values in heard), "On one connection `lmm` came again after `off`."
    for one in noted:
        assert one["count"]["lmm"] > 0
        assert one["count"]["off"] > 0
        assert one["last"]["lmm"] <= told


def test_of_a_thousand_questions_under_way_none_is_answered_lmm_after_the_stop_is_told(place, tmp_path):
    none_was_late(place, tmp_path, SOME)


@pytest.mark.faults
def test_of_ten_thousand_questions_under_way_none_is_answered_lmm_after_the_stop_is_told(place, tmp_path):
    none_was_late(place, tmp_path, ALL)
