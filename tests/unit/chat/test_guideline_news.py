import json
from dataclasses import replace

import pytest
from sqlmodel import select

from primum.actions import look_back
from primum.actions.guidelines import KIND
from primum.actions.outbox import Letter
from primum.chat import news
from primum.chat.guideline_news import guideline_news
from primum.chat.office import Office
from primum.chat.rendering.guideline_notes import guideline_published, look_back_told
from primum.chat.rendering.samples import PAGE
from primum.ledger.tables import OutboxMessage
from tests import rendered_slack
from tests.factories import MORNING
from tests.guideline_factories import before_2025, of_2025
from tests.guidelines_at_work import AFTER, LEAD, STEWARD, at_work


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    working = at_work(tmp_path_factory.mktemp("news"))
    working.publish(before_2025())
    working.publish(of_2025())
    working.advise([(f"UNIT-{n:03d}", "north", 50, "high", 134, 70) for n in range(20)])
    given = {"submission": working.submission(), "evidence": "past-advice", "new": AFTER}
    look_back.make(person=working.person(LEAD), at=MORNING, workplace=working.place, **given)
    yield Office(workplace=working.place, token="xoxb-none", clock=lambda: MORNING, channel="C1")
    working.place.ledger.close()


def letter(office, kind: str) -> Letter:
    with office.workplace.ledger.reading() as session:
        (row,) = session.exec(select(OutboxMessage).where(OutboxMessage.kind == kind)).all()
    named = {name: getattr(row, name) for name in ("id", "kind", "rollout", "gate", "cause", "created_at")}
    return Letter(**named, body=dict(row.body), attempt=1)


def read_as(message) -> str:
    return "\n".join(rendered_slack.texts(message))


def test_the_people_of_an_affected_rollout_read_what_changes(office):
    sent = letter(office, KIND)

    people = news.told_by(sent, office=office)
    message = news.message_for(sent, person=LEAD, line=None, office=office, at=MORNING)

    assert {LEAD, STEWARD} <= set(people)
    told = read_as(message).replace("\uff20", "@")
    assert "hypertension@2025 is published; rollout small-trial follows hypertension@before-2025." in told
    assert "systolic 130-139 or diastolic 80-89 changes from at target to above" in read_as(message)
    assert "/guidelines" in json.dumps(message)


def test_who_works_on_a_look_back_reads_counts_and_no_unit(office):
    sent = letter(office, look_back.MADE)

    message = guideline_news(sent, office=office)

    assert LEAD in news.told_by(sent, office=office)
    assert "0 of 20 units were looked at; 20 are left." in read_as(message)
    assert "UNIT" not in json.dumps(message)


def test_news_of_what_is_not_there_or_of_something_else_says_nothing(office):
    gone = replace(letter(office, look_back.MADE), body={"look_back": "none"})

    assert guideline_news(gone, office=office) is None
    assert guideline_news(replace(gone, kind="rollout.suspended"), office=office) is None


@pytest.mark.parametrize("words", ["<!channel> & *bold*", "x" * 9_000])
def test_what_a_guideline_says_is_never_a_mention_a_mark_or_too_long(words):
    told = guideline_published(rollout="r", follows="a@1", guideline="a@2", words=words, page=PAGE)
    looked = look_back_told(rollout="r", guideline="a@2", words=words, page=PAGE)

    for message in (told, looked):
        assert "<!channel>" not in read_as(message)
        assert max(map(len, rendered_slack.texts(message))) <= 3_000
