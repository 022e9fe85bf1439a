"""What the page and the API of an exposure show, and what their buttons do."""

import csv
import re
from datetime import timedelta

import pytest

from primum.actions import allocation, deviations, site_keys, waves
from primum.actions.exposure_report import exposure_report
from primum.actions.workplace import open_workplace
from primum.ledger.exposures import expose
from primum.roadmap.conditions import Conditions
from primum.roadmap.stages import Stage
from primum.settings import Settings
from tests import gates_at_work, rollouts_on_disk
from tests.api_calls import token_of
from tests.consoles import console
from tests.factories import MORNING
from tests.points_of_care import in_pilot
from tests.refusal_scenes import LEAD, SAFETY, Scene

ROLLOUT = "small-trial"
PAGE = f"/rollouts/{ROLLOUT}/exposure"
API = f"/api/v1{PAGE}"
REASON = "The bridge ran for two weeks without any trouble."
SECRET_UNIT = "CANARY-0815"
SCALE = """scale:
  waves:
    - {name: bridge, sites: [north], share: 1/4, soak_days: 14, checks: [relapse], documents: [audit]}
    - {name: everywhere, sites: [north, south], soak_days: 14, checks: [relapse], documents: [audit]}
  windows:
    - {kind: deny, begins: 2026-12-20T00:00, hours: 336, timezone: Europe/Zurich, words: "The holidays at year's end."}
"""


@pytest.fixture
def hospital(tmp_path):
    """A rollout in its first wave of scale, with some units allocated, and its console."""
    place = open_workplace(Settings(home=tmp_path / "home"))
    scene = Scene(folder=tmp_path / "rollout", place=place, at=MORNING)
    scene.write()
    file = rollouts_on_disk.OnDisk(folder=scene.folder, rows=())
    file.change("kind: replay", "kind: replay\n" + SCALE.rstrip())
    scene.register()
    in_scale(scene)
    with console(place, at=MORNING) as opened:
        yield opened
    place.ledger.close()


def in_scale(scene):
    with scene.place.ledger.transaction() as tx:
        row = tx.lock_rollout(ROLLOUT)
        row.stage = Stage.SCALE
        tx.session.add(row)
        wave = waves.begin_first(
            tx=tx, submission=scene.submission, approved=Conditions(), person="noah-kim", at=MORNING
        )
        said = {"bundle": row.bundle_digest, "wave": wave.name, **wave.limits.plain()}
        expose(tx, rollout=ROLLOUT, at=MORNING, state="scale", cause="a promotion", conditions=said)
        tx.record(kind="rollout.promoted", rollout=ROLLOUT, person="noah-kim", at=MORNING, body={})


def shown_without_leave(hospital, tmp_path):
    log = tmp_path / "outputs.csv"
    with log.open("w", newline="") as file:
        csv.writer(file).writerows([("unit", "site", "shown_at"), (SECRET_UNIT, "north", MORNING.isoformat())])
    (made,) = deviations.record(
        rollout=ROLLOUT,
        outputs=log,
        within=timedelta(hours=1),
        person="system",
        at=MORNING,
        workplace=hospital.desk.workplace,
    )
    return made


def test_the_page_says_what_is_in_force_and_what_keeps_the_next_wave_waiting(hospital):
    page = hospital.browser_of(LEAD).get(PAGE).text

    for words in ("bridge", "north: ", "Not yet", "has not acknowledged", "holidays at year", "No key is in force"):
        assert words in page


def test_a_lead_holds_it_and_lifts_the_hold_again(hospital):
    browser = hospital.browser_of(LEAD)

    held = browser.post(f"{PAGE}/hold", data={"reason": "A look first."}, follow_redirects=True).text
    refused = browser.post(f"{PAGE}/lift", data={"reason": "ok"})
    lifted = browser.post(f"{PAGE}/lift", data={"reason": REASON}, follow_redirects=True).text

    assert "amara-okafor holds it since" in held
    assert (refused.status_code, "at least 20 characters" in refused.text) == (409, True)
    assert "The hold is lifted" in lifted


def test_a_site_says_that_it_has_seen_the_wave(hospital):
    browser = hospital.browser_of(LEAD)

    page = browser.post(f"{PAGE}/acknowledge", data={"site": "north"}, follow_redirects=True).text

    assert "Noted for the site." in page
    assert "north has seen it" not in page


@pytest.mark.parametrize(("button", "why"), [("next", "has not acknowledged"), ("back", "is the first wave")])
def test_a_wave_that_may_not_move_says_why(hospital, button, why):
    answer = hospital.browser_of(LEAD).post(f"{PAGE}/{button}", data={"reason": REASON})

    assert (answer.status_code, why in answer.text) == (409, True)


