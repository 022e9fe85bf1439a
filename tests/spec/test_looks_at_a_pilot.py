"""A pilot is looked at when information is there, in order, once for the same data, and each look is charged."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from primum.actions import suspension
from primum.actions.intake import EvidenceChanged
from primum.actions.look_gates import gates_asked
from primum.actions.looks import CannotLook, NothingToCount, take_due
from primum.ledger import audit, reading
from primum.ledger.tables import Entry
from primum.roadmap.looks import LookState
from primum.web.console.times import when
from tests import gates_at_work
from tests.looks_on_disk import BOARD, DAY, LEAD, PROTOCOL, ROLLOUT, TEAM, registered, rows_of, running

title = "How a pilot is looked at before its end"


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return gates_at_work.workplace(sqlite_ledger, tmp_path / "home")


@pytest.fixture
def pilot(place, tmp_path):
    return running(tmp_path / "files", place)


def statistics(pilot, which=-1):
    return json.loads(pilot.looks()[which].statistics)


def suspended(pilot):
    with pilot.place.ledger.reading() as session:
        return reading.suspension(session, rollout=ROLLOUT)


# -- when ------------------------------------------------------------------------------------


def test_a_look_is_due_when_information_reaches_its_fraction_and_not_before(pilot):
    pilot.table(rows_of(300, known=199))
    before = pilot.due()
    pilot.table(rows_of(300, known=200))

    after = pilot.due()

    assert (before.number, after.number) == (None, 1)
    assert before.sentence == "199 of 800 patients have a known outcome; the next look is planned at 200."
    assert after.sentence == "200 of 800 patients have a known outcome: look 1 of 3, planned at 200, is due."


def test_a_look_that_information_overtook_is_not_made_up_for(pilot):
    pilot.table(rows_of(450))

    taken = pilot.take()

    assert (taken.number, pilot.due().number) == (2, None)
    assert "Information came in past planned look 1 before anybody looked" in taken.sentence


def test_data_close_to_a_planned_look_belong_to_it(pilot):
    pilot.table(rows_of(190))

    taken = pilot.take()

    assert (taken.number, taken.told) == (1, "taken")


def test_a_look_is_late_by_the_calendar_in_days_of_the_hospital(pilot):
    pilot.table(rows_of(100), days=92)
    in_time = pilot.due().late
    # The clocks went forward in between: these are 93 days and 93 times 24 hours less one.
    pilot.table(rows_of(101), days=1)

    late = pilot.due()

    assert in_time is None
    assert late.late == "No look was taken for 93 days; the policy asks for one within 92."
    assert late.number is None


# -- in which order ---------------------------------------------------------------------------


def test_a_broken_sample_ratio_blocks_the_look_and_nothing_of_outcome_is_computed(pilot):
    pilot.table(rows_of(210, share=0.7, new=0.95, harm=0.9))

    taken = pilot.take()

    assert taken.told == "blocked"
    assert (
        "147 against 63 patients, planned 1:1 (p 6.8e-09, below 1/1000); nothing of outcome was read" in taken.sentence
    )
    assert set(statistics(pilot)) == {"sample_ratio", "sentence", "notes"}
    assert suspended(pilot) is None
    assert pilot.due().number == 1


def test_data_that_are_not_sound_block_the_look(pilot):
    rows = rows_of(210)
    pilot.table([*rows, rows[0]])

    taken = pilot.take()

    assert taken.told == "blocked"
    assert "nothing of outcome was read" in taken.sentence
    assert "MRN" not in taken.sentence
    assert "efficacy" not in statistics(pilot)


def test_safety_stops_before_efficacy_is_read_and_suspends_in_the_same_transaction(pilot):
    pilot.table(rows_of(210, new=0.99, old=0.5, harm=0.3, other=0.02))

    taken = pilot.take()

    with pilot.place.ledger.reading() as session:
        kinds = session.exec(select(Entry.kind).where(Entry.rollout == ROLLOUT).order_by(Entry.position)).all()
        exposure = reading.exposure(session, rollout=ROLLOUT)
    assert taken.told == "stop-for-harm"
    assert "the safety boundary of 'unplanned return' was crossed; the rollout is suspended" in taken.sentence
    assert (suspended(pilot).id, exposure.state) == (taken.suspension, "off")
    assert kinds[-2:] == ["rollout.suspended", "look.taken"]
    assert "efficacy" not in statistics(pilot)
    assert audit.verify(pilot.place.ledger) == ()


def test_an_arm_without_outcomes_is_not_yet_known(pilot):
    rows = [row if row[1] == "new" else [*row[:3], "", row[4]] for row in rows_of(420)]
    pilot.table(rows)

    taken = pilot.take()

    assert (taken.told, taken.sentence) == (
        "insufficient",
        "Look 1 of 3 at 210 of 800 patients: an arm has no patient with a known outcome yet.",
    )


def test_harm_that_nobody_knows_of_keeps_efficacy_unread(pilot):
    pilot.table([row if row[1] == "new" else [*row[:4], ""] for row in rows_of(210, new=0.99)])

    taken = pilot.take()

    assert taken.told == "insufficient"
    assert "nobody knows yet how 'returned' is in both arms, so efficacy was not read" in taken.sentence


# -- what follows -----------------------------------------------------------------------------


def test_a_crossed_efficacy_boundary_asks_for_the_gate_and_promotes_nothing(pilot):
    pilot.table(rows_of(400, new=0.9, old=0.6))

    taken = pilot.take()

    (asked,) = gates_asked(workplace=pilot.place)
    with pilot.place.ledger.reading() as session:
        record, promotions = reading.rollout(session, rollout=ROLLOUT), reading.promotions(session, rollout=ROLLOUT)
    assert (taken.told, taken.asks) == ("crossed-efficacy", "G2")
    assert (asked.look, asked.requested_by) == (taken.look, TEAM)
    assert (record.stage, promotions) == ("pilot", [])


def test_futility_that_does_not_bind_looks_to_the_team_like_going_on(pilot, place, tmp_path):
    pilot.table(rows_of(400, new=0.5, old=0.7))
    futile = pilot.take()
    true_state = pilot.looks()[-1].outcome
    pilot.table(rows_of(440, new=0.72, old=0.70))
    with pytest.raises(CannotLook):
        pilot.take()

    assert true_state == LookState.CROSSED_FUTILITY
    assert (futile.told, futile.asks) == ("taken", None)
    assert futile.sentence.startswith("Look 2 of 3 at 400 of 800 patients was taken; nothing follows from it")


def test_the_last_look_ends_the_comparison_and_the_gate_is_asked_for(pilot):
    pilot.table(rows_of(830))

    taken = pilot.take()
    pilot.table(rows_of(845))
    with pytest.raises(CannotLook) as late:
        pilot.take()

    assert taken.sentence.startswith("Look 3 of 3 at 830 of 800 patients, more than the plan: the trial is complete")
    assert taken.asks == "G2"
    assert "15 outcomes that arrived since change no decision" in str(late.value)


# -- once, late, twice, silent ----------------------------------------------------------------


def test_the_same_data_have_one_look_however_often_it_is_asked_for(pilot):
    pilot.table(rows_of(210))

    first, again = pilot.take(), pilot.take()

    assert (first.new, again.new, first.look) == (True, False, again.look)
    assert len(pilot.looks()) == 1


def test_outcomes_that_arrive_after_a_look_do_not_make_it_due_again(pilot):
    pilot.table(rows_of(300, known=205))
    pilot.take()
    pilot.table(rows_of(300, known=215))

    due = pilot.due()

    assert (due.number, due.at) == (None, 400)


def test_a_table_written_anew_without_new_outcomes_is_not_read_again(pilot):
    rows = rows_of(210)
    pilot.table(rows)
    pilot.take()
    pilot.table(list(reversed(rows)))

    with pytest.raises(CannotLook, match="No outcome has come in since the look at 210 patients; nothing was read"):
        pilot.take()


def test_a_table_that_changed_in_silence_is_refused(pilot):
    pilot.table(rows_of(210))
    pilot.take()
    pilot.table(rows_of(401), days=0)

    with pytest.raises(EvidenceChanged, match="If it was measured again, give it a new `measured_on`"):
        pilot.take()


def test_a_site_that_never_reports_is_named_and_keeps_nobody_waiting(pilot):
    pilot.table(rows_of(210, site="north"))

    taken = pilot.take()

    assert taken.told == "taken"
    assert "Nothing was reported by south; the look counts the other sites." in taken.sentence


@pytest.mark.parametrize(
    ("start", "sentence"),
    [(0, "have the same rows: a site reported twice"), (190, "20 units stand in more than one table: a site reported")],
)
def test_a_site_that_reports_twice_blocks_the_look(start, sentence, pilot):
    both = ("first", "second")
    pilot.table(rows_of(210), name="first", tables=both)
    pilot.table(rows_of(210, start=start), name="second", tables=both, days=0)

    taken = pilot.take()

    assert taken.told == "blocked"
    assert sentence in taken.sentence
    assert "MRN" not in taken.sentence


def test_a_look_during_a_suspension_is_taken_and_sets_nothing_going(pilot):
    pilot.table(rows_of(400, new=0.9, old=0.6))
    lead = pilot.submission.person(LEAD)
    suspension.suspend(rollout=ROLLOUT, person=lead, reason="Two falls.", at=pilot.at, workplace=pilot.place)

    taken = pilot.take()

    assert (taken.told, taken.asks, gates_asked(workplace=pilot.place)) == ("crossed-efficacy", None, ())
    assert "the rollout is suspended already, so nothing is set going" in taken.sentence
    assert "The rollout is suspended since 2026-03-12" in taken.sentence


def test_harm_during_a_suspension_leaves_the_suspension_that_stands(pilot):
    pilot.table(rows_of(210, harm=0.3, other=0.02))
    lead = pilot.submission.person(LEAD)
    first = suspension.suspend(rollout=ROLLOUT, person=lead, reason="Two falls.", at=pilot.at, workplace=pilot.place)

    assert pilot.take().suspension == first


# -- before it may be -------------------------------------------------------------------------


def test_there_is_no_look_before_the_lock_before_the_pilot_or_after_a_silent_edit(place, tmp_path):
    pilot = registered(tmp_path / "files", place)
    pilot.enter()
    pilot.table(rows_of(210))
    with pytest.raises(CannotLook, match="No look is taken: The protocol was never locked"):
        pilot.take()
    pilot.enter("assess")
    with pytest.raises(CannotLook, match="is in stage assess; looks are taken in its pilot"):
        pilot.take()


def test_a_protocol_edited_after_its_lock_is_not_looked_at(pilot):
    pilot.table(rows_of(210), protocol=PROTOCOL.replace("{at: 200}", "{at: 180}"))

    with pytest.raises(CannotLook, match="The protocol says something else than version 1"):
        pilot.take()


def test_a_trial_that_was_started_again_begins_with_its_first_look(pilot):
    pilot.table(rows_of(210))
    pilot.take()
    shorter = PROTOCOL.replace("{at: 400}", "{at: 500}")
    pilot.write(protocol=shorter)
    pilot.at += DAY
    pilot.lock(change="restart")
    pilot.table(rows_of(205, start=1000), protocol=shorter)

    taken = pilot.take()

    assert (taken.number, taken.told) == (1, "taken")
    assert statistics(pilot)["efficacy"]["spent_before"] == 0.0


def test_without_a_table_there_is_nothing_to_look_at(pilot):
    pilot.write(tables=())

    with pytest.raises(NothingToCount, match="declares no table of kind 'trial' for its pilot"):
        pilot.due()


# -- unplanned --------------------------------------------------------------------------------


def test_a_look_nobody_planned_needs_a_reason_and_somebody_who_may_ask(pilot):
    pilot.table(rows_of(100))

    with pytest.raises(CannotLook, match=r"No look is due at 100 of 200 units.*whoever wants it says why"):
        pilot.take(person=BOARD)
    with pytest.raises(CannotLook, match="Noah Kim may not ask for a look that nobody planned"):
        pilot.take(person=TEAM, reason="Curious.")


def test_a_look_nobody_planned_is_priced_logged_and_charged(pilot):
    pilot.table(rows_of(200))
    pilot.take()
    pilot.table(rows_of(300))
    price = pilot.due().price

    taken = pilot.take(person=BOARD, reason="Three reports of harm in a week.")
    pilot.table(rows_of(400))
    pilot.take()

    row, last = pilot.looks()[1], statistics(pilot)["efficacy"]
    assert (taken.number, row.person, row.reason) == (None, BOARD, "Three reports of harm in a week.")
    assert price.final_with > price.final_without
    assert statistics(pilot, 1)["price"]["final_with"] == price.final_with
    assert [one["boundary"] for one in last["ahead"]] == [pytest.approx(price.final_with)]
    assert statistics(pilot, 1)["efficacy"]["spent"] == pytest.approx(last["spent_before"])


# -- by the clock -----------------------------------------------------------------------------


def test_what_is_due_is_taken_once_however_often_anybody_asks(pilot):
    pilot.table(rows_of(210))

    first = take_due(person="primum", at=pilot.at, workplace=pilot.place)
    again = take_due(person="primum", at=pilot.at, workplace=pilot.place)

    assert [one.number for one in first.taken] == [1]
    assert (again.taken, again.refused) == ((), ())


def test_a_pilot_whose_file_is_broken_is_named_and_keeps_no_other_waiting(pilot):
    pilot.file.write_text("rollout: [", encoding="utf-8")

    found = take_due(person="primum", at=pilot.at, workplace=pilot.place)

    assert found.taken == ()
    assert found.refused[0].startswith(f"{ROLLOUT}: ")


def test_an_endpoint_that_no_table_has_cannot_be_read(pilot):
    pilot.table(rows_of(210))
    pilot.file.write_text(pilot.file.read_text().replace(", returned: returned}", "}"))

    taken = pilot.take()

    assert taken.told == "error"
    assert "could not be read: The column 'returned' was not counted" in taken.sentence


def test_two_looks_in_the_hour_that_comes_twice_stay_in_their_order(pilot):
    pilot.at = datetime(2026, 10, 15, 0, 30, tzinfo=UTC)
    pilot.table(rows_of(210))
    pilot.take()
    pilot.table(rows_of(401), days=0)
    pilot.at += timedelta(hours=1)
    pilot.write(day=pilot.at - timedelta(minutes=1))
    pilot.take()

    first, second = pilot.looks()
    assert (first.number, second.number) == (1, 2)
    assert [str(when(one.at, zone="Europe/Zurich")) for one in (first, second)] == [
        "25 October 2026, 02:30 CEST (00:30 UTC)",
        "25 October 2026, 02:30 CET (01:30 UTC)",
    ]


def test_two_who_ask_in_the_same_moment_take_one_look(pilot):
    pilot.table(rows_of(210))

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(lambda _: pilot.take(), range(2)))

    assert len({one.look for one in taken}) == len(pilot.looks()) == 1
    assert sorted(one.new for one in taken) == [False, True]


def test_small_counts_are_told_as_small(pilot):
    pilot.table(rows_of(300, known=4))
    early = pilot.due()
    pilot.table(rows_of(210, share=0.03))

    blocked = pilot.take()

    assert (early.information, early.sentence[:27]) == (None, "fewer than 10 of 800 patients"[:27])
    assert "fewer than 10 against 204 patients" in blocked.sentence
