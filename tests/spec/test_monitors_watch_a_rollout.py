"""While a rollout is in use it is watched: who reads when, what an alarm does, and what silence means (P2.2, GI3)."""

from datetime import timedelta

import pytest
from sqlmodel import select

from primum.actions import monitoring, resumption, waves
from primum.actions.alarm_answers import CannotAcknowledge, why_open
from primum.ledger import audit, reading, scale_reading
from primum.ledger.tables import OutboxMessage
from primum.roadmap.exposure import UNLIMITED
from primum.roadmap.monitors import Found
from primum.roadmap.stages import Stage
from primum.roadmap.waves import Scale, Wave
from tests.monitors_at_work import LEAD, MONDAY, NOBODY, OFFICER, ROLLOUT, line, monitor, ward

title = "Watching a rollout in use"
DAY = timedelta(days=1)
HARM = {"nature": "guardrail", "harm": True, "action": "rollback"}


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return ward(sqlite_ledger, tmp_path)


def messages(place, kind):
    with place.workplace.ledger.reading() as session:
        return session.exec(select(OutboxMessage).where(OutboxMessage.kind == kind)).all()


def held(place):
    with place.workplace.ledger.reading() as session:
        return scale_reading.holds(session, rollout=ROLLOUT)


def why_not_on(place, at=MONDAY):
    with place.workplace.ledger.reading() as session:
        return why_open(rollout=ROLLOUT, session=session, at=at)


def test_a_quiet_monitor_reads_once_a_day_and_leaves_everything_as_it_is(place):
    place.report(line(1))

    first, again = place.tick(), place.tick(MONDAY + timedelta(hours=1))

    assert (first.readings, again.readings) == (1, 0)
    assert place.reading().state == "quiet"
    assert why_not_on(place) is None
    assert audit.verify(place.workplace.ledger) == ()


def test_an_alarm_holds_the_rollout_and_tells_its_owner(ledger, tmp_path):
    place = ward(ledger, tmp_path)
    place.report(line(5), line(0, site="south"))

    ticked = place.tick()

    (alarm,) = place.alarms()
    assert ticked.alarms == (alarm.id,)
    assert (alarm.site, alarm.hold_id) == ("north", held(place)[0].id)
    (told,) = messages(place, "alarm.raised")
    assert "pia-berg" in told.body["people"]
    assert audit.verify(place.workplace.ledger) == ()


def test_an_alarm_that_stands_is_not_raised_again_and_holds_once(place):
    place.report(line(5))

    place.tick()
    place.tick(MONDAY + DAY)

    assert len(place.alarms()) == 1
    assert len(held(place)) == 1


def test_an_open_alarm_is_in_the_way_of_the_next_promotion_until_its_owner_has_answered(place):
    place.report(line(5))
    place.tick()
    (alarm,) = place.alarms()

    before = why_not_on(place)
    place.answer(alarm.id)

    assert "stands; its owner (pia-berg) says first what was found and done." in before
    assert why_not_on(place) is None
    assert place.alarms(is_open=False)[0].finding == "real"


def test_an_alarm_that_stands_keeps_the_next_wave_waiting_though_the_hold_is_lifted(sqlite_ledger, tmp_path):
    wave = Wave(name="bridge", sites=("north",), soak_days=1, checks=("sensitivity",), documents=())
    place = ward(sqlite_ledger, tmp_path, stage=Stage.SCALE, scale=Scale(waves=(wave,)))
    with sqlite_ledger.transaction() as tx:
        waves.begin_first(tx=tx, submission=place.submission, approved=UNLIMITED, person="primum", at=MONDAY)
    place.report(line(5))
    place.tick()
    common = {"rollout": ROLLOUT, "at": MONDAY, "workplace": place.workplace}

    waves.lift(person=LEAD, reason="We would like to go on all the same.", **common)

    with sqlite_ledger.reading() as session:
        standing = waves.standing(session=session, submission=place.submission, at=MONDAY)
    assert standing.hold is None
    assert "says first what was found and done" in standing.closed


def test_the_chart_begins_anew_after_an_alarm_that_was_answered(place):
    place.report(line(5))
    place.tick()
    place.answer(place.alarms()[0].id)

    place.tick(MONDAY + DAY)
    assert place.alarms() == []
    assert place.reading().state == "insufficient"

    place.report(line(9, period="2026-W14"), at=MONDAY + 8 * DAY)
    place.tick(MONDAY + 8 * DAY)
    assert len(place.alarms()) == 1


