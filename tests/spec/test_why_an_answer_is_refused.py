"""Why an answer at a gate is refused: every reason with its sentence, on a click and on the whole answer."""

import pytest

from primum.actions import voting
from primum.ledger import reading
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.refusal_cases import CASES, CLICKED_WHERE_SIGNED
from tests.refusal_scenes import GATE, LEAD, Scene

title = "Why an answer is refused"


@pytest.fixture
def scene(sqlite_ledger, tmp_path):
    return Scene(folder=tmp_path / "rollout", place=work.workplace(sqlite_ledger, tmp_path), at=MORNING)


def refused_with(scene, asked) -> str:
    with pytest.raises(voting.CannotVote) as refused:
        voting.vote(
            gate=asked.gate,
            ballot=asked.ballot(),
            submission=scene.submission,
            person=asked.person,
            at=scene.at,
            workplace=scene.place,
        )
    return str(refused.value)


@pytest.mark.parametrize("case", [*CASES, CLICKED_WHERE_SIGNED], ids=lambda case: case.name)
def test_an_answer_that_may_not_be_given_is_refused_and_changes_nothing(case, scene):
    asked = case.arrange(scene)
    before = scene.place.ledger.checkpoint()

    assert refused_with(scene, asked) == asked.sentence
    assert scene.place.ledger.checkpoint() == before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_who_asks_before_is_told_the_same_sentence(case, scene):
    asked = case.arrange(scene)

    with scene.place.ledger.reading() as session:
        told = voting.why_not_vote(
            gate=asked.gate,
            person=asked.person,
            ballot=asked.ballot(),
            submission=scene.submission,
            at=scene.at,
            session=session,
        )

    assert told == asked.sentence


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_click_is_told_what_is_known_by_then(case, scene):
    asked = case.arrange(scene)

    with scene.place.ledger.reading() as session:
        told = voting.why_not_begin(
            gate=asked.gate,
            person=asked.person,
            shown_digest=asked.digest,
            answer=asked.answer,
            submission=scene.submission,
            at=scene.at,
            session=session,
        )

    assert told == (asked.sentence if case.on_click else None)


def test_the_same_answer_is_taken_where_no_reason_holds(scene):
    scene.awaiting()

    scene.sign(LEAD, scene.asks("").role)

    with scene.place.ledger.reading() as session:
        assert [vote.person for vote in reading.votes(session, gate=GATE)] == [LEAD]
