"""An administrator manages accounts on a page; nobody else does."""

import pytest

from primum.actions import accounts, tokens
from primum.actions.tokens import Scope
from primum.actions.workplace import Workplace
from primum.settings import Settings
from tests.consoles import console, have_account
from tests.factories import MORNING

GOOD = "correct horse battery staple"
PEOPLE = """\
people:
  - {id: amara-okafor, name: Amara Okafor, organisation: Riverside University Hospital}
  - {id: leila-haddad, name: Leila Haddad, organisation: Riverside University Hospital}
"""


@pytest.fixture
def at_work(sqlite_ledger, tmp_path):
    (tmp_path / "people.yaml").write_text(PEOPLE)
    with console(Workplace(ledger=sqlite_ledger, settings=Settings(home=tmp_path))) as served:
        yield served


@pytest.fixture
def manager(at_work):
    return at_work.browser_of("administrator", administrator=True)


def link_in(page):
    return page.split('<code class="digest">')[1].split("<")[0]


def test_an_invitation_is_shown_once_and_lets_its_person_in(at_work, manager):
    shown = manager.post("/accounts/invite", data={"person": "amara-okafor"}).text
    link = link_in(shown)

    answer = at_work.browser().post(link, data={"password": GOOD, "again": GOOD})

    assert answer.status_code == 303
    page = manager.get("/accounts").text
    assert link not in page
    assert "Amara Okafor" in page
    assert "1, last used" in page


def test_an_administrator_may_invite_another_whom_no_file_names(at_work, manager):
    link = link_in(manager.post("/accounts/invite", data={"person": "night-shift", "manages": "yes"}).text)
    other = at_work.browser()
    other.post(link, data={"password": GOOD, "again": GOOD})

    assert other.get("/accounts").status_code == 200


@pytest.mark.parametrize(
    ("person", "sentence"), [("a-stranger", "add them there"), ("Amara Okafor", "small letters"), ("", "small letters")]
)
def test_an_invitation_that_is_refused_says_why(manager, person, sentence):
    answer = manager.post("/accounts/invite", data={"person": person})

    assert answer.status_code == 422
    assert sentence in answer.text


def test_sessions_and_an_account_are_ended_from_the_page(at_work, manager):
    amara, leila = at_work.browser_of("amara-okafor"), at_work.browser_of("leila-haddad")

    manager.post("/accounts/sessions/end", data={"person": "amara-okafor"})
    manager.post("/accounts/end", data={"person": "leila-haddad"})

    assert amara.get("/account").status_code == 303
    assert leila.get("/account").status_code == 303
    account = accounts.of(person="leila-haddad", workplace=at_work.desk.workplace)
    assert accounts.standing(account, at=MORNING) == "ended"


def test_nobody_ends_the_account_they_are_using(manager):
    answer = manager.post("/accounts/end", data={"person": "administrator"})

    assert "ended by another administrator" in answer.text
    assert manager.get("/accounts").status_code == 200


WAYS = [
    ("GET", "/accounts"),
    ("POST", "/accounts/invite"),
    ("POST", "/accounts/end"),
    ("POST", "/accounts/sessions/end"),
]


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_only_an_administrator_who_is_there_in_person_manages_accounts(at_work, method, path):
    place = at_work.desk.workplace
    have_account("administrator", place=place, administrator=True)
    made = tokens.create(person="administrator", name="t", scopes=list(Scope), days=1, at=MORNING, workplace=place)
    program = at_work.browser(headers={"Authorization": f"Bearer {made.secret}"})
    form = {"data": {"person": "amara-okafor"}} if method == "POST" else {}

    lead = at_work.browser_of("amara-okafor").request(method, path, **form)
    stranger = at_work.browser().request(method, path, **form)
    token = program.request(method, path, **form)

    assert (lead.status_code, token.status_code) == (403, 403)
    assert stranger.status_code in (303, 401)
