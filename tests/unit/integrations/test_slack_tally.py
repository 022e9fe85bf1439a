import pytest

from primum.integrations.slack.socket_line import Tally


@pytest.fixture
def two_open():
    tally = Tally()
    for number, line in enumerate("ab", start=1):
        tally.begins(line)
        tally.greeted(line, seen=number, now=0.0)
    return tally


def test_two_of_ours_are_no_others(two_open):
    assert (two_open.live, two_open.others) == (2, 0)


@pytest.mark.parametrize(("seen", "others"), [(2, 0), (3, 0), (4, 1)])
def test_a_session_that_ended_before_the_hello_of_the_next_was_read_is_ours(two_open, seen, others):
    two_open.begins("a")
    two_open.ends()

    two_open.greeted("a", seen=seen, now=1.0)

    assert (two_open.live, two_open.others, two_open.counted_at) == (2, others, 1.0)


def test_one_of_ours_that_opens_meanwhile_may_be_counted(two_open):
    two_open.begins("a")
    two_open.begins("b")

    two_open.greeted("a", seen=4, now=1.0)

    assert two_open.others == 0


@pytest.mark.parametrize("seen", [None, "many", -1])
def test_a_hello_without_a_number_says_nothing_of_others(two_open, seen):
    two_open.begins("a")

    two_open.greeted("a", seen=seen, now=1.0)

    assert two_open.others == 0
