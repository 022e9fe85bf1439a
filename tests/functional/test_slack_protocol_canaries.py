"""Fifty identifiers typed wherever Slack lets people type: none goes back to Slack, into a log or a metric (P9)."""

import logging
from urllib.request import urlopen

import pytest

from tests.slack_at_work import clinic
from tests.slack_server import slack_server
from tests.slack_transports import TRANSPORTS, USERS

NUMBERS = range(5)
PLANTED = tuple(
    written.format(n)
    for n in NUMBERS
    for written in (
        "MRN 48213{}",
        "HN-77120{}",
        "NHS 943 476 591{}",
        "756.9217.0769.8{}",
        "123-45-678{}",
        "+41 79 555 12 3{}",
        "j.meier{}@mail.example",
        "born 1{} March 1948",
        "195{}-07-23",
        "Herr Oberlin{}",
    )
)


@pytest.fixture(params=TRANSPORTS)
def ward(request, sqlite_ledger, tmp_path):
    with (
        slack_server() as slack,
        clinic(slack, ledger=sqlite_ledger, home=tmp_path) as made,
        TRANSPORTS[request.param](made) as connected,
    ):
        connected.begin()
        yield connected


def seen(text: str) -> list[str]:
    return [one for one in PLANTED if one in text]


def test_there_are_fifty():
    assert len(set(PLANTED)) == 50


def test_nothing_typed_in_slack_that_points_at_a_person_is_repeated_anywhere(ward, caplog):
    slack, lead, said = ward.clinic.slack, ward.clinic.members["amara-okafor"], []

    with caplog.at_level(logging.DEBUG):
        for start in ("", "enrol ", "suspend ", "delegate @", "help "):
            said.extend(slack.command("/gates", f"{start}{words}", by=lead) for words in PLANTED)
        for number, person in enumerate(USERS):
            reason = "I read the tables myself, also those of " + ", ".join(PLANTED[number::4])
            said.append(ward.submit(ward.form(person), person, reason=reason))
        slack.wait(lambda: "4 of 4 seats signed" in ward.message.written, seconds=20)
        stopped = slack.command("/gates", f"suspend test-rollout harm to {', '.join(PLANTED)}", by=lead)
        slack.wait(lambda: "suspended" in ward.message.written.lower(), seconds=20)
        slack.event("app_home_opened", user=lead.user, tab="home")
        slack.wait(lambda: lead.user in slack.homes)

    assert len(ward.votes) == 4
    assert all(one.is_acknowledged for one in (*said, stopped))
    assert seen(slack.everything_sent()) == []
    assert seen("".join(str(one.body) for one in (*said, stopped))) == []
    assert seen(caplog.text) == []


def test_the_figures_of_the_console_say_nothing_either(ward):
    ward.submit(ward.form("amara-okafor"), "amara-okafor", reason="I read it all, also of " + ", ".join(PLANTED))

    if ward.clinic.slack.address:
        with urlopen(f"{ward.clinic.slack.address}/metrics", timeout=10) as answer:
            assert seen(answer.read().decode()) == []
    assert ward.votes == [("amara-okafor", "approve")]
