"""What an approval leaves: things to do by a day, and limits to where, for how many and until when it counts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.actions import contingencies, limits, promotion, resumption, suspension, voting
from primum.actions.reporting import board
from primum.ledger import reading, signing_reading
from primum.roadmap.conditions import Conditions, exposed, merged, why_not_limit, why_nothing_left
from primum.roadmap.contingencies import ContingencyAsked
from primum.roadmap.people import Role, Site
from primum.roadmap.widening import Widening
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.refusal_scenes import DEPUTY, GATE, LEAD, QUORUM, SAFETY, Scene

title = "What an approval leaves"
DAY = timedelta(days=1)
ASKED = ContingencyAsked(what="Recalibrate at the north site.", owner="mei-lin", due_at=MORNING + 10 * DAY)
sites = st.none() | st.lists(st.sampled_from(["north", "south", "east"]), min_size=1, unique=True).map(tuple)
shares = st.none() | st.sampled_from(["1/4", "1/3", "1/2", "1"])
ends = st.none() | st.integers(1, 9).map(lambda days: MORNING + days * DAY)
said = st.builds(Conditions, sites=sites, units=sites, share=shares, until=ends)


@given(one=said, other=said)
def test_what_several_allow_together_is_what_each_of_them_allows(one, other):
    together = merged([one, other])

    for single in (one, other):
        assert single.sites is None or set(together.sites) <= set(single.sites)
        assert single.units is None or set(together.units) <= set(single.units)
        assert single.until is None or together.until <= single.until
    assert merged([other, one]) == merged([merged([one, other]), one, Conditions()])


@given(limits=said)
def test_limits_are_read_as_they_were_written(limits):
    back = Conditions.read(limits.plain())

    assert back == limits
    assert (limits.words() == "") is limits.is_empty


def test_the_strictest_of_several_binds():
    lead = Conditions(sites=("north", "south"), share="1/2", until=MORNING + 90 * DAY)
    ethicist = Conditions(sites=("north",), share="1/3")

    together = merged([lead, ethicist, Conditions()])

    assert together == Conditions(sites=("north",), share="1/3", until=MORNING + 90 * DAY)
    assert together.words() == "sites north; share 1/3; until 2026-05-31 09:00 UTC"


@pytest.mark.parametrize(
    ("together", "words"),
    [
        (Conditions(sites=()), "no site in common"),
        (Conditions(units=()), "no unit in common"),
        (Conditions(until=MORNING), "which is over"),
        (Conditions(until=MORNING + DAY), None),
    ],
)
def test_limits_that_leave_nobody_are_no_approval(together, words):
    reason = why_nothing_left(together=together, at=MORNING)

    assert (reason is None) if words is None else words in reason


@pytest.mark.parametrize("share", ["0", "0/4", "5/4", "0.5", "1e-1", "1/0", "-1/2", "\u0661/\u0664", "half", " 1/4"])
def test_a_share_is_written_as_whole_numbers_above_none_and_at_most_all(share):
    reason = why_not_limit(asked=Conditions(share=share), sites=(), at=MORNING)

    assert "is no share of patients" in reason
    assert why_not_limit(asked=Conditions(share="1/4"), sites=(), at=MORNING) is None


@pytest.mark.parametrize(("days", "state"), [(4, "pilot"), (5, "off"), (6, "off")])
def test_an_exposure_is_off_from_its_last_moment_on(days, state):
    conditions = Conditions(until=MORNING + 5 * DAY).plain()

    assert exposed(state="pilot", conditions=conditions, at=MORNING + days * DAY) == state


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return work.workplace(sqlite_ledger, tmp_path)


@pytest.fixture
def scene(place, tmp_path):
    made = Scene(folder=tmp_path / "rollout", place=place, at=MORNING)
    made.awaiting()
    return made


def exposure(place, rollout="test-rollout"):
    with place.ledger.reading() as session:
        return reading.exposure(session, rollout=rollout)


def promoted(place, *, handed_in, **said):
    """A gate of a rollout that reaches patients, promoted on approvals that said this."""
    gate = work.awaiting(handed_in, place)
    for number, (person, role) in enumerate(work.QUORUM):
        changes = {key: values[number] for key, values in said.items() if number < len(values)}
        ballot = work.ballot(role, digest=work.gates.subject_of(work.evaluation()))
        ballot = type(ballot)(**(vars(ballot) | changes))
        voting.vote(gate=gate, ballot=ballot, submission=handed_in, person=person, at=MORNING, workplace=place)
    promotion.commit(
        gate=gate, world=work.world(), submission=handed_in, person="noah-kim", at=MORNING, workplace=place
    )


def with_sites(**changes):
    """A rollout that reaches patients at two sites."""
    about = {"country": "CH", "timezone": "Europe/Zurich", "resource_level": "high"}
    listed = tuple(Site(id=id_, name=id_.title(), **about) for id_ in ("north", "south"))
    return replace(work.submission(**changes), sites=listed)


def test_what_the_signatures_allow_and_the_stage_reaches_is_what_is_exposed(place):
    stage = Widening(stage="pilot", sites=("north", "south"), share="1/2")
    until = MORNING + 60 * DAY
    handed_in = with_sites(widening=(stage,))

    promoted(place, handed_in=handed_in, conditions=[Conditions(sites=("north",)), Conditions(until=until)])

    row = exposure(place)
    assert row.state == "pilot"
    assert Conditions.read(row.conditions) == Conditions(sites=("north",), share="1/2", until=until)


@pytest.mark.parametrize(("days", "state"), [(4, "pilot"), (5, "off")])
def test_the_board_says_off_from_the_moment_on_before_anybody_has_written_it(place, days, state):
    promoted(place, handed_in=with_sites(), conditions=[Conditions(until=MORNING + 5 * DAY)])

    (line,) = board(workplace=place, at=MORNING + days * DAY)

    assert line.exposure == state


def test_when_its_time_is_over_exposure_is_off_and_the_ledger_says_so_once(place):
    promoted(place, handed_in=with_sites(), conditions=[Conditions(until=MORNING + 5 * DAY)])

    ended = [limits.end_exposures(at=MORNING + days * DAY, person="primum", workplace=place) for days in (4, 5, 6)]

    assert ended == [(), ("test-rollout",), ()]
    assert exposure(place).state == "off"
    with place.ledger.reading() as session:
        assert len(signing_reading.messages_since(session, kind="exposure.ended", since=MORNING)) == 1


def test_a_rollout_that_goes_on_goes_on_under_the_same_limits(place):
    handed_in = with_sites()
    promoted(place, handed_in=handed_in, conditions=[Conditions(sites=("north",))])
    lead, ethicist = handed_in.person("amara-okafor"), handed_in.person("leila-haddad")
    suspension.suspend(rollout="test-rollout", person=lead, reason="harm", at=MORNING + DAY, workplace=place)
    stopped = exposure(place)

    resumption.resume(
        rollout="test-rollout", person=lead, second=ethicist, reason=work.REASON, at=MORNING + 2 * DAY, workplace=place
    )

    assert stopped.state == "off"
    assert exposure(place).state == "pilot"
    assert Conditions.read(exposure(place).conditions) == Conditions(sites=("north",))


@given(before=said, approved=said, by=said)
def test_stricter_limits_of_a_later_gate_bind_what_is_exposed_and_every_wave_that_follows(before, approved, by):
    exposed_now = {"bundle": "sha256:b", "wave": "bridge", "approved": approved.plain(), **before.plain()}

    after = limits.narrowed(exposed_now, by=by)

    assert Conditions.read(after) == merged([before, by])
    assert Conditions.read(after["approved"]) == merged([approved, by])
    assert (after["bundle"], after["wave"]) == ("sha256:b", "bridge")


def close(scene, made, *, person, note="It was recalibrated and checked."):
    contingencies.close(
        contingency=made, submission=scene.submission, person=person, note=note, at=scene.days(1), workplace=scene.place
    )


@pytest.fixture
def promise(scene):
    """What the lead's approval left to do."""
    scene.sign(LEAD, Role.CLINICAL_LEAD, contingency=ASKED)
    with scene.place.ledger.reading() as session:
        (row,) = signing_reading.contingencies_of(session, gate=GATE)
    return row.id


