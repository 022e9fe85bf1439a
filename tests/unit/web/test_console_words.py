"""The small words of the console: moments, what is left of a time, what a form gives back."""

from datetime import UTC, datetime, timedelta

import pytest

from primum.roadmap.seats import Answer
from primum.web.console.fields import FormRefused, chosen, end_of_day, moment_of, options_of
from primum.web.console.times import left_until, when
from primum.web.showing import PLACES

EVENING = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "22 November 2026, 23:30 UTC"),
        ("Europe/London", "22 November 2026, 23:30 UTC"),
        ("Europe/Zurich", "23 November 2026, 00:30 CET (22 November 2026, 23:30 UTC)"),
        ("America/New_York", "22 November 2026, 18:30 EST (23:30 UTC)"),
        ("America/Sao_Paulo", "22 November 2026, 20:30 UTC-03:00 (23:30 UTC)"),
    ],
)
def test_a_moment_is_said_where_the_reader_is_and_in_utc(zone, words):
    assert str(when(EVENING, zone=zone)) == words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=3, hours=5), "3 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=23), "23 hours"),
        (timedelta(minutes=59), "less than an hour"),
        (timedelta(0), "over"),
    ],
)
def test_what_is_left_is_said_as_a_person_would(left, words):
    assert left_until(EVENING + left, at=EVENING) == words


def test_a_day_ends_where_the_reader_is():
    assert end_of_day("2026-12-24", zone="Asia/Tokyo", what="it").astimezone(UTC) == datetime(
        2026, 12, 24, 14, 59, tzinfo=UTC
    )


@pytest.mark.parametrize("written", ["", "tomorrow", "2026-13-01"])
def test_what_is_no_day_or_moment_is_said(written):
    with pytest.raises(FormRefused, match=r"Give it as a day, such as"):
        end_of_day(written, zone="UTC", what="it")
    with pytest.raises(FormRefused, match=r"Give it as a day and a time"):
        moment_of(written, zone="UTC", what="it")


def test_a_choice_that_is_not_offered_is_asked_for():
    with pytest.raises(FormRefused, match=r"Choose your answer\."):
        chosen(Answer, "perhaps", what="your answer")


def test_options_are_words_and_not_ids():
    assert [one.label for one in options_of(Answer)] == ["Approve", "Request evidence", "Reject"]


def test_the_places_of_the_console_are_said_once_each():
    assert len({path for path, _ in PLACES}) == len({words for _, words in PLACES}) == len(PLACES)
