import itertools

import numpy as np
import pytest

from primum.evidence.shares import multiplicity
from primum.evidence.shares.multiplicity import Family, NoGatekeeper, fixed_sequence, gatekeeping


def test_a_sequence_stops_at_the_first_question_not_shown():
    assert fixed_sequence([0.01, 0.2, 0.001]) == (0.01, 0.2, 0.2)


def test_an_unknown_answer_stops_the_sequence():
    assert fixed_sequence([0.01, None, 0.001]) == (0.01, 1.0, 1.0)


def test_secondary_questions_wait_for_every_subgroup():
    guarded = gatekeeping(
        [
            Family(name="primary", p_values=(0.01,)),
            Family(name="equity", p_values=(0.001, 0.03)),
            Family(name="secondary", p_values=(0.0001, 0.4), adjustment="hochberg"),
        ]
    )

    assert guarded == ((0.01,), (0.01, 0.03), (0.03, 0.4))


def test_a_family_nobody_asked_opens_nothing_and_closes_nothing():
    families = [Family(name="primary", p_values=(0.01,)), Family(name="equity", p_values=())]

    assert gatekeeping(families) == ((0.01,), ())


@pytest.mark.parametrize("adjustment", ["bh", "by", "guess"])
def test_a_gate_needs_an_adjustment_for_any_false_claim(adjustment):
    with pytest.raises(NoGatekeeper, match="only bonferroni, holm"):
        gatekeeping([Family(name="equity", p_values=(0.1,), adjustment=adjustment)])


def test_families_in_order_hold_the_chance_of_any_false_claim():
    p = np.random.default_rng(6).random((4_000, 5))
    p[:, 0] *= 1e-6

    claimed = [
        any(one <= 0.05 for one in itertools.chain(guarded[0][1:], *guarded[1:]))
        for guarded in (
            gatekeeping(
                [
                    Family(name="first", p_values=tuple(row[:3]), adjustment="hommel"),
                    Family(name="second", p_values=tuple(row[3:])),
                ]
            )
            for row in p.tolist()
        )
    ]

    assert np.mean(claimed) < 0.06


@pytest.mark.parametrize("adjust", multiplicity.ADJUSTMENTS.values())
@pytest.mark.parametrize("p_values", [(), (0.03,), (0.0, 1.0), (0.2, 0.2, 0.2)])
def test_adjusted_values_are_never_smaller_and_never_above_one(adjust, p_values):
    adjusted = adjust(p_values)

    assert len(adjusted) == len(p_values)
    assert all(p <= after <= 1 for p, after in zip(p_values, adjusted, strict=True))
