"""The JSON API: what a program can read and do in somebody's name."""

from dataclasses import replace

import pytest

from primum.actions import tokens
from primum.actions.tokens import Scope
from primum.actions.workplace import Workplace
from primum.roadmap.people import Role
from primum.settings import Settings
from tests.api_calls import program, token_of, vote_body
from tests.consoles import console
from tests.factories import MORNING
from tests.refusal_scenes import DEPUTY, GATE, LEAD, QUORUM, SAFETY, STEP_UP, Scene

ROLLOUT = "small-trial"


@pytest.fixture
def scene(sqlite_ledger, tmp_path):
    place = Workplace(ledger=sqlite_ledger, settings=Settings(home=tmp_path / "home"))
    return Scene(folder=tmp_path / "rollout", place=place, at=MORNING)


@pytest.fixture
def served(scene):
    with console(scene.place, at=MORNING) as opened:
        yield opened


def approval(scene, person=LEAD, role=Role.CLINICAL_LEAD, **changes):
    return vote_body(replace(scene.asks("", person=person), role=role, **changes))


def test_a_program_reads_a_gate_signs_it_and_sees_what_became_of_it(scene, served):
    scene.awaiting()
    lead = program(served, LEAD)

    shown = lead.get(f"/gates/{GATE}").json()
    signed = lead.post(f"/gates/{GATE}/votes", json=approval(scene) | {"digest": shown["digest"]})
    after = lead.get(f"/gates/{GATE}").json()

    assert (shown["state"], shown["outcome"]) == ("awaiting-seats", "pass")
    assert (signed.status_code, signed.json()["state"]) == (201, "awaiting-seats")
    assert {seat["role"]: seat["person"] for seat in after["seats"]}["clinical-lead"] == "Amara Okafor"
    assert lead.get("/inbox").json()["decisions"][0]["gate"] == GATE


def test_the_last_vote_grants_the_gate(scene, served):
    scene.awaiting()

    states = [
        program(served, person).post(f"/gates/{GATE}/votes", json=approval(scene, person, role)).json()["state"]
        for person, role in QUORUM
    ]

    assert states == ["awaiting-seats"] * 5 + ["granted"]


def test_the_same_vote_sent_twice_is_recorded_once(scene, served):
    scene.awaiting()
    lead, headers = program(served, LEAD), {"Idempotency-Key": "the-same"}

    codes = [lead.post(f"/gates/{GATE}/votes", json=approval(scene), headers=headers).status_code for _ in range(2)]

    assert codes == [201, 409]
    assert lead.get("/ledger", params={"kind": "gate.signed"}).json()["found"] == 1


def test_a_token_never_signs_where_a_signature_is_asked_for_and_is_led_to_the_page(scene, served):
    scene.awaiting(signatures=(STEP_UP,))
    lead = program(served, LEAD)

    refused = lead.post(f"/gates/{GATE}/votes", json=approval(scene))

    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert "asks for a signature and not for a click" in refused.json()["detail"]
    assert refused.json()["link"].startswith(f"{served.address}/sign/")
    assert lead.get("/ledger", params={"kind": "gate.signed"}).json()["found"] == 0


@pytest.mark.parametrize(
    ("call", "scope"),
    [
        (("get", "/gates"), Scope.READ),
        (("post", f"/gates/{GATE}/votes"), Scope.SIGN),
        (("post", f"/gates/{GATE}/promotion"), Scope.SIGN),
        (("post", f"/rollouts/{ROLLOUT}/resumption"), Scope.SIGN),
        (("post", f"/rollouts/{ROLLOUT}/suspension"), Scope.SUSPEND),
        (("post", f"/rollouts/{ROLLOUT}/incidents"), Scope.REPORT),
    ],
)
def test_a_token_does_what_its_scopes_say_and_no_more(scene, served, call, scope):
    scene.awaiting()
    others = [one for one in Scope if one is not scope]

    refused = program(served, LEAD, scopes=others).request(*call, json={})

    assert refused.status_code == 403
    assert refused.json()["detail"] == f"This token may not {scope}; make one with the scope '{scope}'."


def test_a_rollout_is_suspended_by_one_and_goes_on_by_two(scene, served):
    scene.awaiting()
    lead, officer = program(served, LEAD), program(served, SAFETY)
    why = {"reason": "The drift is understood and repaired."}

    stopped = lead.post(f"/rollouts/{ROLLOUT}/suspension", json={"reason": "harm"})
    shown = lead.get(f"/rollouts/{ROLLOUT}").json()
    first = lead.post(f"/rollouts/{ROLLOUT}/resumption", json=why).json()
    second = officer.post(f"/rollouts/{ROLLOUT}/resumption", json=why).json()

    assert stopped.status_code == 200
    assert (shown["exposure"], shown["stopped"]["reason"]) == ("off", "harm")
    assert (first["agreed"], first["lifted"], second["lifted"]) == (1, False, True)


