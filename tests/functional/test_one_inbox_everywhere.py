"""What waits for a person is one list: on the page, in the terminal, for a program, and on Slack's Home tab."""

import html
import json
from datetime import UTC, datetime, timedelta

import pytest

from primum.actions import suspension
from primum.actions.workplace import open_workplace
from primum.chat.office import office_of
from primum.chat.personal import home_of
from primum.chat.rendering.home import home
from primum.ledger.monitor_tables import MonitorAlarm
from primum.roadmap.contingencies import ContingencyAsked
from primum.roadmap.people import Role
from primum.settings import Settings
from tests.api_calls import program
from tests.consoles import console
from tests.refusal_scenes import DEPUTY, GATE, LEAD, SAFETY, Scene

ROLLOUT, DEBTOR = "small-trial", "mei-lin"
WHAT = "Recalibrate at the north site."
SENTENCE = "More of the reviews are overdue than the hospital allows."


@pytest.fixture
def scene(primum, tmp_path):
    """A gate that some have signed, a thing promised, an alarm, and a stop."""
    slack = {"slack_bot_token": "xoxb-made-up", "slack_channel": "C0GATES"}
    place = open_workplace(Settings(home=tmp_path / "home", **slack))
    made = Scene(folder=tmp_path / "rollout", place=place, at=datetime.now(UTC))
    made.awaiting()
    owed = ContingencyAsked(what=WHAT, owner=DEBTOR, due_at=made.days(9))
    made.sign("leila-haddad", Role.ETHICIST, contingency=owed)
    made.sign(DEPUTY, Role.CLINICAL_LEAD)
    raised(made)
    officer = made.submission.person(SAFETY)
    suspension.suspend(rollout=ROLLOUT, person=officer, reason="Two falls.", at=made.at, workplace=place)
    yield made
    place.ledger.close()


def raised(scene):
    """An alarm that binds, so that it waits for whoever answers for the care."""
    alarm = MonitorAlarm(
        rollout=ROLLOUT, monitor="late-reviews", cause="reading", site="north", subgroup="", measure="late",
        period="2026-W47", action="hold", owner="noah-kim", sentence=SENTENCE, raised_at=scene.at,
    )  # fmt: skip
    with scene.place.ledger.transaction() as tx:
        tx.session.add(alarm)
        tx.record(kind="alarm.raised", rollout=ROLLOUT, person="primum", at=scene.at, body={"action": "hold"})


@pytest.fixture
def served(scene):
    with console(scene.place, at=scene.at) as opened:
        yield opened


def in_utc(told):
    """The same, with every moment written in one way."""
    if isinstance(told, dict):
        return {name: in_utc(value) for name, value in told.items()}
    if isinstance(told, list):
        return [in_utc(one) for one in told]
    try:
        return datetime.fromisoformat(told).astimezone(UTC).isoformat() if isinstance(told, str) else told
    except ValueError:
        return told


@pytest.mark.parametrize(
    ("person", "seats", "alarms", "owed", "decided"),
    [
        (LEAD, [], 1, [], []),
        (DEBTOR, [GATE], 0, [WHAT], []),
        (DEPUTY, [], 1, [], [GATE]),
        (SAFETY, [], 1, [], []),
        ("tomas-silva", [GATE], 0, [], []),
    ],
)
def test_every_entrance_shows_the_same_list(person, seats, alarms, owed, decided, scene, served, primum):
    typed = json.loads(primum("inbox", "--as", person, "--json").out)
    called = program(served, person).get("/inbox").json()
    page = html.unescape(served.browser_of(person).get("/inbox").text)
    tab = home_of(person, at=scene.at, office=office_of(workplace=scene.place, clock=served.clock))

    assert in_utc(typed) == in_utc(called)
    assert [one["gate"] for one in typed["seats"]] == seats == [one.gate for one in tab.waiting]
    assert len(typed["alarms"]) == alarms == len(tab.alarms)
    assert [one["what"] for one in typed["owed"]] == owed
    assert [one.gate for one in tab.tasks] == [one["gate"] for one in typed["owed"]]
    assert [one["gate"] for one in typed["decisions"]] == decided == [one.gate for one in tab.decisions]
    assert typed["stopped"] == [ROLLOUT]
    assert [one.page.url.rpartition("/")[2] for one in tab.stopped] == [ROLLOUT]
    for words in (*owed, *[SENTENCE] * alarms, *(f"/gates/{gate}/sign" for gate in seats)):
        assert words in page


def test_the_terminal_says_what_to_type_next(scene, primum):
    waits, answers = primum("inbox", "--as", DEBTOR).out, primum("inbox", "--as", SAFETY).out

    assert f"gate approve {GATE} --as {DEBTOR} --seat technologist" in waits
    assert f"until {scene.days(9):%Y-%m-%d}: {WHAT}" in waits
    assert "No seat waits for you." in answers
    assert SENTENCE in answers
    assert "monitor acknowledge" in answers
    assert f"suspend {ROLLOUT} --status" in answers


def test_a_stranger_has_no_inbox(scene, primum):
    ended = primum("inbox", "--as", "nobody")

    assert ended.code == 2, ended.text
    assert "Nobody has the id 'nobody'" in ended.err


def test_broken_files_are_said_at_every_entrance(scene, served, primum):
    (scene.folder / "policy.yaml").write_text("policy: [", encoding="utf-8")

    typed = json.loads(primum("inbox", "--as", LEAD, "--json").out)
    page = served.browser_of(LEAD).get("/inbox").text
    office = office_of(workplace=scene.place, clock=served.clock)
    tab = json.dumps(home(home_of(LEAD, at=scene.at + timedelta(minutes=1), office=office)))

    assert len(typed["unreadable"]) == 1
    assert "The files of a rollout cannot be read" in page
    assert "The files of 1 of your rollouts cannot be read" in tab
