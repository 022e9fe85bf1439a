"""What a protocol may say, and what it may not."""

import pytest
from pydantic import ValidationError

from primum.roadmap.protocol import Look
from primum.roadmap.protocol_parts import Cluster, Futility, StoppingRule, Wedge
from tests.evidence_factories import protocol, with_looks

THIRDS = (Look(at=100), Look(at=200))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"question": "non-inferiority"}, "declares its `margin`"),
        ({"spending": "pocock"}, "needs the planned `looks`"),
        ({"spending": "kim-demets", "looks": THIRDS}, "`kim-demets` needs its `spending_parameter`"),
        ({"spending": "pocock", "looks": THIRDS, "spending_parameter": "2"}, "has no `spending_parameter`"),
        ({"spending": "user-defined", "looks": THIRDS, "spent": ("1/1000",)}, "one amount for each of 3 looks"),
        (
            {"spending": "user-defined", "looks": THIRDS, "spent": ("2/1000", "1/1000", "25/1000")},
            "never falls and ends at 1/40",
        ),
        ({"spent": ("1/1000",)}, "only for a `user-defined` design"),
        ({"alpha_one_sided": "1/2"}, "between 0 and 1/2"),
        ({"futility": Futility(spending="lan-demets-pocock", beta="1/10")}, "needs planned `looks`"),
        (
            {
                "spending": "pocock",
                "looks": THIRDS,
                "futility": Futility(spending="lan-demets-pocock", beta="1/10", binding=True),
            },
            "futility cannot bind with `pocock`",
        ),
        ({"ratio": (1, 0)}, "gives each arm at least 1"),
        ({"ratio": (2, 1), "block_sizes": (4,)}, "a multiple of 3"),
        ({"clusters": (Cluster(id="a"), Cluster(id="a"))}, "'a' stands twice"),
        ({"wedge": Wedge(periods=3)}, "only a `stepped-wedge-rct`"),
        ({"stopping": (StoppingRule(event="relapse"),)}, "no safety endpoint"),
    ],
)
def test_a_protocol_that_cannot_be_is_refused_and_says_why(changes, sentence):
    with pytest.raises(ValidationError, match=sentence):
        protocol(**changes)


def test_what_is_locked_does_not_depend_on_when_it_was_locked():
    plain = protocol()

    assert plain.digest == protocol(locked_at="2026-03-02T09:00:00+00:00").digest
    assert plain.digest != protocol(alpha_one_sided="5/1000").digest


def test_blocks_follow_from_the_ratio_unless_they_are_given():
    assert protocol().blocks == (4, 6)
    assert protocol(ratio=(2, 1)).blocks == (6, 9)
    assert protocol(block_sizes=(8,)).blocks == (8,)


def test_every_period_but_the_first_has_its_sequence_unless_they_are_given():
    assert Wedge(periods=4).crossings == (2, 3, 4)
    assert Wedge(periods=4, sequences=(2, 2, 4)).crossings == (2, 2, 4)
    with pytest.raises(ValidationError, match="from 2 to 4"):
        Wedge(periods=4, sequences=(1,))


def test_the_last_planned_look_is_the_plan_itself():
    assert with_looks(100, 300, 400, planned=400).planned_looks == (100, 300, 400)