def test_suspending_needs_no_readable_files(scene, served):
    scene.awaiting()
    for name in ("people.yaml", "policy.yaml", "rollout.yaml"):
        (scene.folder / name).write_text("{broken", encoding="utf-8")

    stopped = program(served, LEAD).post(f"/rollouts/{ROLLOUT}/suspension", json={"reason": "harm"})

    assert stopped.status_code == 200, stopped.text


def test_an_incident_is_reported_confirmed_and_closed(scene, served):
    scene.awaiting()
    anybody, officer = program(served, "mei-lin"), program(served, SAFETY)
    happened = {
        "site": "north", "severity": "serious", "category": "wrong-output",
        "what": "The output named the wrong side of the body.", "occurred_at": "2026-03-01T08:00:00Z",
    }  # fmt: skip

    made = anybody.post(f"/rollouts/{ROLLOUT}/incidents", json=happened).json()["id"]
    confirmed = officer.post(f"/incidents/{made}/confirmation", json={})
    closed = officer.post(f"/incidents/{made}/closing", json={"note": "Both sides are compared now."})

    assert f"{ROLLOUT} is suspended" in confirmed.json()["sentence"]
    assert closed.status_code == 200
    assert anybody.get(f"/incidents/{made}").json()["closed_by"] == SAFETY
    assert anybody.get("/incidents", params={"open": True}).json()["total"] == 0


def test_a_seat_is_handed_over_and_taken_back(scene, served):
    scene.awaiting()
    lead = program(served, LEAD)
    wanted = {"role": "clinical-lead", "deputy": DEPUTY, "ends_at": scene.days(7).isoformat(), "reason": "A congress."}

    made = lead.post(f"/rollouts/{ROLLOUT}/delegations", json=wanted | {"reason": "I am away at a congress."})
    listed = lead.get(f"/rollouts/{ROLLOUT}/delegations").json()["items"]
    ended = lead.post(f"/rollouts/{ROLLOUT}/delegations/{made.json()['id']}/end")

    assert [(one["person"], one["deputy"]) for one in listed] == [(LEAD, DEPUTY)]
    assert ended.status_code == 200
    assert lead.get(f"/rollouts/{ROLLOUT}/delegations").json()["total"] == 0


def test_an_interest_is_declared_and_withdrawn(scene, served):
    scene.awaiting()
    lead = program(served, LEAD)

    declared = lead.post(f"/rollouts/{ROLLOUT}/conflicts", json={"reason": "My brother works for the provider."})
    refused = lead.post(f"/gates/{GATE}/votes", json=approval(scene))
    withdrawn = lead.post(f"/rollouts/{ROLLOUT}/conflicts/end")

    assert (declared.status_code, refused.status_code, withdrawn.status_code) == (201, 409, 200)
    assert "declared a conflict of interest" in refused.json()["detail"]


def test_what_an_approval_leaves_to_be_done_is_closed_by_somebody_else(scene, served):
    scene.awaiting()
    asked = {"what": "Recalibrate at the north site.", "owner": "mei-lin", "due_at": scene.days(30).isoformat()}
    program(served, LEAD).post(f"/gates/{GATE}/votes", json=approval(scene) | {"contingency": asked})
    made = program(served, LEAD).get(f"/rollouts/{ROLLOUT}/contingencies").json()["items"][0]
    path, note = f"/rollouts/{ROLLOUT}/contingencies/{made['id']}/closing", {"note": "Calibrated again on Monday."}

    own, other = program(served, "mei-lin").post(path, json=note), program(served, DEPUTY).post(path, json=note)

    assert (own.status_code, other.status_code) == (409, 200)


def test_a_waiver_takes_two_people_each_with_a_token_of_their_own(scene, served):
    scene.awaiting()
    asked = {"check": "sensitivity", "reason": "The registry is late this month.", "days": 7}
    path, lead = f"/rollouts/{ROLLOUT}/waivers", program(served, LEAD)

    unknown = lead.post(path, json=asked | {"second": "primum_nobody"})
    own = lead.post(path, json=asked | {"second": token_of(LEAD, served)})
    other = lead.post(path, json=asked | {"second": token_of(SAFETY, served)})

    assert unknown.status_code == 403
    assert own.status_code == other.status_code == 409
    assert "has no check 'sensitivity'" in other.json()["detail"]


