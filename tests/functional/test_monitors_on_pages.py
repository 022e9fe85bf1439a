"""Monitors in a browser and through the API: how they stand, their chart, an alarm answered; nothing of a patient."""

import httpx
import pytest

from primum.actions import diagnosis
from primum.actions.tokens import Scope
from tests.api_calls import token_of
from tests.consoles import console
from tests.monitors_at_work import MONDAY, ROLLOUT, line, monitor, ward


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    made = ward(sqlite_ledger, tmp_path)
    made.report(*(line(1, period=f"2026-W{week}") for week in (9, 10, 11, 12) if week > 9))
    made.report(line(5))
    made.tick()
    return made


@pytest.fixture
def served(place):
    with console(place.workplace, at=MONDAY) as running:
        yield running


def test_the_list_shows_how_each_stands_and_the_owner_answers_the_alarm(place, served):
    owner = served.browser_of("pia-berg")
    (alarm,) = place.alarms()

    listed = owner.get(f"/rollouts/{ROLLOUT}/monitors")
    refused = owner.post(f"/rollouts/{ROLLOUT}/alarms/{alarm.id}/acknowledge", data={"found": "real", "done": "ok"})
    answered = owner.post(
        f"/rollouts/{ROLLOUT}/alarms/{alarm.id}/acknowledge",
        data={"found": "real", "done": "The reviews were made."},
        follow_redirects=True,
    )

    assert "At north: 5 of 20 are late or expired" in listed.text
    assert refused.status_code == 409
    assert "at least 10 characters" in refused.text
    assert "The chart begins anew" in answered.text
    assert place.alarms() == []


def test_an_alarm_waits_in_the_inbox_of_its_owner_and_of_who_answers_for_the_care(place, served):
    (alarm,) = place.alarms()
    pages = {one: served.browser_of(one).get("/inbox").text for one in ("pia-berg", "amara-okafor", "leila-haddad")}

    place.answer(alarm.id)

    answer = f'href="/rollouts/{ROLLOUT}/monitors#alarm-{alarm.id}"'
    assert answer in pages["pia-berg"]
    assert answer in pages["amara-okafor"]
    assert "The rollout widens no further." in pages["amara-okafor"]
    assert "Alarms to answer" not in pages["leila-haddad"]
    assert "Alarms to answer" not in served.browser_of("pia-berg").get("/inbox").text


def test_a_warning_waits_for_its_owner_alone(sqlite_ledger, tmp_path):
    place = ward(sqlite_ledger, tmp_path, monitor(action="warn", nature="signal"))
    place.report(line(5))
    place.tick()

    with console(place.workplace, at=MONDAY) as served:
        pages = {one: served.browser_of(one).get("/inbox").text for one in ("pia-berg", "amara-okafor")}

    assert "Alarms to answer" in pages["pia-berg"]
    assert "Alarms to answer" not in pages["amara-okafor"]


def test_programs_read_the_alarms_that_wait(place, served):
    (alarm,) = place.alarms()
    headers = {"Authorization": f"Bearer {token_of('amara-okafor', served, scopes=[Scope.READ])}"}

    found = httpx.get(f"{served.address}/api/v1/inbox", headers=headers, timeout=60).json()

    assert [(one["id"], one["rollout"], one["action"]) for one in found["alarms"]] == [(alarm.id, ROLLOUT, "hold")]


def test_who_may_not_answer_is_shown_no_form(served):
    page = served.browser_of("leila-haddad").get(f"/rollouts/{ROLLOUT}/monitors")

    assert page.status_code == 200
    assert "Answer it" not in page.text


def test_a_monitor_has_its_chart_with_its_numbers_beside_it(served):
    page = served.browser_of("pia-berg").get(f"/rollouts/{ROLLOUT}/monitors/late-reviews")

    assert "<svg" in page.text
    assert "The numbers of this figure" in page.text
    assert "2026-W13" in page.text
    assert "It states a fact, so it has no false alarms." in page.text


def test_programs_report_counts_and_read_alarms(place, served):
    headers = {"Authorization": f"Bearer {token_of('pia-berg', served, scopes=[Scope.REPORT, Scope.READ])}"}
    with httpx.Client(base_url=f"{served.address}/api/v1/rollouts/{ROLLOUT}", headers=headers, timeout=60) as program:
        counts = {"lines": [{"period": "2026-W13", "site": "south", "counts": {"held": 20, "late": 0}}]}
        reported = program.post("/monitors/late-reviews/counts", json=counts)
        again = program.post("/monitors/late-reviews/counts", json=counts)
        counts["lines"][0]["counts"]["late"] = 9
        other = program.post("/monitors/late-reviews/counts", json=counts)
        alarms = program.get("/alarms", params={"open": True}).json()
        one = program.get("/monitors/late-reviews").json()
        answered = program.post(
            f"/alarms/{alarms['items'][0]['id']}/acknowledgement",
            json={"found": "real", "done": "The reviews were made."},
        )

    assert (reported.status_code, reported.json()["new"], again.json()["unchanged"]) == (201, 1, 1)
    assert other.status_code == 409
    assert "Other counts were reported before" in other.json()["detail"]
    assert one["monitor"]["state"] == "alarm"
    assert answered.status_code == 200


def test_metrics_and_the_doctor_notice_silence(place, served):
    text = served.browser().get("/metrics").text
    served.clock.at = MONDAY.replace(day=31, month=5)
    later = served.browser().get("/metrics").text
    signs = {one.part: one for one in diagnosis.examine(settings=place.workplace.settings, at=served.clock.at)}

    assert 'primum_alarms_open{action="hold"} 1.0' in text
    assert "primum_monitors_silent 0.0" in text
    assert "primum_monitors_silent 1.0" in later
    assert "monitors" in signs


@pytest.mark.parametrize("kind", ["tea-leaves", "overdue-reviews"])
def test_a_monitor_that_cannot_read_still_has_its_page(sqlite_ledger, tmp_path, kind):
    made = ward(sqlite_ledger, tmp_path, monitor(kind=kind))
    made.tick()

    with console(made.workplace, at=MONDAY) as running:
        page = running.browser_of("pia-berg").get(f"/rollouts/{ROLLOUT}/monitors/late-reviews")

    assert page.status_code == 200
