"""People and tokens from the terminal."""

import json

import pytest

from primum.actions import accounts
from primum.actions.workplace import open_workplace
from primum.cli.outcomes import ExitCode
from primum.settings import Settings
from tests.factories import MORNING

GOOD = "correct horse battery staple"
PEOPLE = """\
people:
  - {id: amara-okafor, name: Amara Okafor, organisation: Riverside University Hospital}
"""


@pytest.fixture
def home(tmp_path, primum):
    (tmp_path / "home" / "people.yaml").write_text(PEOPLE)
    return Settings(home=tmp_path / "home")


def accept(home, link):
    place = open_workplace(home)
    with place.ledger:
        accounts.accept(secret=link.rsplit("/", 1)[1], password=GOOD, at=MORNING, workplace=place)


def invite(primum, *words):
    ended = primum("people", "invite", *words)
    return next(line for line in ended.out.splitlines() if line.startswith("http"))


def test_an_invitation_is_a_link_on_a_line_of_its_own(home, primum):
    link = invite(primum, "amara-okafor")
    accept(home, link)

    (row,) = json.loads(primum("people", "list", "--json").out)

    assert link.startswith("http://127.0.0.1:8321/invited/")
    assert row == {
        "person": "amara-okafor",
        "name": "Amara Okafor",
        "organisation": "Riverside University Hospital",
        "account": "open",
    }


def test_somebody_whom_no_file_names_is_not_invited(home, primum):
    ended = primum("people", "invite", "a-stranger")

    assert ended.code == ExitCode.USAGE
    assert "add them there" in ended.err


def test_sessions_are_ended_and_an_ended_account_is_shown_as_ended(home, primum):
    accept(home, invite(primum, "amara-okafor"))

    sessions = primum("people", "sessions", "amara-okafor", "--end")
    ended = primum("people", "end", "amara-okafor")
    (row,) = json.loads(primum("people", "list", "--json").out)

    assert "0 sessions have ended" in sessions.out
    assert "has ended" in ended.out
    assert row["account"] == "ended"


def test_a_token_is_printed_once_listed_without_its_secret_and_revoked(home, primum):
    accept(home, invite(primum, "amara-okafor"))
    made = primum("token", "create", "amara-okafor", "--name", "night job", "--scope", "read", "--days", "30")
    secret = made.out.splitlines()[-1]
    listed = primum("token", "list", "--json").out
    (row,) = json.loads(listed)

    revoked = primum("token", "revoke", row["id"])

    assert secret.startswith(f"primum_{row['id']}_")
    assert secret not in listed
    assert (row["person"], row["may"]) == ("amara-okafor", "read")
    assert revoked.code == ExitCode.OK
    assert json.loads(primum("token", "list", "--json").out) == []


def test_a_token_of_somebody_without_an_account_is_refused(home, primum):
    primum("people", "invite", "administrator", "--administrator")

    ended = primum("token", "create", "amara-okafor", "--name", "x", "--scope", "read")

    assert ended.code == ExitCode.USAGE
    assert "has no account" in ended.err


def test_identities_of_somebody_are_listed_as_none(home, primum):
    primum("people", "invite", "amara-okafor")

    assert "none yet" in primum("people", "identities", "amara-okafor").out
