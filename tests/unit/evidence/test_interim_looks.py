"""Bounds after looks that were held, their price, and what is read at a look."""

import pytest

from primum.evidence.designs.paths import LooksRefused, crossed
from primum.evidence.intervals import normal_quantile
from primum.evidence.trials.interim import arm_sizes, efficacy, information_of
from primum.evidence.trials.look_bounds import KeptBound, bounds_after, price_of
from primum.roadmap.protocol_parts import Futility
from tests.evidence_factories import protocol, trial, two_arms, with_looks

ALPHA = 0.025
CELLS = two_arms(intervention=(20, 200), control=(50, 200))
FUTILE = Futility(spending="lan-demets-obrien-fleming", beta="1/10", binding=True)


def plan(spending, **changes):
    made = with_looks(300, 600, planned=900)
    return made.model_copy(update={"spending": spending, **changes})


def held(made, *information, ahead=(600, 900)):
    """The looks that were held, each with the bound it had then."""
    past = ()
    for now in information:
        later = [at for at in ahead if at > now]
        found = bounds_after(protocol=made, past=past, information=(now, *later))
        futility = found.futility[len(past)] if found.futility else None
        past = (*past, KeptBound(information=now, boundary=found.critical[len(past)], futility=futility))
    return past


def spent_by(made, past, information):
    found = bounds_after(protocol=made, past=past, information=information)
    times = [at / 900 for at in (*(one.information for one in past), *information)]
    return found, sum(crossed(times=times, upper=found.critical)[0])


@pytest.mark.parametrize(
    ("spending", "parameter"),
    [
        ("lan-demets-obrien-fleming", None),
        ("lan-demets-pocock", None),
        ("kim-demets", "2"),
        ("hwang-shih-decani", "-4"),
        ("obrien-fleming", None),
        ("pocock", None),
        ("wang-tsiatis", "1/4"),
        ("haybittle-peto", None),
    ],
)
def test_an_unplanned_look_is_charged_so_that_all_looks_together_spend_no_more(spending, parameter):
    made = plan(spending, spending_parameter=parameter)
    past = held(made, 300, 450)

    found, spent = spent_by(made, past, (600, 900))

    assert spent <= ALPHA + 1e-7
    assert [one.boundary for one in past] == list(found.critical[:2])
    assert price_of(protocol=made, past=past[:1], now=450, ahead=(600, 900)).final_with == pytest.approx(
        found.critical[-1], abs=1e-9
    )


@pytest.mark.parametrize("spending", ["lan-demets-obrien-fleming", "lan-demets-pocock", "obrien-fleming", "pocock"])
def test_the_price_of_a_look_is_a_higher_last_boundary(spending):
    made = plan(spending)

    price = price_of(protocol=made, past=held(made, 300), now=450, ahead=(600, 900))

    assert price.final_with > price.final_without
    assert 0 < price.spent < ALPHA


def test_a_binding_futility_bound_gives_back_only_what_was_used():
    made = plan("lan-demets-obrien-fleming", futility=FUTILE)
    past = held(made, 300)

    found = bounds_after(protocol=made, past=past, information=(450, 600, 900))

    times, lower = [1 / 3, 0.5, 2 / 3, 1.0], [past[0].futility, *found.futility[1:], -9.0]
    above, _ = crossed(times=times, upper=found.critical, lower=lower)
    assert sum(above) == pytest.approx(ALPHA, abs=1e-6)


def test_a_trial_without_a_spending_function_is_read_at_its_end_only():
    made = protocol(planned_units=400)

    assert bounds_after(protocol=made, past=(), information=(200, 400)).critical == pytest.approx(
        (float("inf"), normal_quantile(0.975))
    )
    assert price_of(protocol=made, past=(), now=200, ahead=(400,)) is None
    assert efficacy(protocol=made.model_copy(update={"planned_units": 500}), cells=CELLS, past=(), ahead=()) is None


def test_looks_that_lie_too_close_are_refused():
    made = with_looks(5_000_000, planned=10_000_000)

    with pytest.raises(LooksRefused, match="too close together"):
        bounds_after(
            protocol=made, past=(KeptBound(information=5_000_000, boundary=2.96),), information=(5_000_001, 10_000_000)
        )


def test_information_is_counted_at_the_unit_of_randomisation():
    rows = {("intervention", "1", "a"): 5, ("intervention", "0", "b"): 5, ("control", "", "c"): 9}
    wards = protocol(design="cluster-rct", unit="ward")

    assert information_of(protocol=protocol(), cells=trial(rows, "cluster")) == 10
    assert information_of(protocol=wards, cells=trial(rows, "cluster")) == 2


def test_the_ratio_of_the_arms_is_that_of_what_was_randomised():
    rows = {("intervention", "1", "a"): 900, ("intervention", "0", "b"): 900, ("control", "0", "c"): 9}
    rows |= {("control", "0", "d"): 9}
    wards = protocol(design="cluster-rct", unit="ward")

    assert arm_sizes(protocol=wards, cells=trial(rows, "cluster")).p == 1.0
    assert arm_sizes(protocol=protocol(), cells=trial(rows, "cluster")).p < 1e-100


def test_the_arms_of_a_wedge_are_not_held_against_a_ratio():
    wedge = protocol(design="stepped-wedge-rct", unit="ward")

    assert arm_sizes(protocol=wedge, cells=CELLS).p is None


def test_efficacy_is_read_against_the_looks_that_were_held():
    made = with_looks(200, planned=400)
    past = (KeptBound(information=200, boundary=2.9626),)

    seen = efficacy(protocol=made, cells=CELLS, past=past, ahead=())

    assert (seen.information, seen.crossed, seen.conditional) == (400, True, None)
    assert seen.z == pytest.approx(0.15 / (0.175 * 0.825 / 100) ** 0.5)
    assert seen.spent == pytest.approx(ALPHA, abs=1e-9)
    assert seen.interval.lower == pytest.approx(seen.value * (1 - seen.boundary / seen.z))


def test_randomised_clusters_are_read_at_their_level():
    rows = {}
    for number, events in enumerate((2, 3, 4, 3, 9, 8, 10, 9)):
        arm = "intervention" if number < 4 else "control"
        rows |= {(arm, "1", f"ward-{number}"): events, (arm, "0", f"ward-{number}"): 20 - events}
    made = with_looks(8, planned=16, design="cluster-rct", unit="ward")

    seen = efficacy(protocol=made, cells=trial(rows, "cluster"), past=(), ahead=(16,))

    assert (seen.information, seen.value) == (8, pytest.approx(0.3))
    assert seen.crossed == (seen.interval.lower > 0)
