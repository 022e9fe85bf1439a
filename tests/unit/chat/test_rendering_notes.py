import json
from dataclasses import replace

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from primum.chat.rendering import notes, samples
from primum.chat.rendering.digest import digest
from primum.chat.rendering.home import home, nobody_known
from primum.chat.rendering.personal_views import AuditLine, DigestView
from primum.chat.rendering.texts import REASON_RECORDED
from primum.chat.rendering.thread import thread_line
from primum.roadmap.roles import Role
from tests import rendered_slack

NOTES = {
    "refusal": notes.refusal(sentence="Dr Lea Brandt asked for this gate and cannot sign it.", page=samples.PAGE),
    "late": notes.form_came_too_late(page=samples.PAGE),
    "half": notes.reminder(samples.waiting(), step=notes.Step.HALF),
    "deputy": notes.deputy_asked(samples.waiting(), absent="Dr Lea Brandt"),
    "governance": notes.governance_told(
        gate=samples.SUBJECT.gate,
        title=samples.TITLE,
        empty=(Role.ETHICIST, Role.ETHICIST),
        open_until=samples.LAST_DAY,
        page=samples.PAGE,
    ),
    "void": notes.signatures_void(gate=samples.SUBJECT.gate, title=samples.TITLE, page=samples.PAGE),
    "due": notes.task_due(replace(samples.morning().tasks[0], overdue=True)),
    "gates": notes.gates_listed((), page=samples.PAGE),
    "help": notes.commands({"/gates": "what waits for you", "/gates help": "this list"}),
    "done": notes.done(sentence="Dr Tom Adeyemi signs for you.", page=samples.PAGE),
    "enrolled": notes.enrolled(name="Dr Lea Brandt", roles=(Role.CLINICAL_LEAD,)),
    "incident": notes.incident_notice(samples.morning().incidents[0]),
    "suspended": notes.suspension_notice(rollout="chest-xray-triage", suspension="s-17", page=samples.PAGE),
    "resumed": notes.resumption_notice(rollout="chest-xray-triage", suspension="s-17", page=samples.PAGE),
    "frozen": notes.channel_frozen(channel="C012", page=samples.PAGE),
    "locked": notes.account_locked(name="Dr Lea Brandt", page=samples.PAGE),
}
SAYS = {
    "refusal": "*Nothing was recorded.* Dr Lea Brandt asked for this gate and cannot sign it.",
    "half": "Half of the time has gone.",
    "deputy": "Dr Lea Brandt has not answered; you stand in for them as clinical lead.",
    "governance": "nobody has answered as ethicist.",
    "void": "no longer counts: something it was bound to changed.",
    "due": "overdue: the gate is closed again",
    "gates": "Nothing waits for you.",
    "help": "`/gates` what waits for you",
    "enrolled": "now stands for Dr Lea Brandt, clinical lead.",
    "suspended": "Rollout chest-xray-triage is suspended: standard care from now on.",
    "frozen": "Signing from it is closed.",
    "locked": "Five failed attempts",
}


def read_as(message):
    return "\n".join(rendered_slack.texts(message))


@pytest.mark.parametrize("name", NOTES)
def test_a_short_message_keeps_to_slacks_limits(name):
    assert rendered_slack.problems(NOTES[name]) == []
    assert rendered_slack.unsafe(NOTES[name]) == []


@pytest.mark.parametrize("name", SAYS)
def test_a_short_message_says_one_thing(name):
    assert SAYS[name] in read_as(NOTES[name])


def test_an_incident_is_told_by_its_id_its_severity_and_a_link():
    assert NOTES["incident"]["text"] == "Incident inc-2026-0042, severity serious."
    assert [block["type"] for block in NOTES["incident"]["blocks"]] == ["section"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (samples.signed_line(), "Dr Tom Adeyemi for Dr Lea Brandt (safety officer) approved."),
        (AuditLine(position=7, kind="gate.expired", at=samples.MORNING), "Nobody decided in time; the rollout stays"),
        (AuditLine(position=8, kind="gate.applied", at=samples.MORNING, person="x"), "The rollout moved on."),
        (AuditLine(position=9, kind="some.new-kind", at=samples.MORNING), "Primum recorded some: new kind."),
    ],
)
def test_an_entry_of_the_ledger_is_one_line_with_its_number(line, words):
    message = thread_line(line)

    assert words in message["text"]
    assert message["text"].startswith(f"#{line.position}, 23 Nov 2026, 08:30 UTC: ")
    assert rendered_slack.problems(message) == []


def test_a_reason_in_the_thread_is_quoted_or_only_recorded_or_hidden():
    line = samples.signed_line()

    hidden = json.dumps(thread_line(replace(line, hidden=True)))

    assert "\u201cThe pilot met its margin" in read_as(thread_line(line))
    assert REASON_RECORDED in read_as(thread_line(replace(line, reason="MRN 4471193 was missed at one site.")))
    assert not any(word in hidden for word in ("Adeyemi", "Brandt", "approved", "margin", "safety"))
    assert "A seat has answered" in hidden


def test_an_alarm_to_answer_says_what_it_led_to_and_where_and_no_number():
    said = read_as(home(samples.own_page())), read_as(digest(samples.morning()))

    for text in said:
        assert "of deaths-in-hospital" in text
        assert "The rollout is suspended: standard care from now on." in text


def test_a_morning_with_nothing_to_say_says_nothing():
    assert digest(DigestView(person="Dr Lea Brandt", page=samples.PAGE)) is None


def test_a_digest_counts_first_and_lists_below():
    message = digest(samples.morning())

    assert message is not None
    assert message["text"] == (
        "Primum today: 2 gates waiting for you, 1 due soon, 1 alarm to answer, 1 thing left to do, 1 incident "
        "and 1 decided yesterday."
    )
    assert "*Waiting for you*\n\u2022 <https://primum.example.org/gates/" in read_as(message)


def test_a_home_tab_shows_what_waits_and_who_stands_in_and_the_way_to_stop():
    text = read_as(home(samples.own_page()))

    assert "you approved; now: rejected" in text
    assert "Dr Tom Adeyemi for Dr Lea Brandt, clinical lead, until <!date^" in text
    assert "The digest comes weekdays at 08:30, Europe/Zurich." in text
    assert "`/gates suspend`" in text
    assert "`/gates suspend`" not in read_as(home(replace(samples.own_page(), can_suspend=False)))


def test_a_long_home_tab_says_how_much_more_there_is():
    view = replace(samples.own_page(), waiting=(samples.waiting(),) * 40)

    text = read_as(home(view))
    assert "And 16 more on the page." in text
    assert text.count("pilot to scale: your seat as") == 24


def test_somebody_who_is_not_enrolled_sees_nothing_on_the_home_tab():
    view = nobody_known(page=samples.ADDRESS)

    assert rendered_slack.problems(view) == []
    assert "there is nothing to show" in read_as(view)


@pytest.mark.parametrize("name", samples.largest())
def test_the_largest_form_of_each_message_keeps_to_slacks_limits(name):
    shown = samples.largest()[name]

    assert rendered_slack.problems(shown) == []
    assert rendered_slack.unsafe(shown) == []


@pytest.mark.parametrize("name", samples.largest())
def test_slacks_own_library_finds_nothing_wrong_either(name):
    shown = samples.largest()[name]

    for block in Block.parse_all(shown["blocks"]):
        block.validate_json()
    if "type" in shown:
        View(**shown).validate_json()
