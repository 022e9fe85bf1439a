"""A statistician looks at a pilot from the terminal; harm turns the point of care off."""

import json
from datetime import UTC, datetime

import pytest

from primum.actions import allocation
from primum.actions.allocation import Enrolled
from primum.actions.exposing import Replica
from primum.actions.workplace import open_workplace
from primum.integrations.answers import Answers
from primum.ledger import reading
from primum.ledger.tables import Exposure, RolloutRecord
from primum.roadmap.exposure import Encounter, Shown
from primum.settings import Settings
from tests.looks_on_disk import BOARD, ROLLOUT, TEAM, rows_of, running

UNITS = [f"MRN-{number:05d}" for number in range(230)]


@pytest.fixture
def pilot(primum, tmp_path):
    place = open_workplace(Settings(home=tmp_path / "home"))
    made = running(tmp_path / "files", place)
    units = [Enrolled(unit=unit, values={}) for unit in UNITS]
    allocation.allocate(rollout=ROLLOUT, units=units, person=TEAM, at=made.at, workplace=place)
    yield made
    place.ledger.close()


@pytest.fixture
def at_the_bedside(pilot):
    """Exposure is on, and a replica of the point of care answers."""
    with pilot.place.ledger.transaction() as tx:
        approved = {"bundle": tx.session.get(RolloutRecord, ROLLOUT).bundle_digest}
        tx.session.add(Exposure(rollout=ROLLOUT, at=pilot.at, state="pilot", conditions=approved, cause="a promotion"))
        tx.record(kind="rollout.promoted", rollout=ROLLOUT, person=TEAM, at=pilot.at, body={})
    replica = Replica(
        workplace=pilot.place,
        seed=allocation.seed_of(pilot.place),
        answers=Answers(folder=pilot.place.home / "answers", replica="test"),
    )

    def shown(unit):
        asked = Encounter(unit=unit, site="north", at=datetime.now(UTC), facts={})
        return replica.answer(rollout=ROLLOUT, encounter=asked).exposed.shown

    yield shown
    replica.close()


def written_now(pilot, rows):
    """The tables as they came in today, since the terminal reads the clock."""
    pilot.at = datetime.now(UTC)
    pilot.table(rows, days=0)


def test_harm_at_a_look_turns_the_point_of_care_off_at_once(pilot, primum, at_the_bedside):
    before = {at_the_bedside(unit) for unit in UNITS}
    written_now(pilot, rows_of(210, new=0.9, harm=0.3, other=0.02))

    taken = primum("look", "take", ROLLOUT, "--as", BOARD)

    assert before == {Shown.LMM, Shown.CONTROL}
    assert {at_the_bedside(unit) for unit in UNITS[:20]} == {Shown.OFF}
    assert taken.code == 1
    assert "the safety boundary of 'unplanned return' was crossed; the rollout is suspended" in taken.out
    assert "Exposure is off." in taken.out
    with pilot.place.ledger.reading() as session:
        assert reading.suspension(session, rollout=ROLLOUT).person == BOARD
    assert primum("audit", "verify").code == 0


def test_a_look_is_asked_for_taken_listed_and_shown(pilot, primum, tmp_path):
    written_now(pilot, rows_of(210, new=0.72, old=0.70))
    due = primum("look", "due", ROLLOUT)
    taken = primum("look", "take", ROLLOUT, "--as", TEAM)
    again = primum("look", "take", ROLLOUT, "--as", TEAM)

    listed = primum("look", "list", "--json")
    team = primum("look", "show", ROLLOUT, "--as", TEAM)
    page = tmp_path / "looks.html"
    board = primum("look", "show", ROLLOUT, "--as", BOARD, "--html", str(page))

    assert "look 1 of 3, planned at 200, is due" in due.out
    assert (taken.code, "was taken; nothing follows from it for the team" in taken.out) == (0, True)
    assert "These data had this look before" in again.out
    assert [one["told"] for one in json.loads(listed.out)] == ["taken"]
    assert "All arms together: 150 of 210." in team.out
    assert "with the model" not in team.out
    assert "with the model: 76 of 105." in board.out
    assert "Allocated: 230 patients" in board.out
    assert "Looks against their boundaries" in page.read_text(encoding="utf-8")
    assert "MRN-" not in due.text + taken.text + team.text + board.text + page.read_text(encoding="utf-8")


def test_a_look_nobody_planned_is_priced_before_and_refused_without_a_reason(pilot, primum):
    written_now(pilot, rows_of(100))

    due = primum("look", "due", ROLLOUT)
    refused = primum("look", "take", ROLLOUT, "--as", BOARD)
    by_team = primum("look", "take", ROLLOUT, "--as", TEAM, "--reason", "Curious.")

    assert "A look now, which nobody planned, would spend" in due.out
    assert (refused.code, "is charged" in refused.err) == (4, True)
    assert (by_team.code, "may not ask for a look that nobody planned" in by_team.err) == (4, True)


def test_a_blocked_look_is_neither_a_pass_nor_a_stop(pilot, primum):
    written_now(pilot, rows_of(210, share=0.7))

    taken = primum("look", "take", ROLLOUT, "--as", TEAM, "--json")

    assert (taken.code, json.loads(taken.out)["told"]) == (3, "blocked")
