"""Signing, standing in, leaving conditions and stopping from a terminal, with the sentences of every other entrance."""

import json
from datetime import UTC, datetime

import pytest

from primum.actions import intents
from primum.actions.workplace import open_workplace
from primum.ledger import reading, signing_reading
from primum.settings import Settings
from tests.entrances import words_of
from tests.refusal_cases import CASES
from tests.refusal_scenes import DEPUTY, GATE, LEAD, REASON, SAFETY, STEP_UP, Scene

TERMINAL = [case for case in CASES if case.name != "limits on a reject"]


@pytest.fixture
def scene(primum, tmp_path):
    place = open_workplace(Settings(home=tmp_path / "home"))
    yield Scene(folder=tmp_path / "rollout", place=place, at=datetime.now(UTC))
    place.ledger.close()


@pytest.mark.parametrize("case", TERMINAL, ids=lambda case: case.name)
def test_an_answer_is_refused_with_the_sentence_of_every_entrance(case, scene, primum):
    asked = case.arrange(scene)

    ended = primum(*words_of(asked))

    assert (ended.code, ended.err.strip()) == (4, asked.sentence)


def test_an_approval_leaves_what_is_to_be_done_and_where_it_counts(scene, primum):
    scene.awaiting()
    typed = words_of(scene.asks(""))
    limits = ["--condition", "site=north", "--condition", "share=1/4", "--condition", "until=2030-01-31"]
    ended = primum(*typed, *limits, "--contingency", "Recalibrate at the north site.", "--owner", "mei-lin",
                   "--due", "2030-01-31")  # fmt: skip

    shown = json.loads(primum("gate", "show", GATE, "--json").out)

    assert ended.code == 0, ended.text
    assert shown["seats"][0]["conditions"][:2] == ["sites north", "share 1/4"]
    assert shown["promises"][0]["what"] == "Recalibrate at the north site."
    note = ["--note", "It was recalibrated and checked."]
    promise = shown["promises"][0]["id"]
    assert primum("gate", "contingency", "close", promise, "--as", "mei-lin", *note).code == 4
    assert primum("gate", "contingency", "close", promise, "--as", DEPUTY, *note).code == 0


def test_a_seat_is_handed_over_and_signed_by_the_deputy(scene, primum):
    scene.awaiting()
    handed = primum("gate", "delegate", "small-trial", "--as", LEAD, "--seat", "clinical-lead", "--to", DEPUTY,
                    "--until", f"{scene.days(7):%Y-%m-%d}", "--reason", "I am away at a congress.")  # fmt: skip

    signed = primum(*words_of(scene.asks("", person=DEPUTY, on_behalf_of=LEAD)))

    assert (handed.code, signed.code) == (0, 0), handed.text + signed.text
    assert "Second Lead" in primum("gate", "delegations", "small-trial").out
    with scene.place.ledger.reading() as session:
        assert [(vote.person, vote.on_behalf_of) for vote in reading.votes(session, gate=GATE)] == [(DEPUTY, LEAD)]


def test_where_a_click_is_not_enough_the_terminal_leads_to_the_one_time_link(scene, primum):
    scene.awaiting(signatures=(STEP_UP,))

    ended = primum(*words_of(scene.asks("")))

    code = ended.out.strip().rsplit("/sign/", maxsplit=1)[1]
    meant = intents.intended(code=code, at=datetime.now(UTC), workplace=scene.place)
    assert ended.code == 0
    assert (meant.person, meant.gate, meant.ballot.reason) == (LEAD, GATE, REASON)
    with scene.place.ledger.reading() as session:
        assert reading.votes(session, gate=GATE) == []


def test_an_interest_is_declared_and_withdrawn(scene, primum):
    scene.awaiting()

    declared = primum("gate", "conflict", "small-trial", "--as", LEAD, "--reason", "My brother works there.")
    refused = primum(*words_of(scene.asks("")))
    withdrawn = primum("gate", "conflict", "small-trial", "--as", LEAD, "--withdraw")
    signed = primum(*words_of(scene.asks("")))

    assert [one.code for one in (declared, refused, withdrawn, signed)] == [0, 4, 0, 0]


def test_a_confirmed_serious_harm_stops_a_rollout_and_two_people_let_it_go_on(scene, primum):
    scene.awaiting()
    what = ["--what", "The output named the wrong side of the body."]
    reported = primum("incident", "report", "small-trial", "--as", "mei-lin", "--site", "north",
                      "--severity", "serious", "--category", "wrong-output", *what)  # fmt: skip
    with scene.place.ledger.reading() as session:
        made = signing_reading.incidents(session, rollout="small-trial")[0].id

    confirmed = primum("incident", "confirm", made, "--as", SAFETY)
    first = primum("resume", "small-trial", "--as", LEAD, "--reason", REASON)
    second = primum("resume", "small-trial", "--as", SAFETY, "--reason", REASON)
    closed = primum("incident", "close", made, "--as", SAFETY, "--note", "Traced to a swapped label; mended.")

    assert [one.code for one in (reported, confirmed, first, second, closed)] == [0, 0, 0, 0, 0], second.text
    assert "is suspended" in confirmed.out
    assert "1 more must agree" in first.out
    assert "goes on" in second.out
    assert json.loads(primum("incident", "list", "--json").out)[0]["closed_by"] == SAFETY


def test_words_that_point_at_a_person_are_not_kept(scene, primum):
    scene.awaiting()

    ended = primum("incident", "report", "small-trial", "--as", "mei-lin", "--site", "north", "--severity", "minor",
                   "--what", "Mrs Brown, MRN 12345678, got the wrong advice.")  # fmt: skip

    assert ended.code == 4
    assert "Brown" not in ended.text
    with scene.place.ledger.reading() as session:
        assert signing_reading.incidents(session) == []
