"""``/health`` and ``/metrics``: for whoever keeps the console running."""

from dataclasses import replace
from datetime import timedelta

import pytest

from primum.actions import tokens
from primum.actions.tokens import Scope
from primum.actions.workplace import Workplace
from primum.integrations.heartbeats import SLACK, beat, last_beat, stop
from primum.ledger.checkpoints import key_at
from primum.roadmap.people import Role
from primum.settings import Settings
from tests import gates_at_work
from tests.consoles import console, have_account
from tests.factories import MORNING

SECRET = "xoxb-1-very-secret"


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return Workplace(ledger=sqlite_ledger, settings=Settings(home=tmp_path))


def with_settings(place, **changes):
    return replace(place, settings=Settings(home=place.home, **changes))


def signs(answer):
    return {one["part"]: one["sentence"] for one in answer.json()["parts"] if not one["well"]}


def test_a_console_that_is_well_says_so_to_anybody(place):
    with console(place) as served:
        answer = served.browser().get("/health")

    assert (answer.status_code, answer.json()["status"], signs(answer)) == (200, "ok", {})


def test_what_stands_beside_the_ledger_degrades_and_is_named_without_its_address(place):
    broken = with_settings(place, tracking_uri="http://someone:pass@127.0.0.1:9", prefect_api_url="http://127.0.0.1:9")

    with console(broken) as served:
        answer, strict = served.browser().get("/health"), served.browser().get("/health?strict=yes")

    assert (answer.status_code, strict.status_code, answer.json()["status"]) == (200, 503, "degraded")
    assert signs(answer) == {"MLflow": "MLflow does not answer.", "Prefect": "Prefect does not answer."}


def test_a_ledger_signed_with_another_key_is_down(place, tmp_path):
    gates_at_work.register(gates_at_work.submission(), place)
    place.ledger.key = key_at(tmp_path / "another.key", create=True)

    with console(place) as served:
        answer = served.browser().get("/health")

    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert "another key" in signs(answer)["ledger key"]


@pytest.mark.parametrize(
    ("seen", "heard", "words"),
    [(None, None, "does not run"), (61, 61, "does not run"), (5, 61, "not heard"), (5, 5, None)],
)
def test_slack_is_well_while_its_client_hears_it(place, seen, heard, words):
    connected = with_settings(place, slack_bot_token=SECRET, slack_app_token=SECRET)
    if seen is not None:
        beat(
            home=place.home, part=SLACK, at=MORNING - timedelta(seconds=seen),
            heard_at=MORNING - timedelta(seconds=heard),
        )  # fmt: skip

    with console(connected) as served:
        answer = served.browser().get("/health")

    assert SECRET not in answer.text
    assert (words is None and signs(answer) == {}) or words in signs(answer)["Slack"]


def test_a_client_that_ended_on_purpose_leaves_no_sign_of_life(place):
    beat(home=place.home, part=SLACK, at=MORNING, heard_at=None)
    stop(home=place.home, part=SLACK)
    stop(home=place.home, part=SLACK)

    assert last_beat(home=place.home, part=SLACK) is None


def numbers(text):
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_metrics_tell_working_from_waiting_and_name_seats_but_nobody(place):
    work = gates_at_work.submission()
    gate = gates_at_work.awaiting(work, place)
    gates_at_work.sign(gate, "amara-okafor", Role.CLINICAL_LEAD, work, place, at=MORNING + timedelta(hours=1))

    with console(place, at=MORNING + timedelta(hours=3)) as served:
        answer = served.browser().get("/metrics")

    found = numbers(answer.text)
    assert found['primum_gates{state="awaiting-seats"}'] == "1.0"
    assert found['primum_rollouts{stage="assess"}'] == "1.0"
    assert found['primum_seat_waiting_seconds{seat="clinical-lead"}'] == "3600.0"
    assert found['primum_seat_waiting_seconds{seat="ethicist"}'] == "10800.0"
    assert found['primum_seats_open{seat="ethicist"}'] == "1.0"
    assert 'primum_seats_open{seat="clinical-lead"}' not in found
    assert float(found["primum_outbox_age_seconds"]) > 0
    assert not [person.id for person in work.people if person.id in answer.text]


@pytest.mark.parametrize(("scope", "status"), [(None, 401), (Scope.SIGN, 403), (Scope.READ, 200)])
def test_metrics_at_an_address_of_the_world_want_a_token_that_reads(place, scope, status):
    headers = {}
    if scope is not None:
        have_account("amara-okafor", place=place)
        made = tokens.create(
            person="amara-okafor", name="prometheus", scopes=[scope], days=1, at=MORNING, workplace=place
        )
        headers = {"Authorization": f"Bearer {made.secret}"}

    with console(place) as served:
        answer = served.browser().get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"} | headers)

    assert answer.status_code == status
    assert ("primum_gates" in answer.text) is (status == 200)
