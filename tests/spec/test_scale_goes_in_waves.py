"""Stage 3 of the roadmap: more sites and units, a wave at a time (R3.1-R3.3, V27, V28)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from primum.actions import resumption, suspension, waves
from primum.ledger import audit, reading, scale_reading
from primum.ledger.tables import DocumentRecord, EvaluationRecord, Exposure, RolloutRecord
from primum.ledger.witness import canonical, digest_of
from primum.roadmap.conditions import Conditions
from primum.roadmap.exposure import UNLIMITED
from primum.roadmap.people import Role
from primum.roadmap.stages import Stage
from primum.roadmap.verdicts import Outcome
from primum.roadmap.waves import Scale, Wave
from tests import factories, gates_at_work
from tests.factories import MORNING

ROLLOUT = "test-rollout"
REASON = "The first ward ran without trouble for two weeks."
LEAD = factories.person("amara-okafor", Role.CLINICAL_LEAD)
OFFICER = factories.person("ines-moreau", Role.SAFETY_OFFICER)
ETHICIST = factories.person("leila-haddad", Role.ETHICIST)
WAVES = (
    Wave(name="bridge", sites=("north",), share="1/4", soak_days=14, checks=("sensitivity",), documents=("audit",)),
    Wave(name="wider", sites=("north", "south"), share="1/2", soak_days=14, checks=("sensitivity",), documents=()),
    Wave(name="everywhere", sites=("north", "south"), soak_days=28, checks=("sensitivity",), documents=()),
)
AFTER = MORNING + timedelta(days=14)


class Place:
    """A rollout in scale, in its first wave."""

    def __init__(self, ledger, tmp_path, *, approved=UNLIMITED):
        self.workplace = gates_at_work.workplace(ledger, tmp_path)
        self.submission = gates_at_work.submission(scale=Scale(waves=WAVES))
        self.submission = replace(self.submission, people=(*self.submission.people, OFFICER))
        gates_at_work.register(self.submission, self.workplace)
        with ledger.transaction() as tx:
            row = tx.session.get(RolloutRecord, ROLLOUT)
            row.stage = Stage.SCALE
            tx.session.add(row)
            wave = waves.begin_first(
                tx=tx, submission=self.submission, approved=approved, person="noah-kim", at=MORNING
            )
            said = {"bundle": row.bundle_digest, "wave": wave.name, "approved": approved.plain()}
            tx.session.add(Exposure(rollout=ROLLOUT, at=MORNING, state="scale", conditions=said, cause="promotion"))
            tx.record(kind="rollout.promoted", rollout=ROLLOUT, person="noah-kim", at=MORNING, body={})

    def earn(self, *, at=AFTER, sites=("north",), outcome=Outcome.PASS):
        """What the first wave asks for: its sites' word, its check, its audit."""
        for site in sites:
            waves.acknowledge(
                submission=self.submission, site=site, person=LEAD, channel="test", at=at, workplace=self.workplace
            )
        finding = {"check": "sensitivity", "outcome": str(outcome), "waived": False}
        snapshot = canonical({"verdict": {"findings": [finding]}})
        self.add(
            EvaluationRecord(
                rollout=ROLLOUT,
                gate_id=self.gate(),
                stage="scale",
                snapshot=snapshot,
                digest=digest_of(snapshot),
                outcome=str(outcome),
                at=at,
            ),
            DocumentRecord(
                rollout=ROLLOUT,
                kind="audit",
                title="Audit",
                location="audit.md",
                digest="sha256:a",
                author="an-auditor",
                issued_on=at,
                registered_at=at,
            ),
        )

    def gate(self):
        with self.workplace.ledger.reading() as session:
            there = reading.gates(session, rollout=ROLLOUT)
        return there[0].id if there else gates_at_work.awaiting(self.submission, self.workplace)

    def add(self, *rows):
        with self.workplace.ledger.transaction() as tx:
            tx.session.add_all(rows)
            tx.record(kind="evidence.registered", rollout=ROLLOUT, person="noah-kim", at=MORNING, body={})

    def advance(self, *, person=LEAD, reason=REASON, at=AFTER):
        return waves.advance(submission=self.submission, person=person, reason=reason, at=at, workplace=self.workplace)

    def suspend(self, at):
        suspension.suspend(rollout=ROLLOUT, person=LEAD, reason="A look.", at=at, workplace=self.workplace)

    def resume(self, at):
        resumption.resume(rollout=ROLLOUT, person=LEAD, second=OFFICER, reason=REASON, at=at, workplace=self.workplace)

    def exposure(self):
        with self.workplace.ledger.reading() as session:
            return reading.exposure(session, rollout=ROLLOUT)


@pytest.fixture
def place(ledger, tmp_path):
    return Place(ledger, tmp_path)


def test_a_wave_that_has_earned_it_leads_to_the_next(place):
    place.earn()

    begun = place.advance()

    now = place.exposure()
    assert begun == "wider"
    assert now.conditions["wave"] == "wider"
    assert (now.conditions["sites"], now.conditions["share"]) == (["north", "south"], "1/2")
    assert audit.verify(place.workplace.ledger) == ()


