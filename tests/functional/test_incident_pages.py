"""Incidents and stops on pages and in the API: the same actions, and nothing that stays in the data plane."""

from dataclasses import replace

import httpx
import pytest

from primum.actions import incidents, site_keys
from primum.roadmap.fhir_adverse_event import problems
from primum.roadmap.roles import Role
from tests import factories
from tests import gates_at_work as work
from tests.api_calls import program
from tests.consoles import console
from tests.factories import MORNING
from tests.incidents_at_work import LEAD, NURSE, ROLLOUT, SAFETY, WHAT, Ward

CANARY = "ENC-CANARY-9917"


@pytest.fixture
def ward(sqlite_ledger, tmp_path):
    return Ward(folder=tmp_path / "rollout", place=work.workplace(sqlite_ledger, tmp_path / "home"), at=MORNING).begin()


@pytest.fixture
def served(ward):
    with console(ward.place, at=MORNING) as running:
        yield running


@pytest.fixture
def incident(ward):
    return ward.report(details=incidents.Details(encounter=CANARY))


def test_the_page_of_an_incident_shows_clocks_who_used_it_and_who_may_do_what(served, incident):
    officer, nurse = served.browser_of(SAFETY), served.browser_of(NURSE)

    page, hers = (one.get(f"/incidents/{incident}").text for one in (officer, nurse))

    assert "14 days left" in page
    assert "21 CFR 803.30(a)(2)" in page
    assert "kept in the data plane" in page
    assert CANARY not in page
    assert "Grade it anew" in page
    assert "Grade it anew" not in hers
    assert "Add words" in hers


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (
            {"kind": "causality", "value": "probable", "note": "Two readers agree."},
            "Causality: probable. Two readers agree.",
        ),
        ({"kind": "limitation", "value": "none", "note": "Not on the card."}, "Limitation: undisclosed"),
        ({"kind": "remedy", "note": "The filter is repaired."}, "Remedial action: needed"),
        ({"kind": "severity", "value": "minor", "note": "It was caught."}, "Severity: minor"),
        ({"kind": "words", "note": "It was the left knee."}, "Words: added. It was the left knee."),
    ],
)
def test_what_was_found_is_recorded_on_the_page(served, incident, form, words):
    officer = served.browser_of(SAFETY)

    answer = officer.post(f"/incidents/{incident}/findings", data=form, follow_redirects=True)

    assert answer.status_code == 200
    assert words in answer.text


def test_a_form_that_is_refused_says_why(served, incident):
    nurse = served.browser_of(NURSE)
    form = {"kind": "causality", "value": "probable", "note": "Two readers agree."}

    answer = nurse.post(f"/incidents/{incident}/findings", data=form)

    assert answer.status_code == 409
    assert "none of the roles that confirm and close" in answer.text


def test_what_another_rollout_says_of_somebody_gives_no_role_here(served, ward, incident):
    elsewhere = work.submission(rollout="another-trial")
    officer = factories.person(NURSE, Role.SAFETY_OFFICER, Role.CLINICAL_LEAD)
    work.register(replace(elsewhere, people=(officer,)), ward.place)
    nurse = served.browser_of(NURSE)

    found = nurse.post(f"/incidents/{incident}/findings", data={"kind": "remedy", "note": "The filter is repaired."})
    confirmed = nurse.post(f"/incidents/{incident}/confirm", data={"severity": "death"})

    for answer in (found, confirmed):
        assert answer.status_code == 409
        assert "none of the roles that confirm and close" in answer.text
    assert ward.standing() is None


def test_a_submission_and_redress_are_recorded_on_the_page(served, ward, incident):
    officer = served.browser_of(SAFETY)
    clock = next(iter(ward.clocks(incident).values())).id
    sent = {"sent": "2026-03-02T09:00", "reference": "FDA 2026-0042"}
    offered = {"way": "compensation", "what": "An offer by the insurer."}

    first = officer.post(f"/incidents/{incident}/clocks/{clock}/submit", data=sent, follow_redirects=True)
    second = officer.post(f"/incidents/{incident}/redress", data=offered, follow_redirects=True)

    assert "submitted in time" in first.text
    assert "Reference FDA 2026-0042." in first.text
    assert "An offer by the insurer." in second.text


