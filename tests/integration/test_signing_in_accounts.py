"""Local accounts, sessions, tokens and outside identities on a real ledger."""

import threading
from datetime import timedelta

import pytest
from sqlmodel import select

from primum.actions import accounts, directory, identities, sessions, tokens
from primum.actions.accounts import CannotSignIn, PasswordRefused
from primum.actions.identities import CannotPin
from primum.actions.invitations import InvitationRefused
from primum.actions.submission import UnknownPerson
from primum.actions.tokens import Scope, TokenRefused
from primum.actions.workplace import Workplace
from primum.integrations import passwords
from primum.ledger.tables import OutboxMessage
from primum.settings import Settings
from tests.factories import MORNING

GOOD = "correct horse battery staple"
PEOPLE = """\
people:
  - id: amara-okafor
    name: Amara Okafor
    organisation: Riverside University Hospital
"""


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return hospital(sqlite_ledger, tmp_path)


@pytest.fixture
def either_place(ledger, tmp_path):
    """On SQLite and on PostgreSQL."""
    return hospital(ledger, tmp_path)


def hospital(ledger, home):
    (home / "people.yaml").write_text(PEOPLE)
    return Workplace(ledger=ledger, settings=Settings(home=home))


def invited(place, *, at=MORNING):
    return accounts.invite(person="amara-okafor", made_by="administrator", at=at, workplace=place)


@pytest.fixture
def account(place):
    accounts.accept(secret=invited(place), password=GOOD, at=MORNING, workplace=place)
    return place


def try_password(place, password, *, at=MORNING, person="amara-okafor"):
    accounts.check_password(person=person, password=password, at=at, workplace=place)


def fail(place, *, times, at=MORNING, person="amara-okafor"):
    said = []
    for _ in range(times):
        with pytest.raises(CannotSignIn) as refusal:
            try_password(place, "wrong wrong wrong", at=at, person=person)
        said.append(str(refusal.value))
    return said


def alerts(place):
    with place.ledger.reading() as session:
        return [row.body for row in session.exec(select(OutboxMessage)).all() if row.kind == "account.locked"]


def test_an_invitation_opens_an_account_once(place):
    secret = invited(place)
    accounts.accept(secret=secret, password=GOOD, at=MORNING, workplace=place)

    with pytest.raises(InvitationRefused, match="used before"):
        accounts.accept(secret=secret, password=GOOD, at=MORNING, workplace=place)

    try_password(place, GOOD)


def test_an_invitation_ends_after_72_hours_and_when_a_newer_one_is_made(place):
    first, second = invited(place), invited(place)

    with pytest.raises(InvitationRefused):
        accounts.accept(secret=first, password=GOOD, at=MORNING, workplace=place)
    with pytest.raises(InvitationRefused):
        accounts.accept(secret=second, password=GOOD, at=MORNING + timedelta(hours=72), workplace=place)


