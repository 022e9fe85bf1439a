"""Signing in at somebody else's provider, run as a process of its own."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import httpx
import pytest

from primum.actions import accounts
from primum.actions.workplace import open_workplace
from primum.settings import Settings
from tests.consoles import console, listening

PEOPLE = """\
people:
  - {id: amara-okafor, name: Amara Okafor, organisation: Riverside University Hospital}
"""
READY_SECONDS = 60


@pytest.fixture(scope="module")
def provider():
    """The address of a provider that was written and is run by itself."""
    with listening() as door:
        port = door.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    quiet = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    process = subprocess.Popen(command, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield until_ready(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(timeout=10)


def until_ready(address, process):
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/.well-known/openid-configuration").status_code == httpx.codes.OK:
                return address
        except httpx.TransportError:
            assert process.poll() is None
        time.sleep(0.1)
    raise AssertionError(f"The provider was not ready within {READY_SECONDS} s.")


@pytest.fixture
def at_work(tmp_path, provider):
    (tmp_path / "people.yaml").write_text(PEOPLE)
    settings = Settings(home=tmp_path, oidc_issuer=provider, oidc_client_id="primum", oidc_client_secret="kept by both")
    place = open_workplace(settings)
    with place.ledger, console(place, at=datetime.now(UTC)) as served:
        yield served


def there_and_back(browser, path, **form):
    out = browser.get(path).headers["location"]
    back = httpx.post(out, data=form or {"sub": "subject-of-amara"}).headers["location"]
    return back, browser.get(back)


def test_an_invitation_a_login_a_replay_and_a_logout(at_work, provider):
    place, at = at_work.desk.workplace, at_work.clock.at
    secret = accounts.invite(person="amara-okafor", made_by="administrator", at=at, workplace=place)
    _, bound = there_and_back(at_work.browser(), f"/invited/{secret}/provider")
    browser = at_work.browser()

    back, entered = there_and_back(browser, "/sign-in/provider?next=/account")
    replayed = browser.get(back)
    page = browser.get("/account").text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    browser.post("/sign-out", data={"csrf": csrf})
    out = browser.get("/signed-out").text

    assert bound.headers["location"] == "/"
    assert entered.headers["location"] == "/account"
    assert replayed.status_code == 422
    assert "Amara Okafor" in page
    assert f"{provider}/oauth2/end_session?client_id=primum" in out
    assert browser.get("/account").status_code == 303


def test_an_identity_that_nobody_bound_opens_nothing(at_work):
    _, answer = there_and_back(at_work.browser(), "/sign-in/provider", sub="amara-okafor")

    assert answer.status_code == 422
    assert "stands for nobody here" in answer.text


def test_a_person_who_declines_comes_back_to_a_sentence(at_work):
    browser = at_work.browser()
    out = browser.get("/sign-in/provider").headers["location"]
    back = httpx.post(out, data={"action": "deny"}).headers["location"]

    answer = browser.get(back)

    assert answer.status_code == 422
    assert "you or the provider declined" in answer.text
