"""After a stop for harm the gate that let the rollout in is granted again before anybody agrees that it goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from primum.actions import gates, incidents, promotion, reopening, resumption, suspension, voting
from primum.ledger import reading
from primum.ledger.audit import verify
from primum.roadmap.conditions import Conditions
from primum.roadmap.incidents import Category, Severity
from primum.roadmap.signing_rules import ResumptionRule
from primum.roadmap.stages import GateName, Stage
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.in_use import SAFETY, InScale

title = "Resuming takes a gate"
ROLLOUT, LEAD, ETHICIST = "test-rollout", "amara-okafor", "leila-haddad"
DAY = timedelta(days=1)


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return work.workplace(sqlite_ledger, tmp_path / "home")


class InPilot:
    """A rollout that G1 let into pilot, as the ledger knows it."""

    def __init__(self, place, *, rule=None):
        self.place, self.handed_in = place, work.submission()
        if rule is not None:
            policy = self.handed_in.policy.model_copy(update={"resumption": rule})
            self.handed_in = replace(self.handed_in, policy=policy)
        gate = work.granted(self.handed_in, place)
        self._commit(gate)

    def _commit(self, gate):
        handed_in, world = self.handed_in, work.world()
        promotion.commit(
            gate=gate, world=world, submission=handed_in, person="noah-kim", at=MORNING, workplace=self.place
        )

    def stop(self, *, harm=True):
        lead = self.handed_in.person(LEAD)
        return suspension.suspend(
            rollout=ROLLOUT, person=lead, reason="harm", at=MORNING + DAY, workplace=self.place, harm=harm
        )

    def reopen(self, stopped, *, table="sha256:repaired"):
        at, handed_in = MORNING + 2 * DAY, self.handed_in
        made = work.evaluation(table=table)
        gate = gates.open_gate(
            submission=handed_in, evaluation=made, run=work.RUN, person="noah-kim", at=at, workplace=self.place
        )
        reopening.tie(gate=gate, suspension=stopped, rollout=ROLLOUT, person="noah-kim", at=at, workplace=self.place)
        gates.ask_seats(gate=gate, submission=handed_in, person="noah-kim", at=at, workplace=self.place)
        return gate, gates.subject_of(made)

    def grant(self, stopped):
        gate, digest = self.reopen(stopped)
        for person, role in work.QUORUM:
            work.sign(gate, person, role, self.handed_in, self.place, at=MORNING + 2 * DAY, digest=digest)
        return gate

    def agree(self, *people, after=timedelta(0)):
        for person in people or (LEAD, ETHICIST):
            done = resumption.agree(
                rollout=ROLLOUT,
                person=person,
                reason=work.REASON,
                channel="test",
                authentication="test",
                at=MORNING + 3 * DAY + after,
                workplace=self.place,
            )
        return done

    def row(self, gate):
        with self.place.ledger.reading() as session:
            return reading.gate(session, gate=gate)

    def state(self):
        with self.place.ledger.reading() as session:
            return reading.exposure(session, rollout=ROLLOUT).state


def test_after_harm_nobody_agrees_before_the_gate_is_open_again_and_granted(place):
    there = InPilot(place)
    stopped = there.stop()

    with pytest.raises(resumption.CannotResume, match=r"primum resume test-rollout --reopen"):
        there.agree(LEAD)
    gate, _ = there.reopen(stopped)
    with pytest.raises(
        resumption.CannotResume, match=f"goes on after gate {gate} is granted; it is awaiting-seats now"
    ):
        there.agree(LEAD)

    assert there.state() == "off"


def test_a_granted_gate_and_a_quorum_let_it_go_on_where_it_was_and_promote_nothing(place):
    there = InPilot(place)
    gate = there.grant(there.stop())

    done = there.agree()

    assert done.is_lifted
    assert there.state() == "pilot"
    assert there.row(gate).state == "applied"
    with place.ledger.reading() as session:
        assert len(reading.promotions(session, rollout=ROLLOUT)) == 1
        assert reading.rollout(session, rollout=ROLLOUT).stage == "pilot"
    with pytest.raises(promotion.CannotPromote, match="it promotes nothing"):
        promotion.apply(gate=gate, submission=there.handed_in, person="noah-kim", at=MORNING + 4 * DAY, workplace=place)
    assert verify(place.ledger, outside=place.ledger.checkpoint()) == ()


def test_a_gate_that_was_granted_too_long_ago_lets_nobody_go_on(place):
    there = InPilot(place)
    there.grant(there.stop())

    with pytest.raises(resumption.CannotResume, match="was granted on evidence that counted until"):
        there.agree(after=there.handed_in.policy.gate_open_days * DAY)

    assert there.state() == "off"


def test_who_signed_the_gate_and_lost_the_role_since_counts_no_more(place):
    there = InPilot(place)
    there.grant(there.stop())
    work.register(work.without(there.handed_in, "mei-lin"), place)

    with pytest.raises(resumption.CannotResume, match=r"signed gate .* as technologist and is that no more"):
        there.agree()


@pytest.mark.parametrize(
    ("rule", "harm", "asked"),
    [
        (None, True, True),
        (None, False, False),
        (ResumptionRule(gate="always"), False, True),
        (ResumptionRule(gate="never"), True, False),
    ],
)
def test_the_policy_says_when_a_gate_is_asked_for(place, rule, harm, asked):
    there = InPilot(place, rule=rule)
    there.stop(harm=harm)

    if asked:
        with pytest.raises(resumption.CannotResume, match="is granted again first"):
            there.agree(LEAD)
        return

    assert there.agree().is_lifted


def test_a_harm_that_is_found_while_a_rollout_is_stopped_asks_for_the_gate_as_well(place):
    there = InPilot(place)
    first = there.stop(harm=False)

    again = there.stop(harm=True)

    assert again == first
    with pytest.raises(resumption.CannotResume, match="stopped for harm"):
        there.agree(LEAD)


def test_what_the_seats_limit_after_harm_limits_what_goes_on(place):
    there, until = InPilot(place), MORNING + 30 * DAY
    gate, digest = there.reopen(there.stop())
    for person, role in work.QUORUM:
        ballot = replace(work.ballot(role, digest=digest), conditions=Conditions(units=("ward",), until=until))
        voting.vote(
            gate=gate, ballot=ballot, submission=there.handed_in, person=person, at=MORNING + 2 * DAY, workplace=place
        )

    there.agree()

    with place.ledger.reading() as session:
        said = reading.exposure(session, rollout=ROLLOUT).conditions
    assert Conditions.read(said) == Conditions(units=("ward",), until=until)
    assert said["bundle"]


def test_nobody_agrees_while_a_serious_incident_that_was_confirmed_is_open(place):
    there = InPilot(place)
    lead, moment = there.handed_in.person(LEAD), {"at": MORNING + DAY, "workplace": place}
    about = {"site": "north", "severity": Severity.DEATH, "category": Category.OTHER, "channel": "test"}
    incident = incidents.report(
        rollout=ROLLOUT, person=lead, what="The alarm was read as quiet.", occurred_at=MORNING, **about, **moment
    )
    there.grant(incidents.confirm(incident=incident, person=lead, **moment))

    with pytest.raises(resumption.CannotResume, match=f"Incident {incident} .* is open; close it first"):
        there.agree(LEAD)
    incidents.close(incident=incident, person=lead, note="The cause was found and mended.", **moment)

    assert there.agree().is_lifted


def test_a_gate_left_open_is_void_when_people_go_on_without_it(place):
    there = InPilot(place, rule=ResumptionRule(gate="never"))
    gate, _ = there.reopen(there.stop())

    there.agree()

    assert there.row(gate).state == "void"


def test_the_gate_is_evaluated_again_on_the_files_and_the_rollout_goes_on_in_scale(tmp_path, empty_tracking_store):
    there = InScale(home=tmp_path / "home", tracking=empty_tracking_store)
    there.stop_for_harm()

    opened = there.reopen()
    again = there.reopen()
    there.sign_all(opened.gate)
    first, second = there.agree(LEAD), there.agree(SAFETY)

    assert (opened.gate, opened.state) == ("asthma-follow-up.G2.2", "awaiting-seats")
    assert again.gate == opened.gate
    assert (first.is_lifted, second.is_lifted) == (False, True)
    assert there.stage_and_exposure() == ("scale", "scale")
    assert verify(there.place.ledger) == ()
    there.place.ledger.close()


def test_what_was_signed_before_the_harm_was_known_lets_nobody_go_on(tmp_path, empty_tracking_store):
    there = InScale(home=tmp_path / "home", tracking=empty_tracking_store)
    before = opened_and_signed(there, at=MORNING + timedelta(hours=1))
    there.stop_for_harm()

    opened = there.reopen().gate

    with there.place.ledger.reading() as session:
        states = {one: reading.gate(session, gate=one).state for one in (before, opened)}
    assert states == {before: "void", opened: "awaiting-seats"}
    with pytest.raises(resumption.CannotResume, match=f"goes on after gate {opened} is granted"):
        there.agree(LEAD)
    assert verify(there.place.ledger) == ()
    there.place.ledger.close()


def opened_and_signed(there, *, at):
    """The gate that let the rollout in was opened once more, as a review is, and every seat has signed."""
    made = replace(work.evaluation(rollout=there.submission.rollout.rollout), gate=GateName.G2, stage=Stage.PILOT)
    common = {"submission": there.submission, "person": "noah-kim", "at": at, "workplace": there.place}
    gate = gates.open_gate(evaluation=made, run=work.RUN, **common)
    gates.ask_seats(gate=gate, **common)
    there.sign_all(gate, at=at)
    return gate


def test_only_a_rollout_that_was_stopped_for_harm_is_opened_again(place):
    there = InPilot(place)

    with pytest.raises(resumption.CannotResume, match="is not suspended"):
        reopening.reopen(rollout=ROLLOUT, person="noah-kim", at=MORNING, workplace=place)
    there.stop(harm=False)
    with pytest.raises(resumption.CannotResume, match="needs no gate to go on"):
        reopening.reopen(rollout=ROLLOUT, person="noah-kim", at=MORNING, workplace=place)
