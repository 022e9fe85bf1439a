"""Coming in with a password, going out, and looking after one's account, over real sockets."""

import time
from datetime import timedelta

import pytest
from starlette.responses import Response

from primum.actions import accounts
from primum.actions.workplace import open_workplace
from primum.settings import Settings
from primum.web.desk import Desk
from primum.web.session_cookies import cookie_name, set_cookie
from tests.consoles import console
from tests.factories import MORNING

GOOD = "correct horse battery staple"
PEOPLE = """\
people:
  - {id: amara-okafor, name: Amara Okafor, organisation: Riverside University Hospital}
"""


@pytest.fixture(scope="module")
def at_work(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (home / "people.yaml").write_text(PEOPLE)
    place = open_workplace(Settings(home=home))
    with place.ledger, console(place) as served:
        secret = accounts.invite(person="amara-okafor", made_by="administrator", at=MORNING, workplace=place)
        served.browser().post(f"/invited/{secret}", data={"password": GOOD, "again": GOOD})
        yield served


@pytest.fixture
def browser(at_work):
    return signed_in(at_work)


def signed_in(at_work, **form):
    browser = at_work.browser()
    answer = browser.post("/sign-in", data={"person": "amara-okafor", "password": GOOD} | form)
    assert answer.status_code == 303, answer.text
    return browser


def sent(browser, path, **form):
    secret = browser.get("/account").text.split('name="csrf" value="')[1].split('"')[0]
    return browser.post(path, data={"csrf": secret} | form)


def test_an_invitation_is_looked_at_without_using_it_and_opens_the_account_once(at_work):
    place = at_work.desk.workplace
    secret = accounts.invite(
        person="administrator", administrator=True, made_by="operator", at=MORNING, workplace=place
    )
    browser = at_work.browser()
    shown = [browser.get(f"/invited/{secret}").status_code for _ in range(2)]
    form = {"password": GOOD, "again": GOOD}

    different = browser.post(f"/invited/{secret}", data=form | {"again": "another"})
    opened = browser.post(f"/invited/{secret}", data=form)
    again = browser.post(f"/invited/{secret}", data=form, headers={"X-CSRF-Token": "x"})

    assert shown == [200, 200]
    assert "not the same" in different.text
    assert opened.headers["location"] == "/"
    assert again.status_code == 403
    assert at_work.browser().post(f"/invited/{secret}", data=form).status_code == 410


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(at_work):
    answer = at_work.browser().post("/sign-in", data={"person": "amara-okafor", "password": GOOD})

    attributes = answer.headers["set-cookie"].lower()
    assert "httponly" in attributes
    assert "samesite=lax" in attributes
    assert "path=/" in attributes
    assert "domain" not in attributes


def test_over_tls_the_cookie_is_bound_to_the_host(at_work):
    desk = Desk(workplace=at_work.desk.workplace, clock=at_work.clock, address="https://primum.example")
    answer = Response()

    set_cookie(answer, desk=desk, value="x")

    assert cookie_name(desk) == "__Host-primum"
    assert "Secure" in answer.headers["set-cookie"]


def test_each_time_one_comes_in_the_session_has_a_new_id_and_the_old_one_is_over(at_work, browser):
    before, secret = (
        browser.cookies["primum"],
        browser.get("/account").text.split('name="csrf" value="')[1].split('"')[0],
    )
    form = {"person": "amara-okafor", "password": GOOD, "csrf": secret}

    browser.post("/sign-in", data=form)

    assert browser.cookies["primum"] != before
    old = at_work.browser()
    old.cookies.set("primum", before)
    assert old.get("/account").status_code == 303


def test_a_cookie_that_somebody_else_chose_opens_nothing(at_work):
    browser = at_work.browser()
    browser.cookies.set("primum", "chosen-by-another")

    assert browser.get("/account").status_code == 303


def test_who_exists_is_told_by_neither_words_nor_time(at_work):
    said, took = set(), []
    for person in ("amara-okafor", "a-stranger"):
        began = time.monotonic()
        answer = at_work.browser().post("/sign-in", data={"person": person, "password": "wrong wrong wrong"})
        took.append(time.monotonic() - began)
        said.add((answer.status_code, answer.text.replace(f'value="{person}"', "")))

    assert len(said) == 1
    assert min(took) >= 0.75
    assert "do not open an account here" in said.pop()[1]


def test_signing_out_ends_the_session_here(at_work, browser):
    cookie = browser.cookies["primum"]

    answer = sent(browser, "/sign-out")

    assert answer.headers["location"] == "/signed-out"
    assert "You are signed out" in browser.get("/signed-out").text
    kept = at_work.browser()
    kept.cookies.set("primum", cookie)
    assert kept.get("/account").status_code == 303


def test_a_session_elsewhere_is_ended_from_here(at_work, browser):
    other = signed_in(at_work)

    sent(browser, "/account/sessions/end")

    assert other.get("/account").status_code == 303
    assert browser.get("/account").status_code == 200


def test_a_token_is_shown_once_and_ended(at_work, browser):
    made = sent(browser, "/account/tokens", name="night job", scope="read", days="30")
    secret = made.text.split('<code class="digest">')[1].split("<")[0]
    program = at_work.browser(headers={"Authorization": f"Bearer {secret}"})
    own_pages = program.get("/account").status_code
    page = browser.get("/account").text

    key = page.split('name="token" value="')[1].split('"')[0]
    ended = sent(browser, "/account/tokens/end", token=key)

    assert secret.startswith("primum_")
    assert secret not in page
    assert own_pages == 403
    assert ended.status_code == 303
    assert program.get("/account").status_code == 303


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "x"}, "at least one scope"),
        ({"name": "", "scope": "read"}, "has a name"),
        ({"name": "x", "scope": "read", "days": "366"}, "from 1 to 365 days"),
    ],
)
def test_a_token_that_is_refused_says_why(browser, form, sentence):
    answer = sent(browser, "/account/tokens", **form)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_times_are_shown_in_the_zone_one_chooses_with_utc_beside(browser):
    before = browser.get("/account").text
    sent(browser, "/account/zone", zone="Europe/Zurich")
    refused = sent(browser, "/account/zone", zone="Nowhere/Else")

    after = browser.get("/account").text

    assert "09:00 UTC" in before
    assert "10:00 CET" in after
    assert "(09:00 UTC)" in after
    assert "no such zone" in refused.text


