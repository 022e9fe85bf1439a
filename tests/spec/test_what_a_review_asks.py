"""A review rests on what was read: equity audit and long-term outcomes hold it by name until they are known."""

from dataclasses import replace
from datetime import timedelta

import pytest

from primum.actions import evaluation, monitor_standing
from primum.integrations.configuration import load_policy
from primum.ledger.tables import RolloutRecord
from primum.roadmap.stages import GateName, Stage
from primum.settings import shipped
from tests.monitors_at_work import MONDAY, ROLLOUT, line, monitor, ward

title = "What a review of a rollout in use asks"
POLICY = load_policy("who-lmm-2025", base=shipped("config"))
DAY = timedelta(days=1)


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return ward(sqlite_ledger, tmp_path)


def unread(place, *, at=MONDAY):
    with place.workplace.ledger.reading() as session:
        return monitor_standing.unread(session, rollout=ROLLOUT, at=at)


def test_a_review_without_equity_audit_and_outcomes_is_held_by_their_names(place):
    found = evaluation.findings_of(
        submission=replace(place.submission, policy=POLICY),
        stage=Stage.SUSTAIN,
        checks=(),
        cells={},
        documents=(),
        lock=evaluation.Standing(since=MONDAY).lock,
        at=MONDAY,
        gate=GateName.GS,
        unread=unread(place),
    )

    held = {one.check: one.sentence for one in found if one.binds and one.outcome != "pass"}
    assert held["gap-accuracy"].startswith("Gap in accuracy between groups of patients needs a table")
    assert held["watched:equity"].startswith("Equity between groups of patients is not watched")
    assert held["watched:long-term-outcomes"].startswith("The outcome in the long run, against the pilot is not")


def test_a_monitor_that_never_read_says_nothing(place):
    assert unread(place) == {"late-reviews": "the monitor 'late-reviews' has not read yet."}


def test_one_that_read_in_time_is_heard(place):
    place.report(line(1))
    place.tick()

    assert unread(place) == {}


def test_one_without_counts_has_too_little_to_go_on(place):
    place.tick()

    assert unread(place) == {"late-reviews": "the monitor 'late-reviews' has too little to go on yet."}


def test_one_that_stopped_reading_is_late(place):
    place.report(line(1))
    place.tick()

    assert "'late-reviews' is late. It read last for" in unread(place, at=MONDAY + 9 * DAY)["late-reviews"]


def test_an_alarm_is_heard_when_its_owner_has_answered_it(place):
    place.report(line(9))
    place.tick()
    (alarm,) = place.alarms()
    before = unread(place)["late-reviews"]

    place.answer(alarm.id)

    assert "an alarm of the monitor 'late-reviews' of 2026-03-30 stands" in before
    assert unread(place) == {}


def test_one_of_another_stage_is_not_heard_in_this_one(sqlite_ledger, tmp_path):
    place = ward(sqlite_ledger, tmp_path, monitor(stages=["pilot"]))

    assert unread(place) == {"late-reviews": "the monitor 'late-reviews' does not read in stage sustain."}


def test_of_a_rollout_that_nobody_registered_nothing_is_known(place):
    with place.workplace.ledger.reading() as session:
        assert monitor_standing.unread(session, rollout="nobodys", at=MONDAY) == {}
        assert session.get(RolloutRecord, "nobodys") is None
