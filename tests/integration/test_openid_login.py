"""Signing in at a provider: the whole way over real sockets, and every answer that is not to be believed."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlmodel import select

from primum.actions import accounts
from primum.actions.workplace import open_workplace
from primum.ledger.people_tables import Invitation
from primum.settings import Settings
from tests import openid_provider
from tests.consoles import console
from tests.openid_provider import CLIENT, SECRET

PEOPLE = """\
people:
  - {id: amara-okafor, name: Amara Okafor, organisation: Riverside University Hospital}
  - {id: leila-haddad, name: Leila Haddad, organisation: Riverside University Hospital}
"""


@pytest.fixture(scope="module")
def provider():
    with openid_provider.provider() as served:
        yield served


@pytest.fixture
def at_work(tmp_path, provider):
    (tmp_path / "people.yaml").write_text(PEOPLE)
    provider.__init__(address=provider.address, keys=provider.keys)
    settings = Settings(home=tmp_path, oidc_issuer=provider.address, oidc_client_id=CLIENT, oidc_client_secret=SECRET)
    place = open_workplace(settings)
    with place.ledger, console(place, at=datetime.now(UTC)) as served:
        yield served


def invitation(at_work, person="amara-okafor"):
    desk = at_work.desk
    return accounts.invite(person=person, made_by="administrator", at=at_work.clock.at, workplace=desk.workplace)


def there(browser, path):
    """Follow a link to the provider; return the address it sends the browser back to."""
    to_provider = browser.get(path)
    assert to_provider.status_code == 303, to_provider.text
    return httpx.get(to_provider.headers["location"]).headers["location"]


def there_and_back(browser, path="/sign-in/provider?next=%2Faccount"):
    return browser.get(there(browser, path))


def bound(at_work, person="amara-okafor"):
    """A browser of somebody who has accepted an invitation at the provider."""
    browser = at_work.browser()
    answer = there_and_back(browser, f"/invited/{invitation(at_work, person)}/provider")
    assert answer.status_code == 303, answer.text
    return browser


def test_the_first_time_an_invitation_binds_the_identity_and_later_it_is_enough(at_work):
    bound(at_work)
    another = at_work.browser()

    answer = there_and_back(another)

    assert answer.headers["location"] == "/account"
    assert "Amara Okafor" in another.get("/account").text


def test_an_identity_that_nobody_bound_opens_nothing_whatever_its_address_is(at_work, provider):
    provider.changes = lambda claims: claims | {"email": "amara-okafor@riverside.example", "email_verified": True}

    answer = there_and_back(at_work.browser())

    assert answer.status_code == 422
    assert "stands for nobody here" in answer.text


def test_an_identity_of_somebody_else_is_not_bound_again(at_work):
    bound(at_work, "leila-haddad")
    browser = at_work.browser()

    answer = there_and_back(browser, f"/invited/{invitation(at_work)}/provider")

    assert answer.status_code == 422
    assert "already stands for somebody else" in answer.text


def test_an_answer_that_is_played_again_is_refused(at_work):
    bound(at_work)
    browser = at_work.browser()
    back = there(browser, "/sign-in/provider")
    cookies = dict(browser.cookies)
    browser.get(back)
    browser.cookies.update(cookies)

    answer = browser.get(back)

    assert answer.status_code == 422
    assert "was used before" in answer.text


def test_an_answer_in_another_browser_is_refused(at_work):
    bound(at_work)

    answer = at_work.browser().get(there(at_work.browser(), "/sign-in/provider"))

    assert answer.status_code == 422
    assert "did not begin this sign-in" in answer.text


def test_an_answer_after_ten_minutes_is_refused(at_work):
    browser = bound(at_work)
    back = there(browser, "/sign-in/provider")
    at_work.clock.at += timedelta(minutes=10)

    answer = browser.get(back)

    assert "took longer than ten minutes" in answer.text


def test_ways_that_were_not_gone_are_forgotten_after_a_day(at_work):
    at_work.browser().get("/sign-in/provider")
    at_work.clock.at += timedelta(days=1, minutes=11)

    at_work.browser().get("/sign-in/provider")

    with at_work.desk.workplace.ledger.reading() as session:
        assert len(session.exec(select(Invitation)).all()) == 1


def test_the_provider_is_sent_a_challenge_a_nonce_and_no_secret(at_work):
    asked = parse_qs(urlsplit(at_work.browser().get("/sign-in/provider").headers["location"]).query)

    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert not {"code_verifier", "client_secret"} & set(asked)


@pytest.mark.parametrize("wanted", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "x"])
def test_nobody_is_sent_to_another_site(at_work, wanted):
    bound(at_work)
    browser = at_work.browser()

    answer = there_and_back(browser, f"/sign-in/provider?next={wanted}")

    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "error",
    [
        "access_denied",
        "login_required",
        "interaction_required",
        "temporarily_unavailable",
        "server_error",
        "invalid_request",
        "unauthorized_client",
        "<script>alert(1)</script>",
    ],
)
def test_every_error_of_the_provider_is_a_page_with_a_sentence(at_work, provider, error):
    provider.error = error

    answer = there_and_back(at_work.browser())

    assert answer.status_code == 422
    assert "provider" in answer.text.split("trouble", 1)[1]
    assert error not in answer.text


ago = datetime.now(UTC).timestamp() - 3600
NOT_BELIEVED = {
    "another nonce": ({"nonce": "another"}, "another sign-in"),
    "no nonce": ({"nonce": None}, "another sign-in"),
    "another issuer": ({"iss": "https://elsewhere.example"}, "another provider"),
    "another application": ({"aud": "another"}, "another application"),
    "two applications and no word which": ({"aud": [CLIENT, "another"]}, "another application"),
    "handed on by another application": ({"azp": "another"}, "another application"),
    "over": ({"exp": ago}, "not of now"),
    "issued an hour ago": ({"iat": ago}, "not of now"),
    "issued in an hour": ({"iat": ago + 7200}, "not of now"),
    "no end": ({"exp": None}, "its exp as a time"),
    "an end that is no time": ({"exp": "tomorrow"}, "its exp as a time"),
    "nobody": ({"sub": ""}, "names nobody"),
    "a number": ({"sub": 7}, "names nobody"),
}


@pytest.mark.parametrize("case", NOT_BELIEVED)
def test_a_token_that_is_not_of_this_sign_in_is_not_believed(at_work, provider, case):
    bound(at_work)
    changes, sentence = NOT_BELIEVED[case]
    provider.changes = lambda claims: {name: value for name, value in (claims | changes).items() if value is not None}

    answer = there_and_back(at_work.browser())

    assert answer.status_code == 422
    assert sentence in answer.text


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_a_token_signed_with_what_everybody_knows_is_not_believed(at_work, provider, algorithm):
    bound(at_work)
    provider.algorithm = algorithm

    answer = there_and_back(at_work.browser())

    assert "not signed by a key of the provider" in answer.text


def test_a_token_of_an_unknown_key_is_not_believed_and_a_new_key_is_learnt(at_work, provider):
    bound(at_work)
    published, provider.keys = provider.keys, [*provider.keys, openid_provider.new_key()]
    at_work.clock.at += timedelta(seconds=11)

    learnt = there_and_back(at_work.browser())
    provider.changes = lambda claims: claims
    provider.keys = [*published, openid_provider.new_key()]
    unknown = there_and_back(at_work.browser())

    assert learnt.status_code == 303
    assert "not signed by a key of the provider" in unknown.text


def test_an_answer_of_another_provider_is_refused(at_work, provider):
    provider.issuer_said = "https://elsewhere.example"

    answer = there_and_back(at_work.browser())

    assert "another provider than the one that was asked" in answer.text


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        ({"issuer": "https://elsewhere.example"}, "calls itself https://elsewhere.example"),
        ({"token_endpoint": "http://elsewhere.example/token"}, "not reached over https"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({"jwks_uri": None}, "jwks_uri"),
    ],
)
def test_a_provider_that_cannot_be_used_says_why(at_work, provider, description, sentence):
    provider.description = description

    answer = at_work.browser().get("/sign-in/provider")

    assert answer.status_code == 502
    assert sentence in answer.text.replace("&#39;", "'")


def test_a_provider_that_does_not_answer_leaves_the_local_account(tmp_path):
    settings = Settings(home=tmp_path, oidc_issuer="http://127.0.0.1:9", oidc_client_id=CLIENT)
    place = open_workplace(settings)
    with place.ledger, console(place, at=datetime.now(UTC)) as served:
        browser = served.browser()
        away, form = browser.get("/sign-in/provider"), browser.get("/sign-in")

    assert away.status_code == 502
    assert "did not answer" in away.text
    assert "current-password" in form.text


def test_signing_out_leads_to_signing_out_at_the_provider(at_work, provider):
    browser = bound(at_work)
    csrf = browser.get("/account").text.split('name="csrf" value="')[1].split('"')[0]

    out = browser.post("/sign-out", data={"csrf": csrf})
    page = browser.get(out.headers["location"])

    assert f"{provider.address}/end?client_id=primum" in page.text
    assert browser.get("/account").status_code == 303


@pytest.mark.parametrize("about", [{}, {"sid": None}, {"sub": None}])
def test_a_logout_at_the_provider_ends_the_sessions_that_came_from_there(at_work, provider, about):
    browser, other = bound(at_work), at_work.browser_of("leila-haddad")
    token = provider.signed(
        {name: value for name, value in provider_logout(provider, about).items() if value is not None}
    )

    answer = at_work.browser().post("/sign-in/logged-out", data={"logout_token": token})

    assert answer.status_code == 200
    assert browser.get("/account").status_code == 303
    assert other.get("/account").status_code == 200


def provider_logout(provider, changes):
    about = {"sid": "session-1", "jti": "1", "events": {openid_provider.LOGOUT_EVENT: {}}}
    return provider.claims(**about) | changes


@pytest.mark.parametrize("changes", [{"nonce": "n"}, {"events": {}}, {"aud": "another"}, {"jti": 7}])
def test_what_is_no_logout_token_ends_nothing(at_work, provider, changes):
    browser = bound(at_work)
    token = provider.signed(provider_logout(provider, changes))

    answer = at_work.browser().post("/sign-in/logged-out", data={"logout_token": token})

    assert answer.status_code == 400
    assert browser.get("/account").status_code == 200


def test_a_logout_is_told_once(at_work, provider):
    token = provider.signed(provider_logout(provider, {}))
    first = at_work.browser().post("/sign-in/logged-out", data={"logout_token": token})
    again = bound(at_work)

    second = at_work.browser().post("/sign-in/logged-out", data={"logout_token": token})

    assert (first.status_code, second.status_code) == (200, 400)
    assert again.get("/account").status_code == 200
