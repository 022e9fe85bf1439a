from datetime import UTC, datetime, timedelta

import pytest

from primum.integrations.calendars import WindowRefused, is_open, why_closed
from primum.roadmap.waves import Window

OFFICE = Window(
    kind="allow",
    begins="2027-01-04T08:00",
    recurrence="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
    hours=8,
    timezone="Europe/Zurich",
    words="Monday to Thursday, 8 to 16.",
)
HOLIDAYS = Window(
    kind="deny", begins="2027-12-20T00:00", hours=14 * 24, timezone="Europe/Zurich", words="The holidays at year's end."
)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "is_in"),
    [
        ("2027-02-01T07:00", True),
        ("2027-02-01T06:59", False),
        ("2027-02-01T14:59", True),
        ("2027-02-01T15:00", False),
        ("2027-02-05T09:00", False),
        ("2027-06-07T06:00", True),
        ("2027-06-07T05:59", False),
    ],
)
def test_a_window_follows_the_clock_on_the_wall_through_summer_time(at, is_in):
    assert is_open(window=OFFICE, at=utc(at)) is is_in


def test_a_window_across_the_change_of_the_clock_lasts_its_real_hours():
    night = Window(
        kind="deny", begins="2027-03-28T00:00", hours=6, timezone="Europe/Zurich", words="The night of the change."
    )
    begin = utc("2027-03-27T23:00")

    assert is_open(window=night, at=begin + timedelta(hours=6, seconds=-1))
    assert not is_open(window=night, at=begin + timedelta(hours=6))


def test_a_deny_window_wins_and_says_why():
    windows = (OFFICE, HOLIDAYS)

    assert (
        why_closed(windows=windows, at=utc("2027-12-21T09:00")) == "Nothing may begin now: The holidays at year's end."
    )
    assert why_closed(windows=windows, at=utc("2027-02-01T09:00")) is None
    assert "Monday to Thursday" in why_closed(windows=windows, at=utc("2027-02-07T09:00"))
    assert why_closed(windows=(), at=utc("2027-02-07T09:00")) is None


def test_the_leap_day_is_a_day():
    leap = OFFICE.model_copy(update={"begins": "2028-02-29T00:00", "recurrence": "FREQ=YEARLY", "hours": 24})

    assert is_open(window=leap, at=utc("2032-02-29T12:00"))
    assert not is_open(window=leap, at=utc("2030-03-01T12:00"))


@pytest.mark.parametrize(
    "change",
    [
        {"timezone": "Nowhere/Land"},
        {"timezone": "../../etc"},
        {"recurrence": "FREQ=SOMETIMES"},
        {"recurrence": "FREQ=SECONDLY"},
        {"recurrence": "often"},
    ],
)
def test_a_window_nobody_can_read_is_refused_with_what_to_write(change):
    with pytest.raises(WindowRefused, match="write"):
        is_open(window=OFFICE.model_copy(update=change), at=utc("2027-02-01T09:00"))