def test_harm_goes_back_to_standard_care_by_itself(sqlite_ledger, tmp_path):
    place = ward(sqlite_ledger, tmp_path, monitor(**HARM))
    place.report(line(5))

    place.tick()

    with sqlite_ledger.reading() as session:
        assert reading.exposure(session, rollout=ROLLOUT).state == "off"
        stopped = reading.suspension(session, rollout=ROLLOUT)
    assert place.alarms()[0].suspension_id == stopped.id
    assert place.alarms()[0].id in stopped.reason


def test_nobody_goes_on_while_the_alarm_that_stopped_it_has_no_answer(sqlite_ledger, tmp_path):
    place = ward(sqlite_ledger, tmp_path, monitor(**HARM))
    place.report(line(5))
    place.tick()
    on = {"rollout": ROLLOUT, "person": LEAD, "second": OFFICER, "at": MONDAY, "workplace": place.workplace}
    on |= {"reason": "The reviews were made and are in time."}
    alarm = place.alarms()[0].id

    with pytest.raises(resumption.CannotResume, match=f"Alarm {alarm} of the monitor 'late-reviews' .* stands"):
        resumption.resume(**on)
    place.answer(alarm)
    resumption.resume(**on)

    with sqlite_ledger.reading() as session:
        assert reading.exposure(session, rollout=ROLLOUT).state == "sustain"


def test_a_shadow_reads_and_does_nothing(sqlite_ledger, tmp_path):
    place = ward(sqlite_ledger, tmp_path, monitor(shadow=True))
    place.report(line(9))

    place.tick()

    assert place.reading().state == "alarm"
    assert place.alarms() == []
    assert held(place) == []
    assert why_not_on(place) is None


def test_without_counts_a_monitor_says_that_it_knows_nothing(place):
    place.tick()

    assert place.reading().state == "insufficient"
    assert place.alarms() == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "tea-leaves"}, "There is no kind of monitor 'tea-leaves'"),
        ({"parameters": {"at_most": "many"}}, "cannot have these parameters"),
    ],
)
def test_a_broken_monitor_is_an_alarm_with_a_sentence_and_never_silence(sqlite_ledger, tmp_path, change, sentence):
    place = ward(sqlite_ledger, tmp_path, monitor(**change))

    place.tick()
    place.tick(MONDAY + DAY)

    assert place.reading().state == "error"
    (alarm,) = place.alarms()
    assert (alarm.cause, alarm.action) == ("broken", "warn")
    assert sentence in alarm.sentence
    assert "The guardrail 'late-reviews' is blind" in why_not_on(place)


def test_a_monitor_that_did_not_run_is_an_alarm_until_it_runs_again(place):
    place.report(line(0))
    place.tick()
    later = MONDAY + timedelta(days=3)

    silent = monitoring.say_who_is_silent(at=later, person="primum", workplace=place.workplace)
    again = monitoring.say_who_is_silent(at=later, person="primum", workplace=place.workplace)

    assert (silent, again) == ((ROLLOUT,), ())
    (alarm,) = place.alarms()
    assert alarm.cause == "silent"
    assert "was due twice since" in alarm.sentence.replace("2 times", "twice")
    assert "nobody watches" in why_not_on(place, later)
    place.tick(later)
    monitoring.say_who_is_silent(at=later, person="primum", workplace=place.workplace)
    assert place.alarms() == []
    assert audit.verify(place.workplace.ledger) == ()


def test_a_site_that_reports_nothing_is_an_alarm_until_it_does(sqlite_ledger, tmp_path):
    place = ward(sqlite_ledger, tmp_path, monitor(counts_within_days=10))
    place.report(line(0))

    place.tick()
    (alarm,) = place.alarms()
    place.report(line(0, site="south"), at=MONDAY + DAY)
    place.tick(MONDAY + DAY)

    assert (alarm.cause, alarm.site) == ("silent", "south")
    assert "The site south never reported, 28 days ago" in alarm.sentence
    assert place.alarms() == []


def test_only_its_owner_or_who_answers_for_the_care_acknowledges(place):
    place.report(line(5))
    place.tick()
    (alarm,) = place.alarms()

    for person, done, sentence in (
        (NOBODY, "The reviews were made.", "does not own this monitor"),
        (LEAD, "Done.", "at least 10 characters"),
    ):
        with pytest.raises(CannotAcknowledge, match=sentence):
            place.answer(alarm.id, person=person, done=done)

    place.answer(alarm.id, person=LEAD, found=Found.UNCLEAR)
    with pytest.raises(CannotAcknowledge, match="acknowledged by amara-okafor already"):
        place.answer(alarm.id)


@pytest.mark.parametrize("stage", [Stage.ASSESS])
def test_nobody_is_watched_before_patients_are_reached(sqlite_ledger, tmp_path, stage):
    place = ward(sqlite_ledger, tmp_path, stage=stage)

    assert place.tick().readings == 0
