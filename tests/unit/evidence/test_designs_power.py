import math

import pytest

from primum.evidence.designs.boundaries import Design, LooksRefused, boundaries
from primum.evidence.designs.designs_power import Scheme, characteristics, power_at, size_one_rate, size_two_rates
from primum.evidence.shares.sample_size import two_proportions


def scheme(*information, name="lan-demets-obrien-fleming", alpha=0.025, sides=1):
    design = Design(name=name, alpha=alpha, sides=sides)
    critical = boundaries(design=design, information=information, planned=information[-1]).critical
    fractions = tuple(one / information[-1] for one in information)
    return Scheme(fractions=fractions, critical=critical, alpha=alpha, sides=sides)


def test_the_full_size_has_the_wanted_power():
    three = scheme(1, 2, 3)

    found = characteristics(scheme=three, beta=0.2)

    assert power_at(scheme=three, mean=math.sqrt(found.shift)) == pytest.approx(0.8, abs=1e-12)
    assert sum(found.rejecting) == pytest.approx(0.8, abs=1e-12)
    assert 1 < found.inflation < 1.02


def test_one_look_is_the_fixed_design():
    found = characteristics(scheme=scheme(1), beta=0.1)

    assert found.inflation == pytest.approx(1)
    assert found.expected_h1 == pytest.approx(1)
    assert found.futile == ()


def test_without_an_effect_power_is_alpha():
    assert power_at(scheme=scheme(1, 2, 3), mean=0.0) == pytest.approx(0.025, abs=1e-9)


def test_one_look_needs_as_many_as_the_formula_for_two_proportions():
    found = size_two_rates(scheme=scheme(1), beta=0.2, first=0.92, second=0.85)

    assert found.largest == pytest.approx(2 * two_proportions(p1=0.92, p2=0.85, power=0.8, alpha=0.05))


def test_fewer_events_are_sized_like_more():
    more = size_two_rates(scheme=scheme(1, 2), beta=0.2, first=0.9, second=0.8)
    fewer = size_two_rates(scheme=scheme(1, 2), beta=0.2, first=0.1, second=0.2)

    assert fewer.largest == pytest.approx(more.largest)


def test_the_expected_size_lies_below_the_largest_and_above_the_first_look():
    found = size_two_rates(scheme=scheme(1, 2, 3), beta=0.2, first=0.92, second=0.85)

    assert found.at_looks[0] < found.expected_h1 < found.fixed < found.expected_h0 < found.largest


def test_without_a_difference_no_size_is_enough():
    assert size_two_rates(scheme=scheme(1, 2), beta=0.2, first=0.9, second=0.9).largest == math.inf
    assert size_one_rate(scheme=scheme(1, 2), beta=0.2, rate=0.9, null=0.9).largest == math.inf


def test_a_two_sided_rejection_on_the_wrong_side_may_count_as_power():
    plain = scheme(1, 2, alpha=0.5, sides=2)
    either = Scheme(**{**vars(plain), "either": True})

    assert power_at(scheme=either, mean=1.0) > power_at(scheme=plain, mean=1.0)
    assert characteristics(scheme=either, beta=0.2).fixed < characteristics(scheme=plain, beta=0.2).fixed


def test_a_beta_without_power_is_refused():
    with pytest.raises(LooksRefused, match="between 0 and 1 minus alpha"):
        characteristics(scheme=scheme(1, 2), beta=0.98)