def test_nobody_whom_no_file_names_is_invited(place):
    with pytest.raises(UnknownPerson, match="add them there"):
        accounts.invite(person="a-stranger", made_by="administrator", at=MORNING, workplace=place)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "12 characters"),
        ("x" * 257, "256"),
        ("I am Amara Okafor!", "your id or your name"),
        ("xx-amara-okafor-xx", "your id or your name"),
        ("password1234", "tried first"),
        ("P@ssw0rd!2026", "tried first"),
        ("qwertyqwerty", "tried first"),
        ("aaaaaaaaaaaaaaa", "tried first"),
        ("123456789012345", "tried first"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_and_the_link_works_on(place, password, reason):
    secret = invited(place)

    with pytest.raises(PasswordRefused, match=reason):
        accounts.accept(secret=secret, password=password, at=MORNING, workplace=place)

    assert accounts.accept(secret=secret, password=GOOD, at=MORNING, workplace=place) == "amara-okafor"


def test_a_password_is_the_same_on_every_keyboard():
    kept = passwords.kept_form("cafe\u0301 au lait, ﬁne")

    assert passwords.fits("caf\u00e9 au lait, fine", kept=kept)
    assert kept.startswith("$argon2id$")


def test_the_fifth_wrong_password_locks_for_15_minutes_and_alerts_once(account):
    fail(account, times=6)

    with pytest.raises(CannotSignIn):
        try_password(account, GOOD, at=MORNING + timedelta(minutes=14))

    assert alerts(account) == [{"person": "amara-okafor"}]
    try_password(account, GOOD, at=MORNING + timedelta(minutes=15))


def test_four_wrong_passwords_and_a_right_one_start_again(account):
    for _ in range(2):
        fail(account, times=4)
        try_password(account, GOOD)

    assert alerts(account) == []


def test_nothing_says_who_exists(account):
    known, unknown = fail(account, times=6), fail(account, times=2, person="a-stranger")

    assert set(known) == set(unknown)
    assert len(set(known)) == 1


def test_tries_at_once_are_no_more_than_tries_in_turn(either_place):
    account = either_place
    accounts.accept(secret=invited(account), password=GOOD, at=MORNING, workplace=account)
    threads = [threading.Thread(target=fail, args=(account,), kwargs={"times": 1}) for _ in range(6)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with pytest.raises(CannotSignIn):
        try_password(account, GOOD)
    assert len(alerts(account)) == 1


def test_another_password_ends_the_other_sessions(account):
    here, there = (
        accounts.sign_in(person="amara-okafor", password=GOOD, at=MORNING, workplace=account) for _ in range(2)
    )
    accounts.change_password(
        person="amara-okafor",
        old=GOOD,
        new="another horse, another staple",
        at=MORNING,
        workplace=account,
        session=here.session.digest,
    )

    assert sessions.present(cookie=here.cookie, at=MORNING, workplace=account)
    assert sessions.present(cookie=there.cookie, at=MORNING, workplace=account) is None
    fail(account, times=1)


def test_an_ended_account_opens_nothing(account):
    opened = accounts.sign_in(person="amara-okafor", password=GOOD, at=MORNING, workplace=account)
    made = tokens.create(person="amara-okafor", name="t", scopes=[Scope.READ], days=1, at=MORNING, workplace=account)

    accounts.end(person="amara-okafor", by="administrator", at=MORNING, workplace=account)

    assert sessions.present(cookie=opened.cookie, at=MORNING, workplace=account) is None
    assert tokens.present(secret=made.secret, at=MORNING, workplace=account) is None
    with pytest.raises(CannotSignIn):
        try_password(account, GOOD)


def test_the_first_administrator_is_invited_until_there_is_an_account(place):
    first = accounts.first_administrator(at=MORNING, workplace=place)
    second = accounts.first_administrator(at=MORNING, workplace=place)

    with pytest.raises(InvitationRefused):
        accounts.accept(secret=first, password=GOOD, at=MORNING, workplace=place)
    accounts.accept(secret=second, password=GOOD, at=MORNING, workplace=place)

    assert accounts.first_administrator(at=MORNING, workplace=place) is None
    assert directory.is_administrator("administrator", workplace=place)


def test_a_session_ends_after_12_hours_however_busy(account):
    opened = accounts.sign_in(person="amara-okafor", password=GOOD, at=MORNING, workplace=account)
    for minutes in range(0, 12 * 60, 29):
        assert sessions.present(cookie=opened.cookie, at=MORNING + timedelta(minutes=minutes), workplace=account)

    assert sessions.present(cookie=opened.cookie, at=MORNING + timedelta(hours=12), workplace=account) is None


def test_a_session_that_comes_instead_of_another_ends_it_and_lasts_no_longer(account):
    first = accounts.sign_in(person="amara-okafor", password=GOOD, at=MORNING, workplace=account)
    later = MORNING + timedelta(minutes=20)
    second = accounts.sign_in(
        person="amara-okafor", password=GOOD, at=later, workplace=account, instead_of=first.session.digest
    )

    assert sessions.present(cookie=first.cookie, at=later, workplace=account) is None
    assert second.session.ends_at == first.session.ends_at
    assert second.cookie != first.cookie


def test_a_token_is_found_by_scanners_and_kept_as_a_digest(account):
    made = tokens.create(
        person="amara-okafor", name="night job", scopes=[Scope.READ], days=365, at=MORNING, workplace=account
    )

    assert made.secret.startswith(f"primum_{made.token.id}_")
    assert made.secret not in str(made.token.model_dump())
    assert tokens.present(secret=made.secret, at=MORNING + timedelta(days=364), workplace=account)
    assert tokens.present(secret=made.secret, at=MORNING + timedelta(days=365), workplace=account) is None


@pytest.mark.parametrize(("name", "scopes", "days"), [("", [Scope.READ], 1), ("t", [], 1), ("t", [Scope.READ], 366)])
def test_a_token_without_name_scope_or_end_is_refused(account, name, scopes, days):
    with pytest.raises(TokenRefused):
        tokens.create(person="amara-okafor", name=name, scopes=scopes, days=days, at=MORNING, workplace=account)


def test_a_token_is_ended_by_its_person_and_not_by_another(account):
    made = tokens.create(person="amara-okafor", name="t", scopes=[Scope.READ], days=1, at=MORNING, workplace=account)

    with pytest.raises(TokenRefused):
        tokens.revoke(token=made.token.id, person="a-stranger", at=MORNING, workplace=account)
    tokens.revoke(token=made.token.id, person="amara-okafor", at=MORNING, workplace=account)

    assert tokens.present(secret=made.secret, at=MORNING, workplace=account) is None


def pinned(place, *, person, subject):
    with place.ledger.transaction() as tx:
        identities.pin(person=person, kind="openid", realm="https://i", subject=subject, by=person, at=MORNING, tx=tx)


def test_an_outside_identity_stands_for_one_person_at_a_time(either_place):
    place = either_place
    pinned(place, person="amara-okafor", subject="1")
    with pytest.raises(CannotPin):
        pinned(place, person="leila-haddad", subject="1")
    pinned(place, person="amara-okafor", subject="2")

    found = [
        identities.person_of(kind="openid", realm="https://i", subject=subject, workplace=place)
        for subject in ("1", "2")
    ]

    assert found == [None, "amara-okafor"]


def test_an_identity_that_ended_stands_for_nobody_and_may_be_pinned_again(place):
    pinned(place, person="amara-okafor", subject="1")
    (row,) = identities.of(person="amara-okafor", workplace=place)
    identities.unpin(identity=row.id, by="administrator", at=MORNING, workplace=place)

    pinned(place, person="leila-haddad", subject="1")

    assert identities.person_of(kind="openid", realm="https://i", subject="1", workplace=place) == "leila-haddad"


@pytest.mark.parametrize(
    ("told", "ended"),
    [
        ({"identity": "person"}, {"one", "two"}),
        ({"session": "second"}, {"two"}),
        ({"identity": "person", "session": "first"}, {"one"}),
        ({"identity": "pers_n"}, set()),
        ({}, set()),
    ],
)
def test_a_logout_elsewhere_ends_what_began_there_and_nothing_else(either_place, told, ended):
    opened = {
        name: sessions.begin(
            person="amara-okafor", method="openid", at=MORNING, workplace=either_place, outside=outside
        )
        for name, outside in {"one": "person:first", "two": "person:second", "three": None}.items()
    }

    number = sessions.end_from_outside(at=MORNING, workplace=either_place, **told)

    left = {row.digest for row in sessions.of(person="amara-okafor", at=MORNING, workplace=either_place)}
    assert {name for name, one in opened.items() if one.session.digest not in left} == ended
    assert number == len(ended)
