"""A look taken from the console: the same rules as in a terminal, and the arms for the monitoring board alone."""

import pytest

from tests import gates_at_work
from tests.consoles import console
from tests.looks_on_disk import BOARD, LEAD, ROLLOUT, TEAM, rows_of, running

PAGE = f"/rollouts/{ROLLOUT}/looks/take"
YES = {"confirmed": "yes"}


@pytest.fixture
def pilot(sqlite_ledger, tmp_path):
    made = running(tmp_path / "files", gates_at_work.workplace(sqlite_ledger, tmp_path / "home"))
    made.table(rows_of(210, new=0.9, old=0.7))
    return made


@pytest.fixture
def served(pilot):
    with console(pilot.place, at=pilot.at) as opened:
        yield opened


def test_a_look_that_is_due_is_taken_after_a_tick_and_the_team_is_shown_no_arm(pilot, served):
    team = served.browser_of(TEAM)

    before = team.get(PAGE).text
    unticked = team.post(PAGE)
    taken = team.post(PAGE, data=YES, follow_redirects=True)

    assert "look 1 of 3, planned at 200, is due" in before
    assert "Why now" not in before
    assert (unticked.status_code, "what was read cannot be unread" in unticked.text) == (409, True)
    assert "The look is taken" in taken.text
    assert "By arm" not in taken.text
    assert [(one.number, one.person) for one in pilot.looks()] == [(1, TEAM)]


def test_the_same_data_have_one_look(pilot, served):
    team = served.browser_of(TEAM)
    team.post(PAGE, data=YES)

    page = team.get(PAGE).text
    again = team.post(PAGE, data=YES, follow_redirects=True).text

    assert "These data had their look on" in page
    assert "Take the look" not in page
    assert "nothing new was recorded" in again
    assert len(pilot.looks()) == 1


def test_the_board_sees_the_arms_of_a_look_that_it_took(served):
    page = served.browser_of(BOARD).post(PAGE, data=YES, follow_redirects=True).text

    assert "By arm" in page


def test_one_that_nobody_planned_is_for_the_board_says_its_price_and_takes_a_reason(pilot, served):
    pilot.take()
    pilot.table(rows_of(300, new=0.74))
    served.clock.at = pilot.at
    board, lead = served.browser_of(BOARD), served.browser_of(LEAD)

    offered, hers = board.get(PAGE).text, lead.get(PAGE).text
    without = board.post(PAGE, data=YES)
    refused = lead.post(PAGE, data=YES | {"reason": "I would like to know."})
    taken = board.post(PAGE, data=YES | {"reason": "Three reports of harm."}, follow_redirects=True)

    assert "would spend" in offered
    assert "Why now" in offered
    assert "may not ask for a look that nobody planned" in hers
    assert "Take the look" not in hers
    assert (without.status_code, refused.status_code, taken.status_code) == (409, 409, 200)
    assert [one.number for one in pilot.looks()] == [1, None]


def test_who_is_none_of_its_people_takes_no_look(pilot, served):
    administrator = served.browser_of("the-administrator", administrator=True)

    page, answer = administrator.get(PAGE), administrator.post(PAGE, data=YES)

    assert "Only the people of this rollout" in page.text
    assert answer.status_code == 409
    assert pilot.looks() == []


def test_before_a_pilot_the_page_says_why_there_is_nothing_to_look_at(pilot, served):
    pilot.enter("assess")

    page = served.browser_of(TEAM).get(PAGE)

    assert page.status_code == 200
    assert "is in stage assess; looks are taken in its pilot" in page.text