@pytest.mark.parametrize(
    ("person", "note", "words"),
    [
        ("mei-lin", "It was done and checked.", "somebody else says that it is done"),
        (SAFETY, "It was done and checked.", "does not hold the role clinical-lead"),
        (DEPUTY, "done", "at least 10 characters"),
    ],
)
def test_a_contingency_is_not_closed_by_its_owner_a_stranger_or_without_words(scene, promise, person, note, words):
    with pytest.raises(contingencies.CannotClose, match=words):
        close(scene, promise, person=person, note=note)


def test_a_contingency_that_is_closed_in_time_stops_nothing(scene, promise):
    close(scene, promise, person=DEPUTY)

    overdue = contingencies.mark_overdue(at=scene.days(11), person="primum", workplace=scene.place)

    assert overdue == ()
    with pytest.raises(contingencies.CannotClose, match="closed already"):
        close(scene, promise, person=DEPUTY)
    with scene.place.ledger.reading() as session:
        assert contingencies.why_overdue(rollout="small-trial", at=scene.days(11), session=session) is None


def test_an_overdue_contingency_is_told_once_and_stops_every_promotion(scene, promise):
    found = [
        contingencies.mark_overdue(at=scene.days(days), person="primum", workplace=scene.place) for days in (9, 10, 11)
    ]

    assert found == [(), (promise,), ()]
    with scene.place.ledger.reading() as session:
        (told,) = signing_reading.messages_since(session, kind="contingency.overdue", since=MORNING)
        why = contingencies.why_overdue(rollout="small-trial", at=scene.days(10), session=session)
    assert told.body["people"] == [LEAD, "mei-lin"]
    assert "that mei-lin owed by 2026-03-12" in why


def test_a_contingency_of_a_gate_that_led_nowhere_is_owed_no_more(scene, promise):
    scene.ask(table="sha256:second")

    with scene.place.ledger.reading() as session:
        assert contingencies.why_overdue(rollout="small-trial", at=scene.days(20), session=session) is None


def test_an_approval_with_a_contingency_fills_its_seat_like_any_other(scene):
    for person, role in QUORUM:
        scene.sign(person, role, **({"contingency": ASKED} if person == LEAD else {}))

    with scene.place.ledger.reading() as session:
        assert reading.gate(session, gate=GATE).state == "granted"