def test_the_zone_a_browser_tells_is_kept_with_the_session(at_work):
    browser = signed_in(at_work, zone="Asia/Kolkata")

    assert "14:30 IST" in browser.get("/account").text


def test_another_password_needs_the_old_one_and_ends_the_other_sessions(at_work, browser):
    other, new = signed_in(at_work), "another horse, another staple"
    wrong = sent(browser, "/account/password", old="wrong wrong wrong", new=new, again=new)
    common = sent(browser, "/account/password", old=GOOD, new="password1234", again="password1234")
    different = sent(browser, "/account/password", old=GOOD, new=new, again="another")

    right = sent(browser, "/account/password", old=GOOD, new=new, again=new)
    sent(browser, "/account/password", old=new, new=GOOD, again=GOOD)

    assert "do not open" in wrong.text
    assert "tried first" in common.text
    assert "not the same" in different.text
    assert right.headers["location"] == "/account?done=password"
    assert other.get("/account").status_code == 303


def test_an_address_that_tries_too_often_waits(tmp_path):
    place = open_workplace(Settings(home=tmp_path))
    with place.ledger, console(place) as served:
        browser = served.browser()
        answers = [browser.get("/invited/x").status_code for _ in range(61)]
        served.clock.at += timedelta(minutes=5)
        later = browser.get("/invited/x").status_code

    assert answers[:60] == [410] * 60
    assert answers[60] == 429
    assert later == 410
