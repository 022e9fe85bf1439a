"""Independent reviews: nobody sees what others answered before the gate is decided."""

import json

import pytest

from primum.actions.reporting import gate_report
from primum.ledger import signing_reading
from primum.ledger.tables import Entry
from primum.roadmap.policy import ReviewRule
from primum.roadmap.seats import Answer
from primum.roadmap.stages import GateName
from tests import factories
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.refusal_scenes import GATE, LEAD, QUORUM, Scene

title = "Independent reviews"
BLINDED = ReviewRule(review="independent", gates=(GateName.G2,), source=factories.LOCAL)
WORDS = "The intervals are wide, and I accept them."


@pytest.fixture
def scene(sqlite_ledger, tmp_path):
    return Scene(folder=tmp_path / "rollout", place=work.workplace(sqlite_ledger, tmp_path), at=MORNING)


def seen(scene, reader=""):
    report = gate_report(gate=GATE, submission=scene.submission, workplace=scene.place, reader=reader)
    return report, json.dumps(report.plain()["seats"], default=str)


def sign(scene, number, **changes):
    person, role = QUORUM[number]
    scene.sign(person, role, reason=WORDS, **changes)


def test_while_a_gate_waits_others_see_that_somebody_answered_and_not_what(scene):
    scene.awaiting(reviews=(BLINDED,))
    sign(scene, 0)

    (report, plain), (_, own) = seen(scene), seen(scene, reader=LEAD)

    assert report.blinded
    assert WORDS not in plain
    assert "approve" not in plain
    assert WORDS in own


def test_messages_do_not_say_it_either(scene):
    scene.awaiting(reviews=(BLINDED,))
    sign(scene, 0)

    with scene.place.ledger.reading() as session:
        (told,) = signing_reading.messages_since(session, kind="gate.signed", since=MORNING)
        entry = session.get(Entry, told.cause)
    assert told.body == {}
    assert "approve" not in entry.body


@pytest.mark.parametrize(
    ("second", "state"),
    [(Answer.APPROVE, "granted"), (Answer.REJECT, "rejected"), (Answer.REQUEST_EVIDENCE, "held")],
)
def test_nothing_is_decided_before_all_have_answered_and_then_everybody_sees_everything(scene, second, state):
    scene.awaiting(reviews=(BLINDED,))
    sign(scene, 0)
    sign(scene, 1, answer=second)
    for number in range(2, len(QUORUM) - 1):
        sign(scene, number)
    before, _ = seen(scene)

    sign(scene, len(QUORUM) - 1)

    after, plain = seen(scene)
    assert (before.state, before.blinded) == ("awaiting-seats", True)
    assert (after.state, after.blinded) == (state, False)
    assert plain.count(WORDS) == len(QUORUM)


def test_an_open_review_hides_nothing(scene):
    scene.awaiting()
    sign(scene, 0)

    report, plain = seen(scene)

    assert not report.blinded
    assert WORDS in plain