def test_an_entry_of_the_log_comes_with_a_proof_that_holds(scene, served):
    scene.awaiting()
    lead = program(served, LEAD)

    newest = lead.get("/ledger").json()["entries"][0]
    shown = lead.get(f"/ledger/{newest['position']}").json()
    kept = lead.get("/ledger/checkpoint").json()["text"]
    checked = lead.post("/ledger/verification", json={"checkpoint": kept}).json()

    assert shown["proven"]
    assert checked == {"intact": True, "entries": shown["size"], "outside": True, "refused": "", "problems": []}


def test_lists_come_in_pages(scene, served):
    scene.awaiting()
    lead = program(served, LEAD)

    first = lead.get(f"/rollouts/{ROLLOUT}/timeline", params={"limit": 1}).json()
    last = lead.get(f"/rollouts/{ROLLOUT}/timeline", params={"limit": 200, "offset": first["next"]}).json()

    assert len(first["items"]) == 1
    assert last["next"] is None
    assert first["total"] == 1 + len(last["items"])


def test_what_a_rollout_rests_on_is_told_without_its_place_on_disk(scene, served):
    scene.awaiting()
    lead = program(served, LEAD)

    answers = [lead.get(f"/rollouts/{ROLLOUT}{part}") for part in ("", "/evidence", "/documents")]
    answers += [lead.get(path) for path in ("/rollouts", "/guidelines", "/people", "/me")]

    assert [one.status_code for one in answers] == [200] * 7
    assert str(scene.folder) not in "".join(one.text for one in answers)
    assert [one["id"] for one in lead.get("/people").json()["items"]] == [LEAD]
    assert program(served, "the-administrator", administrator=True).get("/people").json()["total"] > 10


@pytest.mark.parametrize(
    ("path", "status"),
    [("/gates/small-trial.G9.9", 404), ("/gates/another.G1.1", 403), ("/rollouts/another", 403),
     ("/incidents/ab12", 404), ("/ledger/999", 404), ("/nothing", 404), ("/gates/%00", 422)],
)  # fmt: skip
def test_what_is_not_there_or_not_ones_own_is_said_in_one_form(scene, served, path, status):
    scene.awaiting()

    answer = program(served, LEAD).get(path)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")


def test_a_wrong_token_is_nobody_and_its_text_is_not_repeated(scene, served):
    wrong = "primum_" + "0" * 32 + "_" + "x" * 43

    answer = program(served, LEAD).get("/me", headers={"Authorization": f"Bearer {wrong}"})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert wrong not in answer.text


def test_what_was_sent_wrongly_is_told_by_its_field_and_not_repeated(scene, served):
    scene.awaiting()
    body = approval(scene) | {"seat": "4711-Mueller", "surprise": "4711"}

    answer = program(served, LEAD).post(f"/gates/{GATE}/votes", json=body)

    assert answer.status_code == 422
    assert "seat" in answer.json()["detail"]
    assert "4711" not in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"zone": "Atlantis/Capital"},
        {"reason": "a reason with a \0 in it, long enough"},
        {"conditions": {"until": "0001-01-01T00:00:00+14:00"}},
        {"contingency": {"what": "Recalibrate it.", "owner": "mei-lin", "due_at": "9999-12-31T23:59:59-14:00"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_could_be_kept_and_not_read_again_is_refused(scene, served, changes):
    scene.awaiting()

    answer = program(served, LEAD).post(f"/gates/{GATE}/votes", json=approval(scene) | changes)

    assert answer.status_code == 422, answer.text


def test_a_share_that_would_take_for_ever_to_compute_is_refused_at_once(scene, served):
    scene.awaiting()

    answer = program(served, LEAD).post(
        f"/gates/{GATE}/votes", json=approval(scene) | {"conditions": {"share": "1e999999999"}}
    )

    assert "is no share of patients" in answer.json()["detail"]


def test_a_token_that_was_revoked_does_nothing_more(scene, served):
    scene.awaiting()
    lead = program(served, LEAD)
    for one in tokens.of(person=LEAD, at=MORNING, workplace=scene.place):
        tokens.revoke(token=one.id, person=LEAD, at=MORNING, workplace=scene.place)

    assert lead.get("/me").status_code == 401


def test_the_calls_are_described_for_programs_and_listed_for_people_without_another_host(served):
    description, page = served.browser().get("/api/v1/openapi.json").json(), served.browser().get("/api/v1/docs")

    listed = [path for path in description["paths"] if path not in page.text]
    undescribed = [
        (path, method)
        for path, calls in description["paths"].items()
        for method, call in calls.items()
        if not call.get("description")
    ]
    assert page.status_code == 200
    assert (listed, undescribed) == ([], [])
    assert "http" not in page.text.replace("http-equiv", "").replace("http://www.w3.org", "")
