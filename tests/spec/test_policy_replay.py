"""The policy for replays, on the counts that two trials published."""

from pathlib import Path

import numpy as np
import pytest

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.counting import count
from primum.evidence.measures.registry import measure
from primum.integrations.configuration import load_policy
from primum.roadmap.designs import design_finding
from primum.roadmap.judging import judge
from primum.roadmap.rollout import Rollout, TierDecision
from primum.roadmap.seats import binds, required_seats
from primum.roadmap.stages import GATE_OF, GateName, Stage
from primum.roadmap.uses import Tier
from primum.roadmap.verdicts import BINDING, Finding, Outcome
from tests import factories

title = "What a finished trial would have met at the gate"
POLICY = load_policy("replay-of-a-published-trial", base=Path())
ARMS = ("control", "intervention")
ANSWERS = ("0", "1")

Counts = dict[str, tuple[tuple[int, int], tuple[int, int]]]


def trial(events: Counts) -> Cells:
    """Return cells with these events of these units, intervention first, for each endpoint column."""
    n1, n2 = (max(arms[side][1] for arms in events.values()) for side in (0, 1))
    batch = {"arm": (np.repeat(np.array([1, 0], dtype=np.int32), [n1, n2]), ARMS)}
    for column, ((x1, m1), (x2, m2)) in events.items():
        codes = np.full(n1 + n2, 2, dtype=np.int32)
        codes[:m1] = np.arange(m1) < x1
        codes[n1 : n1 + m2] = np.arange(m2) < x2
        batch[column] = (codes, (*ANSWERS, ""))
    return count([batch], kind="trial", keys=("arm", *events), sources=("sha256:" + "0" * 64,))


def replay(**protocol: object) -> Rollout:
    columns = {"unit_id": "id", "arm": "arm", "outcome": "outcome", "harmed": "harmed"}
    values: dict[str, object] = {
        "design": "parallel-rct",
        "question": "superiority",
        "unit": "patient",
        "arms": ("treated", "not treated"),
        "primary": {"name": "outcome", "event": "outcome", "good": "lower"},
        "planned_units": 948,
    }
    return factories.rollout(
        kind="replay",
        enters_at=Stage.PILOT,
        protocol=values | protocol,
        evidence=(factories.evidence(kind="trial", stages=(Stage.PILOT,), columns=columns),),
    )


def findings(rollout: Rollout, cells: Cells) -> dict[str, Finding]:
    return {
        criterion.id: judge(
            criterion=criterion,
            estimates=measure(criterion=criterion, cells={"trial": cells}, rollout=rollout, policy=POLICY),
        )
        for criterion in POLICY.criteria
        if criterion.level in BINDING and binds(applies=criterion.applies, rollout=rollout)
    }


def test_indomethacin_passes_all_that_binds_at_its_third_look():
    rollout = replay(
        spending="lan-demets-obrien-fleming", looks=({"at": 400}, {"at": 600}, {"at": 948}), planned_units=948
    )

    found = findings(rollout, trial({"outcome": ((27, 295), (52, 307))}))

    assert {name: finding.outcome for name, finding in found.items()} == {
        "primary-benefit": Outcome.PASS,
        "sample-ratio": Outcome.PASS,
    }
    assert "z 2.828163, boundary 2.595016 at 602 of 948" in found["primary-benefit"].estimates[0].note


def test_opt_is_insufficient_on_its_primary_endpoint_and_on_nothing_else():
    rollout = replay(safety=({"name": "any serious adverse event", "event": "harmed", "good": "lower"},))

    found = findings(rollout, trial({"outcome": ((49, 407), (52, 405)), "harmed": ((37, 413), (41, 410))}))

    assert {name: finding.outcome for name, finding in found.items()} == {
        "primary-benefit": Outcome.INSUFFICIENT,
        "safety-difference": Outcome.PASS,
        "sample-ratio": Outcome.PASS,
    }


def test_harm_that_may_exceed_five_points_holds_a_replay():
    rollout = replay(safety=({"name": "any serious adverse event", "event": "harmed", "good": "lower"},))

    found = findings(rollout, trial({"outcome": ((20, 400), (60, 400)), "harmed": ((50, 400), (41, 400))}))

    assert found["primary-benefit"].outcome is Outcome.PASS
    assert found["safety-difference"].outcome is Outcome.INSUFFICIENT


def test_arms_that_differ_too_much_in_size_hold_a_replay():
    found = findings(replay(), trial({"outcome": ((20, 500), (60, 300))}))

    assert found["sample-ratio"].outcome is Outcome.FAIL


@pytest.mark.parametrize("gate", [GateName.G1, GateName.G3, GateName.GS])
def test_no_other_gate_asks_anything_so_none_can_open(gate):
    assert not any(gate in criterion.gates for criterion in POLICY.criteria)
    assert not any(gate in document.gates for document in POLICY.documents)
    assert required_seats(policy=POLICY, rollout=replay(), gate=gate) == ()


def test_five_people_sign_a_replay():
    seats = required_seats(policy=POLICY, rollout=replay(), gate=GATE_OF[Stage.PILOT])

    assert {str(seat.role) for seat in seats} == {
        "clinical-lead",
        "patient-representative",
        "ethicist",
        "technologist",
        "independent-statistician",
    }


@pytest.mark.parametrize("tier", list(Tier))
def test_only_a_randomised_trial_can_be_replayed_whatever_the_tier(tier):
    rollout = replay(design="prospective-cohort").model_copy(update={"tier": TierDecision(tier=tier)})

    finding = design_finding(policy=POLICY, rollout=rollout, gate=GateName.G2)

    assert finding is not None
    assert finding.outcome is Outcome.FAIL


def test_what_is_not_asked_is_said():
    for word in ("Not asked", "equity", "ethics", "insurance", "exposure stays off", "never about an LMM"):
        assert word in POLICY.provenance.replace("\n", " ")


def test_it_is_for_replays_only():
    assert POLICY.scope == "replay"
