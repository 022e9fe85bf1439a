"""A version is published from the terminal, by a program and by an outside registry: one action, the same sentences."""

import hashlib
import hmac
import json

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import select

from primum.actions.tokens import Scope
from primum.ledger.guideline_tables import GuidelineVersion
from primum.settings import shipped
from tests.api_calls import program
from tests.consoles import console
from tests.factories import MORNING
from tests.guideline_factories import before_2025, changed_copy, of_2025
from tests.guidelines_at_work import LEAD, STEWARD, at_work

SECRET, OLDER = "a secret of both sides", "the secret before"
HOOK = "/api/v1/guidelines/webhook"
NOW = int(MORNING.timestamp())


@pytest.fixture(scope="module")
def working(tmp_path_factory):
    secrets = SecretStr(f"{SECRET}, {OLDER}")
    working = at_work(tmp_path_factory.mktemp("registry"), guideline_secrets=secrets)
    working.publish(before_2025())
    yield working
    working.place.ledger.close()


@pytest.fixture(scope="module")
def served(working):
    with console(working.place) as opened:
        yield opened


def signed(body: bytes, *, secret: str = SECRET, sent: object = NOW) -> dict[str, str]:
    """Headers as a registry makes them, with nothing of ours."""
    text = b"v1:" + str(sent).encode() + b":" + body
    digest = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return {"X-Primum-Timestamp": str(sent), "X-Primum-Signature": f"v1={digest}"}


def body_of(**changes) -> bytes:
    return json.dumps({**of_2025().model_dump(mode="json"), **changes}).encode()


def send(served, body: bytes, headers) -> httpx.Response:
    return httpx.post(f"{served.address}{HOOK}", content=body, headers=headers, trust_env=False, timeout=60)


def versions(working) -> list[str]:
    with working.place.ledger.reading() as session:
        return sorted(row.version for row in session.exec(select(GuidelineVersion)).all())


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


BODY = body_of(version="refused")
REFUSED = {
    "unsigned": {},
    "without a time": without(signed(BODY), "X-Primum-Timestamp"),
    "without a signature": without(signed(BODY), "X-Primum-Signature"),
    "with two signatures": [*signed(BODY).items(), ("X-Primum-Signature", "v1=0")],
    "too old": signed(BODY, sent=NOW - 301),
    "from the future": signed(BODY, sent=NOW + 301),
    "a time that is no number": signed(BODY, sent="now"),
    "a time of many digits": signed(BODY, sent="9" * 40),
    "a signature of another secret": signed(BODY, secret="a guess"),
    "a signature by an empty secret": signed(BODY, secret=""),
    "a signature that is not ASCII": {**signed(BODY), "X-Primum-Signature": "v1=é".encode("latin-1")},
    "a signature of another body": signed(b"{}"),
}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_what_the_registry_did_not_sign_lately_is_401_and_never_500(headers, working, served):
    answer = send(served, BODY, headers)

    assert answer.status_code == 401, answer.text
    assert "refused" not in versions(working)


def test_a_request_that_was_taken_is_not_taken_again(served):
    body = body_of(version="taken-once", published_on="2025-06-01", effective_on="2025-06-01")
    headers = signed(body, secret=OLDER)

    first, again = send(served, body, headers), send(served, body, headers)

    assert first.status_code == 201, first.text
    assert first.json()["affected"] == 1
    assert (again.status_code, "taken before" in again.json()["detail"]) == (401, True)


def test_sent_again_under_a_new_signature_the_same_version_changes_nothing(served):
    body = body_of(version="sent-twice", published_on="2025-07-01", effective_on="2025-07-01")

    first, again = send(served, body, signed(body)), send(served, body, signed(body, sent=NOW + 1))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["is_new"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[" * 5_000, 422),
        (b"\xff\xfe", 422),
        (b'{"id": "\\ud800"}', 422),
        (body_of(version=7), 422),
        (body_of(summary="a\x00b", version="nul", published_on="2020-01-01", effective_on="2020-01-01"), 409),
        (
            body_of(rules=[{"label": "above", "when": {"field": "systolic", "operator": "at_least", "value": 10**40}}]),
            422,
        ),
        (body_of(version="late", published_on="2001-01-01"), 409),
    ],
    ids=["nothing", "no JSON", "deep", "no UTF-8", "half a pair", "a number", "a NUL, and old", "a huge limit", "old"],
)
def test_what_the_registry_signed_and_cannot_be_kept_says_why(body, status, served):
    answer = send(served, body, signed(body))

    assert answer.status_code == status, answer.text


def test_without_a_secret_nobody_is_a_registry(tmp_path):
    working = at_work(tmp_path)
    body = body_of()

    with console(working.place) as served:
        answer = send(served, body, signed(body, secret=""))

    assert answer.status_code == 401
    working.place.ledger.close()


def test_a_program_of_a_steward_publishes_with_the_scope_for_it(served):
    asked = changed_copy(of_2025(), version="2026", published_on="2026-01-01", effective_on="2026-01-01")
    body = asked.model_dump(mode="json")

    made = program(served, STEWARD, scopes=[Scope.PUBLISH]).post("/guidelines", json=body)
    narrow = program(served, STEWARD, scopes=[Scope.REPORT]).post("/guidelines", json=body)
    nobody_s = program(served, LEAD, scopes=[Scope.PUBLISH]).post("/guidelines", json={**body, "version": "2027"})

    assert (made.status_code, made.json()["guideline"]) == (201, "hypertension@2026")
    assert narrow.status_code == 403
    assert (nobody_s.status_code, "guideline-steward" in nobody_s.json()["detail"]) == (409, True)


def test_a_program_reads_the_registry(served):
    page = program(served, LEAD, scopes=[Scope.READ]).get("/guidelines/registry").json()

    assert page["items"][-1]["name"] == "hypertension@before-2025"
    assert page["items"][0]["affected"][0]["rollout"] == "small-trial"


def test_the_terminal_publishes_lists_shows_and_compares(primum, tmp_path, monkeypatch):
    working = at_work(tmp_path / "own")
    monkeypatch.setenv("PRIMUM_HOME", str(working.place.home))
    old, new = (str(shipped("config") / "guidelines" / f"hypertension-{one}.yaml") for one in ("before-2025", "2025"))

    published = [primum("guideline", "publish", file, "--as", STEWARD) for file in (old, new, new)]
    refused = primum("guideline", "publish", old, "--as", LEAD)
    listed, shown = primum("guideline", "list", "--json"), primum("guideline", "show", "hypertension@2025")
    compared = primum("guideline", "diff", "hypertension@before-2025", new)
    unknown = primum("guideline", "show", "hypertension@1999")

    assert [one.code for one in published] == [0, 0, 0]
    assert "small-trial follows hypertension@before-2025" in published[1].out
    assert "word for word" in published[2].out
    assert (refused.code, "guideline-steward" in refused.err) == (4, True)
    assert [one["name"] for one in json.loads(listed.out)] == ["hypertension@2025", "hypertension@before-2025"]
    assert "small-trial still follows hypertension@before-2025" in shown.out
    assert compared.out.startswith("adults at high risk: systolic 130-139 or diastolic 80-89 changes from at target")
    assert (unknown.code, "No guideline 'hypertension@1999'" in unknown.err) == (2, True)
    working.place.ledger.close()
