"""A team rehearses its rollout, and no rehearsal ever becomes evidence."""

import json

import pytest

from primum.actions.evaluation import SimulatedEvidence, refuse_simulated
from primum.evidence.counts.cells import empty_cells
from primum.settings import shipped

EXAMPLE = shipped("examples") / "rehearsal-only" / "rollout.yaml"


def told(primum, *options):
    return primum("rehearse", str(EXAMPLE), "--runs", "20", *options)


def test_a_rehearsal_says_how_often_the_gate_opens_and_what_it_takes_for_granted(primum):
    said = told(primum, "--truth", "harmful")

    assert said.code == 0, said.text
    assert "stopped for harm" in said.text
    assert "nothing of it is evidence" in " ".join(said.text.split())


def test_the_same_seed_gives_the_same_rehearsal_and_another_does_not(primum):
    one, again, other = (told(primum, "--json", "--seed", seed).text for seed in ("7", "7", "8"))

    assert one == again
    assert one != other
    gates = json.loads(one)["gates"]
    assert [gate["gate"] for gate in gates] == ["G1", "G2", "G3", "GS"]
    for gate in gates:
        assert gate["outlook"]["simulated"] is True
        assert sum(share["times"] for share in gate["outlook"]["endings"].values()) == 20


def test_a_rehearsal_writes_nothing(primum, tmp_path):
    told(primum)

    assert not list(tmp_path.rglob("primum.db"))


def test_a_rollout_without_a_planning_cannot_be_rehearsed(primum):
    said = primum("rehearse", str(shipped("examples") / "preterm-care-replay" / "rollout.yaml"))

    assert said.code == 2
    assert "nothing can be rehearsed" in said.text


@pytest.mark.parametrize("where", ["digest", "counts"])
def test_simulated_counts_open_no_gate_wherever_they_come_from(where):
    from dataclasses import replace

    cells = {"trial": replace(empty_cells("trial"), sources=("simulated",))} if where == "counts" else {}
    digests = ["simulated"] if where == "digest" else ["sha256:a"]

    with pytest.raises(SimulatedEvidence, match="no gate is opened on them"):
        refuse_simulated(digests=digests, cells=cells)