def test_every_reason_is_said_and_nothing_moves(place):
    with pytest.raises(waves.CannotWiden) as refused:
        place.advance(at=MORNING + timedelta(days=3))

    assert "held for 3 of 14 days" in str(refused.value)
    assert "The site 'north' has not acknowledged this wave." in str(refused.value)
    assert "The check 'sensitivity' has not passed since this wave began." in str(refused.value)
    assert "The document 'audit' was not issued since this wave began." in str(refused.value)
    assert place.exposure().conditions["wave"] == "bridge"


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.ERROR])
def test_a_check_that_does_not_pass_keeps_the_wave_waiting(place, outcome):
    place.earn(outcome=outcome)

    with pytest.raises(waves.CannotWiden, match="'sensitivity' has not passed"):
        place.advance()


def test_what_was_measured_before_the_wave_began_does_not_count(place):
    place.earn(at=MORNING - timedelta(days=1))

    with pytest.raises(waves.CannotWiden, match="'sensitivity' has not passed"):
        place.advance()


def test_a_suspension_begins_the_days_anew(place):
    place.earn()
    place.suspend(AFTER - timedelta(days=2))
    place.resume(AFTER - timedelta(days=1))

    with pytest.raises(waves.CannotWiden, match="held for 1 of 14 days"):
        place.advance()


def test_what_happens_in_one_instant_counts_in_the_order_it_was_written(place):
    place.suspend(AFTER)
    place.resume(AFTER)

    assert place.exposure().state == "scale"
    place.suspend(AFTER - timedelta(seconds=5))
    assert place.exposure().state == "off"


def test_a_suspended_rollout_does_not_widen(place):
    place.earn()
    place.suspend(AFTER)

    with pytest.raises(waves.CannotWiden, match="is suspended"):
        place.advance()


def test_a_hold_keeps_it_where_it_is_and_lifting_counts_anew(place):
    place.earn()
    common = {"rollout": ROLLOUT, "workplace": place.workplace}
    held = waves.hold(person=LEAD, reason="Pinned by hand.", at=AFTER, **common)
    again = waves.hold(person=OFFICER, reason="Pinned again.", at=AFTER, **common)

    with pytest.raises(waves.CannotWiden, match=r"holds this rollout: Pinned by hand\."):
        place.advance()

    waves.lift(person=OFFICER, reason=REASON, at=AFTER, **common)
    with pytest.raises(waves.CannotWiden, match="held for 0 of 14 days"):
        place.advance()
    assert held == again
    assert place.advance(at=AFTER + timedelta(days=14)) == "wider"


def test_one_person_walks_back_at_once_and_says_why(place):
    place.earn()
    place.advance()

    back = waves.walk_back(
        submission=place.submission, person=OFFICER, reason="Alarms.", at=AFTER, workplace=place.workplace
    )

    assert back == "bridge"
    assert place.exposure().conditions["sites"] == ["north"]
    with place.workplace.ledger.reading() as session:
        assert [(step.wave, step.back) for step in scale_reading.steps(session, rollout=ROLLOUT)][-1] == (
            "bridge",
            True,
        )


def test_before_the_first_wave_there_is_only_standard_care(place):
    with pytest.raises(waves.CannotWiden, match="primum suspend test-rollout"):
        waves.walk_back(submission=place.submission, person=LEAD, reason="Alarms.", at=AFTER, workplace=place.workplace)


def test_standard_care_is_further_back_than_any_wave(place):
    place.earn()
    place.advance()
    place.suspend(AFTER + timedelta(hours=1))

    with pytest.raises(waves.CannotWiden, match="further back than any wave"):
        waves.walk_back(submission=place.submission, person=LEAD, reason="Alarms.", at=AFTER, workplace=place.workplace)

    assert place.exposure().state == "off"


def test_a_wave_never_reaches_further_than_the_signatures(ledger, tmp_path):
    place = Place(ledger, tmp_path, approved=Conditions(sites=("north",), share="1/3"))
    place.earn()

    place.advance()

    assert (place.exposure().conditions["sites"], place.exposure().conditions["share"]) == (["north"], "1/3")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"person": ETHICIST}, "holds none of the roles that may widen test-rollout"),
        ({"reason": "Fine."}, "at least 20 characters"),
    ],
)
def test_widening_takes_a_role_and_a_reason(place, change, sentence):
    place.earn()

    with pytest.raises(waves.CannotWiden, match=sentence):
        place.advance(**change)


def test_a_site_that_the_wave_does_not_reach_cannot_acknowledge_it(place):
    with pytest.raises(waves.CannotHold, match="does not reach the site 'south'"):
        place.earn(sites=("south",))


def test_waves_are_for_scale(place):
    with place.workplace.ledger.transaction() as tx:
        row = tx.session.get(RolloutRecord, ROLLOUT)
        row.stage = Stage.SUSTAIN
        tx.session.add(row)
        tx.record(kind="rollout.promoted", rollout=ROLLOUT, person="noah-kim", at=MORNING, body={})

    with pytest.raises(waves.CannotWiden, match="not in stage scale"):
        place.advance()
