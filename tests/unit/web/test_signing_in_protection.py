"""What stands before every page."""

from datetime import timedelta

import pytest
from fastapi import APIRouter

from primum.actions import tokens
from primum.actions.gates import UnknownGate
from primum.actions.tokens import Scope
from primum.actions.workplace import open_workplace
from primum.settings import Settings
from primum.web.visitors import NotAllowed, SignedIn
from tests.consoles import console, have_account
from tests.factories import MORNING

router = APIRouter()


@router.get("/who")
@router.post("/who")
@router.get("/api/who")
@router.post("/api/who")
def who(visitor: SignedIn) -> dict[str, str]:
    return {"person": visitor.person, "method": visitor.method}


@router.get("/refused/{kind}")
@router.get("/api/refused/{kind}")
def refused(kind: str) -> None:
    raise {
        "gate": UnknownGate("No gate has the id 'x'."),
        "person": NotAllowed("You hold no role at this rollout."),
        "fault": ValueError("patient 4711 was here"),
    }[kind]


@pytest.fixture(scope="module")
def at_work(tmp_path_factory):
    place = open_workplace(Settings(home=tmp_path_factory.mktemp("home")))
    with place.ledger, console(place, routers=(router,)) as served:
        yield served


def test_every_answer_tells_the_browser_to_be_strict(at_work):
    answer = at_work.browser().get("/who")

    assert "script-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_leads_a_stranger_to_signing_in_and_back(at_work):
    answer = at_work.browser().get("/who?a=1")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fwho%3Fa%3D1"


def test_the_api_tells_a_stranger_so(at_work):
    answer = at_work.browser().get("/api/who")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["detail"].startswith("Sign in first")


def test_a_session_speaks_for_its_person(at_work):
    answer = at_work.browser_of("amara-okafor").get("/who")

    assert answer.json() == {"person": "amara-okafor", "method": "password"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "of another session"},
    ],
)
def test_a_form_from_elsewhere_or_without_the_secret_does_nothing(at_work, headers):
    browser = at_work.browser_of("amara-okafor")
    browser.headers.update(headers)

    answer = browser.post("/who")

    assert answer.status_code == 403


def test_a_form_carries_the_secret_in_a_field_too(at_work):
    browser = at_work.browser_of("amara-okafor")
    secret = browser.headers.pop("X-CSRF-Token")

    answers = [browser.post("/who", data={"csrf": secret}), browser.post("/who", files={"csrf": (None, secret)})]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_a_browser_that_does_not_say_where_a_form_came_from_is_not_believed(at_work):
    browser = at_work.browser_of("amara-okafor")
    del browser.headers["Origin"], browser.headers["Sec-Fetch-Site"]

    assert browser.post("/who").status_code == 403


def test_a_token_speaks_for_its_person_and_needs_no_form(at_work):
    place = at_work.desk.workplace
    have_account("leila-haddad", place=place)
    made = tokens.create(
        person="leila-haddad", name="script", scopes=(Scope.READ,), days=1, at=MORNING, workplace=place
    )
    browser = at_work.browser(headers={"Authorization": f"Bearer {made.secret}"})
    del browser.headers["Origin"], browser.headers["Sec-Fetch-Site"]

    assert browser.post("/api/who").json() == {"person": "leila-haddad", "method": "token"}


def test_a_wrong_token_is_not_made_good_by_a_cookie(at_work):
    browser = at_work.browser_of("amara-okafor")

    answer = browser.get("/api/who", headers={"Authorization": "Bearer primum_x"})

    assert answer.status_code == 401


@pytest.mark.parametrize(("kind", "status"), [("gate", 404), ("person", 403), ("fault", 500)])
def test_a_refusal_is_a_page_for_people_and_a_problem_for_programs(at_work, kind, status):
    browser = at_work.browser()

    page, problem = browser.get(f"/refused/{kind}"), browser.get(f"/api/refused/{kind}")

    assert (page.status_code, problem.status_code) == (status, status)
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == status


def test_the_message_of_a_fault_is_withheld(at_work):
    browser = at_work.browser()

    said = browser.get("/refused/fault").text + browser.get("/api/refused/fault").text

    assert "4711" not in said
    assert "ValueError in tests" not in said
    assert "ValueError in" in said


def test_an_unknown_address_is_a_page(at_work):
    answer = at_work.browser().get("/nothing/here")

    assert answer.status_code == 404
    assert "Nothing is at this address" in answer.text


def test_a_request_larger_than_any_form_is_refused(at_work):
    answer = at_work.browser().post("/api/who", content=b"x" * 1_000_001)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/who?a=%00", {}),
        ("/who/%00", {}),
        ("/who", {"data": {"reason": "x\x00"}}),
        ("/who", {"files": {"reason": (None, "x\x00")}}),
        ("/api/who", {"content": b'{"reason": "x\\u0000"}', "headers": {"Content-Type": "application/json"}}),
        ("/api/who", {"content": b'{"reason": "\\ud800"}', "headers": {"Content-Type": "application/json"}}),
    ],
)
def test_a_character_that_no_database_keeps_is_refused_with_a_sentence(at_work, path, sent):
    answer = at_work.browser_of("amara-okafor").post(path, **sent)

    assert answer.status_code == 422
    assert "cannot be kept" in answer.text


def test_other_escapes_in_json_are_let_through(at_work):
    content = {"content": b'{"reason": "\\ud83d\\ude00 \\\\u0000"}', "headers": {"Content-Type": "application/json"}}

    assert at_work.browser_of("amara-okafor").post("/api/who", **content).status_code == 200


def test_a_session_that_nobody_used_for_half_an_hour_is_over(at_work):
    browser = at_work.browser_of("amara-okafor")
    at_work.clock.at = MORNING + timedelta(minutes=30)

    answer = browser.get("/who")

    at_work.clock.at = MORNING
    assert answer.status_code == 303
