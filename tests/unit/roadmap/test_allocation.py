"""Permuted blocks from a secret seed: balanced, the same for ever, and not to be told without the seed."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.roadmap.allocation import (
    CONTROL,
    INTERVENTION,
    ArmList,
    arm_now,
    clusters_allocated,
    largest_imbalance,
    stratum_of,
    unit_key,
)
from primum.roadmap.protocol_parts import Cluster, Wedge
from tests.evidence_factories import protocol

SEED, OTHER = b"s" * 32, b"t" * 32


def arm_list(seed=SEED, **changes):
    given = {"protocol": "sha256:p", "ratio": (1, 1), "blocks": (4, 6)} | changes
    return ArmList(seed=seed, **given)


@given(
    seed=st.binary(min_size=32, max_size=32),
    ratio=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    times=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    stratum=st.text(max_size=8),
)
def test_arms_are_as_planned_at_the_end_of_every_block(seed, ratio, times, stratum):
    blocks = tuple(sum(ratio) * one for one in times)
    arms = arm_list(seed=seed, ratio=ratio, blocks=blocks)

    ends = arms.block_ends(stratum=stratum)

    drawn = arms.arms(stratum=stratum, start=0, count=ends[-1])
    assert Counter(b - a for a, b in zip((0, *ends), ends, strict=False)) == Counter(8 * blocks)
    for end in ends:
        assert Counter(drawn[:end])[INTERVENTION] * ratio[1] == Counter(drawn[:end])[CONTROL] * ratio[0]


def test_every_stratum_of_a_million_units_is_balanced_within_its_blocks():
    arms = arm_list()

    for site in range(40):
        drawn = arms.arms(stratum=f"site={site}", start=0, count=2_500)
        assert largest_imbalance(arms=drawn, ratio=(1, 1)) <= 6 / 4


def test_an_arm_is_the_same_however_it_is_asked_for():
    whole = arm_list().arms(stratum="a", start=0, count=500)

    assert [arm_list().arm(stratum="a", position=place) for place in range(500)] == whole
    assert arm_list().arms(stratum="a", start=137, count=200) == whole[137:337]


@pytest.mark.parametrize(
    "other",
    [
        arm_list(seed=OTHER).arms(stratum="a", start=0, count=2_000),
        arm_list(protocol="sha256:q").arms(stratum="a", start=0, count=2_000),
        arm_list().arms(stratum="b", start=0, count=2_000),
    ],
    ids=["seed", "protocol", "stratum"],
)
def test_another_seed_protocol_or_stratum_tells_nothing_of_the_next_arm(other):
    ours = arm_list().arms(stratum="a", start=0, count=2_000)

    alike = sum(one == two for one, two in zip(ours, other, strict=True))

    # Guessing is right in half of 2,000 cases, give or take; five standard errors of 1,000.
    assert abs(alike - 1_000) < 5 * (2_000 * 0.25) ** 0.5


def test_what_went_before_tells_little_of_the_next_arm_without_the_seed():
    """The best guess from what a block already holds, with unknown sizes of blocks, stays far from certain."""
    drawn = arm_list().arms(stratum="a", start=0, count=20_000)

    right = guessed = 0
    treated = 0
    for place, arm in enumerate(drawn):
        lead = 2 * treated - place
        if lead:
            guessed += 1
            right += (arm == CONTROL) == (lead > 0)
        treated += arm == INTERVENTION

    # Blocks of 4 and 6 in an order nobody knows: 70 % with the best guess, 50 % at the start of each block.
    assert (right + (len(drawn) - guessed) / 2) / len(drawn) < 0.72


def test_a_unit_has_one_name_that_leads_back_to_nobody():
    key = unit_key(seed=SEED, rollout="heart", unit="MRN-4711")

    assert key == unit_key(seed=SEED, rollout="heart", unit="MRN-4711")
    assert "MRN" not in key
    assert key != unit_key(seed=OTHER, rollout="heart", unit="MRN-4711")
    assert key != unit_key(seed=SEED, rollout="lung", unit="MRN-4711")


def test_a_stratum_has_one_spelling():
    assert stratum_of(protocol=protocol(strata=("site", "sex")), values={"sex": "F", "site": "N"}) == "site=N, sex=F"
    assert stratum_of(protocol=protocol(), values={}) == ""
    with pytest.raises(KeyError):
        stratum_of(protocol=protocol(strata=("site",)), values={})


def clustered(count, strata=("",), **changes):
    listed = tuple(Cluster(id=f"c{n:02d}", stratum=strata[n % len(strata)]) for n in range(count))
    return protocol(unit="ward", clusters=listed, **({"design": "cluster-rct"} | changes))


def test_clusters_are_balanced_within_each_stratum():
    plan = clustered(15, strata=("north", "south", "west"))

    arms = clusters_allocated(seed=SEED, protocol=plan)

    for stratum in ("north", "south", "west"):
        here = Counter(arms[one.id] for one in plan.clusters if one.stratum == stratum)
        assert abs(here[INTERVENTION] - here[CONTROL]) == 1
    assert arms != clusters_allocated(seed=OTHER, protocol=plan)


def test_a_wedge_spreads_its_clusters_over_the_steps_and_crosses_over_in_time():
    start = datetime(2027, 1, 31, tzinfo=UTC)
    plan = clustered(8, design="stepped-wedge-rct", wedge=Wedge(periods=5, starts_on=start))

    arms = clusters_allocated(seed=SEED, protocol=plan)

    assert Counter(arms.values()) == {f"sequence-{period}": 2 for period in (2, 3, 4, 5)}
    at = {
        month: arm_now(protocol=plan, arm="sequence-2", at=datetime(2027, month, 28, 1, tzinfo=UTC)) for month in (2, 3)
    }
    assert at == {2: INTERVENTION, 3: INTERVENTION}
    assert arm_now(protocol=plan, arm="sequence-3", at=datetime(2027, 2, 28, 1, tzinfo=UTC)) == CONTROL
    assert arm_now(protocol=plan, arm="sequence-2", at=datetime(2027, 1, 30, tzinfo=UTC)) is None
    assert arm_now(protocol=plan, arm=CONTROL, at=start) == CONTROL
