"""A replica of the point of care whose database refuses to write; and who may ask at all."""

import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from primum.actions import allocation, site_keys, waves
from primum.actions.workplace import Workplace, open_to_read
from primum.ledger import growth
from primum.ledger.database import Ledger
from primum.ledger.growth import Growth
from primum.ledger.refusals import LedgerUnreachable
from primum.ledger.seeds import SeedRefused
from primum.roadmap.roles import Role
from primum.settings import Settings
from primum.web.exposure.point_of_care import FLAGS
from tests import factories, gates_at_work
from tests.factories import MORNING
from tests.points_of_care import ROLLOUT, in_pilot, serving

READY_SECONDS = 60


@pytest.fixture
def place(ledger_url, ledger_key, tmp_path):
    """A rollout in its pilot, in a ledger that can be written; beside it the settings by which it is only read."""
    settings = Settings(home=tmp_path / "home", database_url=ledger_url, ledger_key=ledger_key)
    with Ledger.open(ledger_url, key=ledger_key) as ledger:
        yield Workplace(ledger=ledger, settings=settings)


@pytest.fixture
def reader(place):
    opened = open_to_read(place.settings)
    yield opened
    opened.ledger.close()


def test_it_answers_each_arm_and_hears_of_a_suspension(place):
    units = in_pilot(place)
    reader = open_to_read(place.settings)

    with serving(place, units, answering=reader) as care:
        before = care.asks().value
        care.suspend()
        after = care.asks().value
    reader.ledger.close()

    assert (before, after) == ("lmm", "off")


def test_it_cannot_write_and_needs_no_signing_key(place, reader):
    in_pilot(place)
    place.settings.ledger_key.unlink()
    lead = factories.person("amara-okafor", Role.CLINICAL_LEAD)

    with pytest.raises(LedgerUnreachable, match="nothing was written"):
        waves.hold(rollout=ROLLOUT, person=lead, reason="A look.", at=MORNING, workplace=reader)


def test_the_database_itself_refuses_whatever_the_code_would_do(reader):
    connection = reader.ledger.watching()

    with pytest.raises(Exception, match=r"readonly database|read-only transaction"):
        connection.execute("UPDATE log_state SET size = 0")

    connection.close()


def test_a_new_unit_is_off_where_nobody_can_be_enrolled(place):
    in_pilot(place, enrolment="at-first-request")
    allocation.seed_of(place, create=True)
    reader = open_to_read(place.settings)

    with serving(place, {}, answering=reader) as care:
        answer = care.asks()
    reader.ledger.close()

    assert answer.value == "off"
    assert "nothing was written" in answer.flag_metadata["why"]


def test_a_standby_is_not_believed(postgres_ledger, monkeypatch):
    monkeypatch.setattr(growth, "ON_A_STANDBY", "SELECT true")

    with pytest.raises(LedgerUnreachable, match="standby"):
        Growth(ledger=postgres_ledger).since()


def test_without_the_seed_it_does_not_start(sqlite_url, ledger_key, tmp_path, monkeypatch):
    from primum.actions.exposing import replica_of

    Ledger.open(sqlite_url, key=ledger_key).close()
    reader = open_to_read(Settings(home=tmp_path / "home", database_url=sqlite_url))

    with pytest.raises(SeedRefused, match="is missing"):
        replica_of(workplace=reader, name="test", reads_only=True)
    reader.ledger.close()


@pytest.fixture
def own_process(sqlite_url, ledger_key, tmp_path):
    """`primum exposure serve` in a process of its own; yields where it answers and a key that counts today."""
    settings = Settings(home=tmp_path / "home", database_url=sqlite_url, ledger_key=ledger_key)
    with Ledger.open(sqlite_url, key=ledger_key) as ledger:
        place = Workplace(ledger=ledger, settings=settings)
        units = in_pilot(place)
        key = site_keys.make(sites=("north",), person="noah-kim", days=1, at=now(), workplace=place)
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    said = {"PRIMUM_HOME": str(tmp_path / "home"), "PRIMUM_DATABASE_URL": sqlite_url}
    command = [sys.executable, "-c", "from primum.cli.main import run; run()", "exposure", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | said, stdout=subprocess.DEVNULL)
    until = time.monotonic() + READY_SECONDS
    while not listens(port) and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}", key, units
    process.send_signal(signal.SIGINT)
    process.wait(30)


def now():
    from datetime import UTC, datetime

    return datetime.now(UTC)


def listens(port):
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def test_it_is_served_alone_by_a_command(own_process):
    address, key, units = own_process
    context = {"context": {"targetingKey": units["intervention"], "site": "north", "age": 44}}

    answer = httpx.post(f"{address}{FLAGS}/{ROLLOUT}", json=context, headers={"Authorization": f"Bearer {key}"})
    other = httpx.get(f"{address}/rollouts")

    assert (answer.json()["value"], other.status_code) == ("lmm", 404)


# Who asks: without a key, with another kind of token, with a key of another site, of this site, one that has ended.
ASKING = {
    f"POST {FLAGS}/{ROLLOUT}": (401, 401, 403, 200, 401),
    f"POST {FLAGS}": (401, 401, 403, 200, 401),
    f"GET {FLAGS}/{ROLLOUT}": (405, 405, 405, 405, 405),
    "POST /ofrep/v1/configuration": (404, 404, 404, 404, 404),
}


@pytest.fixture
def keys_and_care(sqlite_ledger, tmp_path):
    place = gates_at_work.workplace(sqlite_ledger, tmp_path)
    with serving(place, in_pilot(place)) as care:
        south = site_keys.make(sites=("south",), person="noah-kim", days=3, at=MORNING, workplace=place)
        ended = site_keys.make(sites=("north",), person="noah-kim", days=1, at=MORNING, workplace=place)
        with place.ledger.transaction() as tx:
            tx.session.get(site_keys.ApiToken, key_id(ended, place)).ended_at = MORNING
        yield ("", f"primum_{'0' * 32}_{'x' * 43}", south, care.key, ended), care


def key_id(secret, place):
    with place.ledger.reading() as session:
        return site_keys.people_reading.token_of_digest(session, digest=site_keys.digest_of_secret(secret)).id


def showing(key):
    return {"Authorization": f"Bearer {key}"} if key else {}


@pytest.mark.parametrize("route", ASKING)
def test_each_route_answers_each_kind_of_caller_as_the_table_says(keys_and_care, route):
    keys, care = keys_and_care
    method, path = route.split(" ")
    body = {"context": {"targetingKey": "unit-a", "site": "north", "age": 44}}

    found = [httpx.request(method, care.address + path, json=body, headers=showing(key)).status_code for key in keys]

    assert tuple(found) == ASKING[route]
