import math

import pytest

from primum.evidence.designs.boundaries import Design, LooksRefused, boundaries, haybittle_peto, spent_by
from primum.evidence.intervals import normal_tail

OBRIEN_FLEMING = Design(name="lan-demets-obrien-fleming", alpha=0.025)
THIRDS = (1 / 3, 2 / 3, 1)


def critical(design: Design, *information: float, planned: float = 1.0) -> tuple[float, ...]:
    return boundaries(design=design, information=information, planned=planned).critical


@pytest.mark.parametrize(
    ("design", "expected"),
    [
        (OBRIEN_FLEMING, (3.710302873, 2.511427484, 1.993047483)),
        (Design(name="lan-demets-pocock", alpha=0.025), (2.279428239, 2.294911139, 2.295939587)),
        (Design(name="hwang-shih-decani", alpha=0.025, parameter=-4), (3.010739485, 2.546530552, 1.999226354)),
        (Design(name="kim-demets", alpha=0.025, parameter=2), (2.772921295, 2.347272210, 2.061913766)),
        (Design(name="obrien-fleming", alpha=0.025), (3.471091445, 2.454432299, 2.004035580)),
        (Design(name="pocock", alpha=0.025), (2.289478456,) * 3),
    ],
)
def test_three_looks_have_their_published_boundaries(design, expected):
    assert critical(design, *THIRDS) == pytest.approx(expected, abs=1e-6)


def test_uneven_looks_have_their_published_boundaries():
    assert critical(OBRIEN_FLEMING, 0.3, 0.7, 1) == pytest.approx((3.928572543, 2.438742377, 2.000008576), abs=1e-6)


def test_haybittle_and_petos_last_value_is_the_published_one():
    found = haybittle_peto(alpha=0.025, information=THIRDS)

    assert found.critical == pytest.approx((3, 3, 1.975097633), abs=1e-6)


def test_information_in_units_gives_the_boundary_of_the_indomethacin_trial():
    found = critical(OBRIEN_FLEMING, 400, 602, 948, planned=948)

    assert found[1] == pytest.approx(2.595016, abs=5e-7)


def test_a_hwang_shih_decani_design_without_gamma_spends_evenly():
    even = Design(name="hwang-shih-decani", alpha=0.025, parameter=0)

    assert spent_by(design=even, fraction=0.4) == pytest.approx(0.01)


def test_more_information_than_planned_spends_no_more_than_alpha():
    found = boundaries(design=OBRIEN_FLEMING, information=(600, 1000), planned=948)

    assert found.spent[-1] == pytest.approx(0.025)


def test_stopping_short_of_the_plan_keeps_alpha_back():
    found = boundaries(design=OBRIEN_FLEMING, information=(600, 900), planned=948)

    assert found.spent[-1] < 0.025


def test_a_look_with_hardly_any_information_cannot_stop():
    assert critical(OBRIEN_FLEMING, 1, 948, planned=948)[0] == math.inf


def test_the_boundaries_together_cross_with_alpha():
    looks = tuple(step / 8 for step in range(1, 9))

    found = boundaries(
        design=Design(name="wang-tsiatis", alpha=0.05, sides=2, parameter=0.25), information=looks, planned=1
    )

    assert found.spent[-1] == pytest.approx(0.05, abs=1e-9)
    assert found.spent[0] == pytest.approx(2 * normal_tail(found.critical[0]), abs=1e-9)


@pytest.mark.parametrize(
    ("information", "sentence"),
    [
        ((), "at least one look"),
        ((0, 1), "information above 0"),
        ((0.5, 0.5), "information must grow"),
        ((0.6, 0.5), "A look at 0.5 follows one at 0.6"),
        ((0.5, 0.5 + 1e-9), "too close together"),
    ],
)
def test_looks_that_cannot_be_are_refused(information, sentence):
    with pytest.raises(LooksRefused, match=sentence):
        critical(OBRIEN_FLEMING, *information, 1.0) if information else critical(OBRIEN_FLEMING)


def test_an_unknown_design_is_named_with_those_there_are():
    with pytest.raises(LooksRefused, match="'free-for-all' is no known design; known are haybittle-peto"):
        critical(Design(name="free-for-all", alpha=0.025), 1)
