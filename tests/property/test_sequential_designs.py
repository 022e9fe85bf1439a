import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from primum.evidence.designs.boundaries import Design, boundaries
from primum.evidence.designs.conditional import Interim, conditional_power
from primum.evidence.designs.designs_power import Scheme, power_at
from primum.evidence.designs.paths import crossed
from primum.evidence.designs.repeated import repeated_p
from primum.evidence.intervals import Group
from primum.evidence.watching.anytime import share_e_value, share_sequence
from primum.evidence.watching.safety import binomial_boundary

NAMES = (
    "lan-demets-obrien-fleming",
    "lan-demets-pocock",
    "kim-demets",
    "hwang-shih-decani",
    "obrien-fleming",
    "pocock",
)
alphas = st.sampled_from([0.005, 0.01, 0.025, 0.05, 0.1])


@st.composite
def looks(draw, most=6):
    steps = draw(st.lists(st.integers(1, 9), min_size=1, max_size=most))
    return tuple(sum(steps[: place + 1]) for place in range(len(steps)))


@st.composite
def designs(draw, names=NAMES):
    name = draw(st.sampled_from(names))
    parameter = (
        draw(st.sampled_from([0.5, 1.0, 3.0])) if name == "kim-demets" else draw(st.sampled_from([-4.0, 0.0, 1.0]))
    )
    return Design(name=name, alpha=draw(alphas), sides=draw(st.sampled_from([1, 2])), parameter=parameter)


def critical(design, information):
    return boundaries(design=design, information=information, planned=information[-1]).critical


@settings(max_examples=60, deadline=None)
@given(design=designs(), information=looks())
def test_together_the_looks_cross_with_alpha(design, information):
    above, below = crossed(times=information, upper=critical(design, information), sides=design.sides)

    assert sum(above) + (sum(below) if design.sides == 2 else 0) == pytest.approx(design.alpha, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(design=designs(NAMES[1:]), information=looks(), factor=st.sampled_from([1.5, 2.0, 4.0]))
def test_a_larger_alpha_lowers_every_boundary(design, information, factor):
    larger = Design(**{**vars(design), "alpha": design.alpha * factor})

    assert all(
        after < before
        for after, before in zip(critical(larger, information), critical(design, information), strict=True)
    )


@settings(max_examples=60, deadline=None)
@given(design=designs(NAMES[:4]), information=looks(), left_out=st.integers(0, 4))
def test_merging_looks_spends_the_same_alpha(design, information, left_out):
    assume(left_out < len(information) - 1)
    fewer = (*information[:left_out], *information[left_out + 1 :])

    all_spent, fewer_spent = (
        boundaries(design=design, information=times, planned=information[-1]).spent for times in (information, fewer)
    )

    assert fewer_spent == (*all_spent[:left_out], *all_spent[left_out + 1 :])
    # What crossed at the look left out or at the next one is all that may cross there now.
    after, before = critical(design, fewer)[left_out], critical(design, information)[left_out + 1]
    assert after <= before + 1e-9


@settings(max_examples=40, deadline=None)
@given(design=designs(), information=looks(), unit=st.sampled_from([0.01, 7.0, 1000.0]))
def test_the_unit_of_information_changes_nothing(design, information, unit):
    other = tuple(unit * one for one in information)

    assert critical(design, other) == pytest.approx(critical(design, information), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(design=designs(), information=looks(), means=st.tuples(st.floats(0, 4), st.floats(0.1, 2)))
def test_a_larger_effect_has_more_power(design, information, means):
    times = tuple(one / information[-1] for one in information)
    scheme = Scheme(fractions=times, critical=critical(design, information), alpha=design.alpha, sides=design.sides)

    assert power_at(scheme=scheme, mean=means[0]) < power_at(scheme=scheme, mean=means[0] + means[1])


@settings(max_examples=25, deadline=None)
@given(design=designs(NAMES[:4]), information=looks(4), z=st.floats(0.5, 4.0))
def test_the_repeated_p_is_below_alpha_exactly_when_the_boundary_is_crossed(design, information, z):
    bound = critical(design, information)[-1]
    assume(abs(z - bound) > 1e-6)

    p = repeated_p(design=design, information=information, planned=information[-1], z=z)

    assert (p < design.alpha) == (z > bound)


@settings(max_examples=40, deadline=None)
@given(z=st.floats(-3, 3), more=st.floats(0.1, 1), seen=st.floats(0.1, 0.8))
def test_better_interim_data_never_lower_the_conditional_power(z, more, seen):
    low, high = (
        conditional_power(interim=Interim(z=one, seen=seen, fractions=(0.9, 1.0), critical=(2.2, 2.0)))
        for one in (z, z + more)
    )

    assert 0 <= low <= high + 1e-12 <= 1 + 1e-9


@given(n=st.integers(1, 500), share=st.floats(0, 1), confidence=st.sampled_from([0.8, 0.95, 0.99]))
def test_a_confidence_sequence_holds_what_was_seen_and_what_has_little_evidence_against_it(n, share, confidence):
    group = Group(events=round(share * n), n=n)
    ends = share_sequence(group=group, confidence=confidence)

    assert 0 <= ends.lower <= group.p <= ends.upper <= 1
    for null in (0.03, 0.4, 0.9):
        inside = ends.lower < null < ends.upper
        assert inside == (share_e_value(group=group, null=null) < 1 / (1 - confidence)) or math.isclose(
            null, ends.lower if null < group.p else ends.upper, abs_tol=1e-9
        )


@settings(max_examples=40, deadline=None)
@given(units=looks(4), null=st.sampled_from([0.01, 0.1, 0.5]), alpha=alphas)
def test_a_boundary_on_counts_never_spends_more_than_alpha(units, null, alpha):
    found = binomial_boundary(
        design=Design(name="lan-demets-pocock", alpha=alpha), looks=[7 * one for one in units], null=null
    )

    assert 0 <= found.spent[0] <= found.spent[-1] <= alpha