def test_a_key_is_shown_once_asks_for_its_site_and_ends(hospital):
    browser, place = hospital.browser_of(LEAD), hospital.desk.workplace

    made = browser.post(f"{PAGE}/keys", data={"site": "north", "days": "30"})
    secret = re.search(r"primum_site_[\w-]+", made.text)[0]
    later = browser.get(PAGE).text
    (key,) = site_keys.keys_of(rollout=ROLLOUT, at=MORNING, workplace=place)
    before = asks_for(secret, place)
    ended = browser.post(f"{PAGE}/keys/{key.id}/end", follow_redirects=True).text

    assert (made.status_code, before, secret in later) == (200, {"north"}, False)
    assert "The key is ended" in ended
    assert asks_for(secret, place) == frozenset()


def asks_for(secret, place):
    return site_keys.SiteKeys(workplace=place).sites_of(header=f"Bearer {secret}", at=MORNING)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"site": "nowhere", "days": "30"}, "is no site of small-trial"),
        ({"days": "30"}, "A key is for at least one site"),
        ({"site": "north", "days": "soon"}, "A key lasts between 1 and 365 days"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(hospital, form, why):
    answer = hospital.browser_of(LEAD).post(f"{PAGE}/keys", data=form)

    assert (answer.status_code, why in answer.text) == (409, True)


def test_a_patient_representative_makes_no_key(hospital):
    answer = hospital.browser_of("tomas-silva").post(f"{PAGE}/keys", data={"site": "north", "days": "30"})

    assert (answer.status_code, "holds none of the roles that make keys" in answer.text) == (409, True)


def test_a_deviation_waits_for_the_safety_officer_and_names_nobody(hospital, tmp_path):
    made = shown_without_leave(hospital, tmp_path)
    path = f"{PAGE}/deviations/{made}/review"

    refused = hospital.browser_of(LEAD).post(path, data={"reason": REASON})
    officer = hospital.browser_of(SAFETY)
    before = officer.get(PAGE).text
    after = officer.post(path, data={"reason": REASON}, follow_redirects=True).text

    assert (refused.status_code, "is no safety officer" in refused.text) == (409, True)
    assert "fewer than 10 outputs, shown without asking." in before
    assert "Waits for a safety officer" not in after
    assert f'href="/incidents/{made}"' in before
    incident = officer.get(f"/incidents/{made}").text
    assert "Output of the model was shown without asking" in incident
    assert SECRET_UNIT not in refused.text + before + after + incident


def test_the_api_tells_and_does_the_same(hospital, tmp_path):
    made = shown_without_leave(hospital, tmp_path)
    lead = hospital.browser(headers={"Authorization": f"Bearer {token_of(LEAD, hospital)}"})
    officer = hospital.browser(headers={"Authorization": f"Bearer {token_of(SAFETY, hospital)}"})

    held = lead.post(f"{API}/hold", json={"reason": "A look first."})
    key = lead.post(f"{API}/keys", json={"sites": ["north"], "days": 3})
    seen = lead.post(f"{API}/acknowledgements", json={"site": "north"})
    reviewed = officer.post(f"{API}/deviations/{made}/review", json={"reason": REASON})
    told = lead.get(API).json()

    assert [one.status_code for one in (held, key, seen, reviewed)] == [201, 201, 201, 200]
    assert (told["hold"]["person"], told["wave"]["name"], told["keys"][0]["sites"]) == (LEAD, "bridge", ["north"])
    assert (told["deviations"][0]["outputs"], told["deviations"][0]["reviewed_by"]) == ("fewer than 10", SAFETY)
    assert key.json()["secret"].startswith("primum_site_")
    assert key.json()["secret"] not in str(told)


@pytest.mark.parametrize(("more", "told"), [(6, False), (400, True)])
def test_arms_are_counted_and_small_ones_are_not_told(sqlite_ledger, tmp_path, more, told):
    place = gates_at_work.workplace(sqlite_ledger, tmp_path)
    in_pilot(place, enrolment="at-first-request")
    units = [allocation.Enrolled(unit=f"unit-{number}", values={"site": "north"}) for number in range(more)]
    allocation.allocate(rollout="test-rollout", units=units, person="noah-kim", at=MORNING, workplace=place)

    arms = exposure_report(submission=gates_at_work.submission(), at=MORNING, workplace=place).arms

    assert ("fewer than 5" in arms.sizes.values()) is not told
    assert (arms.ratio_p is not None, arms.imbalance != "") == (told, told)
