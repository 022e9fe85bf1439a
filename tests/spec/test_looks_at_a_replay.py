"""The indomethacin trial looked at again: its own boundary, its own z, and said to be taken afterwards."""

import pytest

from primum.actions.blinding import looks_view
from primum.actions.looks import take_due, take_look
from primum.actions.registration import register
from primum.ledger import reading
from primum.settings import shipped
from tests import gates_at_work
from tests.factories import MORNING

title = "How a finished trial is looked at afterwards"
REPLAY = "pancreatitis-prevention-replay"


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return gates_at_work.workplace(sqlite_ledger, tmp_path / "home")


def test_each_planned_look_is_taken_on_the_first_rows_and_says_that_it_came_afterwards(place):
    path = shipped("examples") / REPLAY / "rollout.yaml"
    submission = register(path=path, person="noah-kim", at=MORNING, workplace=place)
    asked = {"submission": submission, "person": "noah-kim", "at": MORNING, "workplace": place}

    first, second, again = (take_look(**asked) for _ in range(3))

    view = looks_view(submission=submission, person=None, at=MORNING, workplace=place)
    seen = [look.board.efficacy for look in view.looks]
    assert [one.told for one in (first, second)] == ["continue", "crossed-efficacy"]
    assert first.sentence.endswith(
        "Taken afterwards, on the first 400 of 602 patients as the published table lists them at each site."
    )
    assert second.sentence.endswith(
        "a replay reaches nobody, so nothing follows. Taken afterwards, on all 602 patients of the published table."
    )
    assert (seen[1]["boundary"], seen[1]["z"]) == (pytest.approx(2.595016, abs=1e-6), pytest.approx(2.828163, abs=1e-6))
    assert (again.look, again.new, second.asks, second.suspension) == (second.look, False, None, None)
    assert take_due(person="primum", at=MORNING, workplace=place).taken == ()
    with place.ledger.reading() as session:
        assert reading.exposure(session, rollout=REPLAY) is None