@pytest.mark.parametrize(
    ("shape", "media"),
    [
        ("fhir-r4", "application/fhir+json"),
        ("fhir-r5", "application/fhir+json"),
        ("medwatch", "application/json"),
        ("medwatch-html", "text/html; charset=utf-8"),
    ],
)
def test_an_incident_is_handed_over_in_every_shape_without_its_encounter(served, incident, shape, media):
    answer = served.browser_of(SAFETY).get(f"/incidents/{incident}/export/{shape}")

    assert answer.headers["content-type"] == media
    assert CANARY not in answer.text


def test_a_site_says_on_the_page_that_it_has_seen_a_stop(served, ward):
    lead, nurse = served.browser_of(LEAD), served.browser_of(NURSE)
    lead.post(f"/rollouts/{ROLLOUT}/suspend", data={"reason": "Something is wrong.", "harm": "yes"})

    before = nurse.get(f"/rollouts/{ROLLOUT}/suspension").text
    after = nurse.post(f"/rollouts/{ROLLOUT}/acknowledge", data={"site": "north"}, follow_redirects=True).text

    assert ward.standing().for_harm
    assert before.count("Not seen yet") == 3
    assert after.count("Not seen yet") == 2
    assert f"by {NURSE}" in after


def test_the_api_tells_and_records_the_same(served, ward, incident):
    officer = program(served, SAFETY)

    told = officer.get(f"/incidents/{incident}/care").json()
    event = officer.get(f"/incidents/{incident}/export/fhir-r4").json()
    clock = told["clocks"][0]["id"]
    sent = officer.post(
        f"/clocks/{clock}/submission", json={"submitted_at": "2026-03-02T09:00:00Z", "reference": "FDA 2026-0042"}
    )
    graded = officer.post(f"/incidents/{incident}/grading", json={"severity": "death", "note": "The patient died."})
    wrong = officer.post(f"/incidents/{incident}/findings", json={"kind": "causality", "value": "maybe", "note": WHAT})

    assert told["has_encounter"]
    assert CANARY not in str(told) + str(event)
    assert problems(event, release="R4") == ()
    assert (sent.status_code, graded.status_code, wrong.status_code) == (200, 200, 409)
    assert "us user-facility-death" in ward.clocks(incident)
    assert "is no causality" in wrong.json()["detail"]


def test_the_api_takes_what_came_of_it_and_an_encounter_that_stays_in_the_data_plane(served):
    nurse = program(served, NURSE)
    said = {"site": "north", "severity": "serious", "category": "wrong-output", "what": WHAT}
    more = {"harm": "longer-in-hospital", "used_by": LEAD, "encounter": CANARY, "occurred_at": "2026-03-01T12:00:00Z"}

    made = nurse.post(f"/rollouts/{ROLLOUT}/incidents", json=said | more)
    told = nurse.get(f"/incidents/{made.json()['id']}/care")

    assert made.status_code == 201
    assert (told.json()["harm"], told.json()["used_by"], told.json()["has_encounter"]) == (
        "longer-in-hospital", LEAD, True,
    )  # fmt: skip
    assert CANARY not in made.text + told.text


def test_the_system_of_a_site_says_it_by_its_key_and_no_other(served, ward):
    ward.suspend()
    secret = site_keys.make(sites=("north",), person=LEAD, days=30, at=MORNING, workplace=ward.place)
    address = f"{served.address}/api/v1/systems/acknowledgements"
    headers = {"Authorization": f"Bearer {secret}"}

    with httpx.Client(trust_env=False, timeout=60) as system:
        nobody = system.post(address, json={"rollout": ROLLOUT, "site": "north"})
        other = system.post(address, json={"rollout": ROLLOUT, "site": "south"}, headers=headers)
        seen = system.post(address, json={"rollout": ROLLOUT, "site": "north"}, headers=headers)
    told = program(served, LEAD).get(f"/rollouts/{ROLLOUT}/suspension").json()

    assert (nobody.status_code, other.status_code, seen.status_code) == (401, 409, 201)
    assert [one["by"] for one in told["sites"]] == ["", "system of north", ""]
