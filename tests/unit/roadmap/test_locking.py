"""A pilot is fixed before its outcomes are seen; what comes later holds the gate with its sentence."""

from datetime import timedelta

import pytest

from primum.roadmap.estimand import EVENTS, Estimand, IntercurrentEvent
from primum.roadmap.locking import (
    NEVER_LOCKED,
    LockedVersion,
    LockStanding,
    SeenTable,
    criteria_digest,
    protocol_findings,
    why_not_lock,
    why_not_read,
)
from primum.roadmap.people import Role
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Outcome
from tests import factories
from tests.evidence_factories import protocol
from tests.factories import MORNING

DAY = timedelta(days=1)
WHOLE = Estimand(
    population="adults",
    treatment="with against without",
    variable="relapse within a year",
    summary="risk difference",
    events=tuple(IntercurrentEvent(event=one, strategy="treatment-policy") for one in EVENTS),
)
TRIAL = factories.evidence(name="outcomes", kind="trial", stages=(Stage.PILOT,), columns={"unit_id": "id"})
POLICY = factories.policy(criteria=(factories.criterion(gates=(GateName.G2,)),))
ROLLOUT = factories.rollout(protocol=protocol(estimand=WHOLE), evidence=(TRIAL,))
AFTER = SeenTable(name="outcomes", measured_on=MORNING + 9 * DAY, registered_at=MORNING + 10 * DAY)


def version(number=1, change="lock", *, rollout=ROLLOUT, policy=POLICY, at=MORNING):
    criteria = criteria_digest(policy=policy, rollout=rollout)
    return LockedVersion(version=number, change=change, digest=rollout.protocol.digest, criteria_digest=criteria, at=at)


def standing(*versions, tables=(AFTER,)):
    return LockStanding(versions=versions or (version(),), tables=tables)


def asked(standing, *, rollout=ROLLOUT, policy=POLICY, gate=GateName.G2):
    found = protocol_findings(policy=policy, rollout=rollout, gate=gate, standing=standing)
    return {finding.check: finding for finding in found}


def with_alpha(alpha):
    return ROLLOUT.model_copy(update={"protocol": ROLLOUT.protocol.model_copy(update={"alpha_one_sided": alpha})})


def test_a_protocol_locked_before_its_outcomes_passes():
    finding = asked(standing())["protocol-lock"]

    assert finding.outcome is Outcome.PASS
    assert "locked on 2026-03-02, before any outcome was read" in finding.sentence


@pytest.mark.parametrize(
    ("seen", "outcome", "sentence"),
    [
        (NEVER_LOCKED, Outcome.INSUFFICIENT, "never locked"),
        (
            standing(tables=(SeenTable(name="outcomes", measured_on=MORNING - DAY, registered_at=MORNING + DAY),)),
            Outcome.FAIL,
            "outcomes taken on 2026-03-01, before the protocol was locked",
        ),
        (
            standing(
                tables=(SeenTable(name="outcomes", measured_on=MORNING - DAY, registered_at=MORNING - DAY), AFTER)
            ),
            Outcome.FAIL,
            "registered on 2026-03-01, before the protocol was locked",
        ),
        (standing(version(rollout=with_alpha("5/1000"))), Outcome.FAIL, "something else than version 1"),
        (
            standing(version(policy=factories.policy(criteria=()))),
            Outcome.FAIL,
            "A criterion of the pilot was edited after",
        ),
    ],
)
def test_what_was_not_fixed_in_time_holds_the_gate_and_says_why(seen, outcome, sentence):
    finding = asked(seen)["protocol-lock"]

    assert (finding.outcome, finding.binds) == (outcome, True)
    assert sentence in finding.sentence


def test_an_amendment_that_starts_again_leaves_out_what_was_read_before_it():
    old = SeenTable(name="outcomes", measured_on=MORNING + DAY, registered_at=MORNING + DAY)
    again = version(2, "restart", at=MORNING + 5 * DAY)

    assert asked(standing(version(), again, tables=(old, AFTER)))["protocol-lock"].outcome is Outcome.PASS
    assert asked(standing(version(), again, tables=(old,)))["protocol-lock"].outcome is Outcome.FAIL


def test_an_amendment_that_goes_on_needs_the_version_of_each_unit():
    amended = standing(version(), version(2, "by-version", at=MORNING + 11 * DAY))
    told = TRIAL.model_copy(update={"columns": {"unit_id": "id", "version": "version"}})

    assert "to be analysed by version" in asked(amended)["protocol-lock"].sentence
    rollout = ROLLOUT.model_copy(update={"evidence": (told,)})
    assert asked(amended, rollout=rollout)["protocol-lock"].outcome is Outcome.PASS


def test_a_reader_study_is_one_study_and_never_analysed_by_version():
    amended = standing(version(), version(2, "by-version", at=MORNING + 11 * DAY))
    readings = TRIAL.model_copy(update={"kind": "readings"})

    found = asked(amended, rollout=ROLLOUT.model_copy(update={"evidence": (readings,)}))["protocol-lock"]

    assert found.outcome is Outcome.FAIL
    assert "amend it as a restart, and read again" in found.sentence


def test_a_replay_and_another_gate_are_asked_for_no_lock():
    replay = ROLLOUT.model_copy(update={"kind": "replay"})

    assert set(asked(NEVER_LOCKED, rollout=replay)) == {"estimand"}
    assert asked(NEVER_LOCKED, gate=GateName.G1) == {}
    assert asked(NEVER_LOCKED, policy=factories.policy(scope="replay")) == {}


def test_without_an_estimand_benefit_is_not_read_and_harm_is():
    bare = factories.rollout(protocol=protocol(), evidence=(TRIAL,))
    benefit, harm = (factories.criterion(metric=one) for one in ("primary_benefit", "safety_difference"))

    assert "no estimand" in why_not_read(criterion=benefit, rollout=bare, policy=POLICY)
    assert why_not_read(criterion=harm, rollout=bare, policy=POLICY) is None
    assert why_not_read(criterion=benefit, rollout=ROLLOUT, policy=POLICY) is None
    assert asked(standing(), rollout=bare)["estimand"].outcome is Outcome.INSUFFICIENT


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rollout": factories.rollout()}, "declares no protocol"),
        ({"person": factories.person("nobody")}, "holds none of the roles that lock"),
        ({"person": factories.person("noah-kim", Role.TECHNOLOGIST)}, "clinical-lead, independent-statistician"),
        ({"reason": " "}, "carries a reason"),
        ({"rollout": factories.rollout(protocol=protocol())}, "not complete"),
        ({"standing": standing()}, "a change is an amendment"),
        ({"standing": LockStanding(tables=(AFTER,)), "at": MORNING + 11 * DAY}, "was registered on 2026-03-12"),
        ({"change": "restart"}, "nothing to amend"),
        ({"change": "by-version", "standing": standing()}, "says what its last locked version says"),
    ],
)
def test_a_lock_is_refused_with_one_reason(changes, sentence):
    given = {
        "rollout": ROLLOUT,
        "person": factories.person("amara-okafor", Role.CLINICAL_LEAD),
        "change": "lock",
        "reason": "Approved in minute 14.",
        "standing": NEVER_LOCKED,
        "at": MORNING,
    } | changes

    assert sentence in why_not_lock(**given)
