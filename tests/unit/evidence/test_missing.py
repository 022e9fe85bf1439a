import pytest

from primum.evidence.intervals import Group
from primum.evidence.models.effects import NoEstimate
from primum.evidence.trials.missing import (
    NOT_SUFFICIENT,
    Observed,
    bounds,
    imputed_difference,
    missing_differs,
    rubin,
    tipping_point,
)
from tests import evidence_factories as make
from tests.evidence_factories import ABOVE_ZERO


def observed(events, n, missing):
    return Observed(known=Group(events=events, n=n), missing=missing)


TREATED, CONTROL = observed(10, 100, 5), observed(30, 100, 8)
METRICS = ["worst_case_benefit", "tipping_point", "imputed_benefit"]


def trial(*, treated=5, control=8):
    return make.trial(
        {
            ("intervention", "1"): 10,
            ("intervention", "0"): 90,
            ("intervention", ""): treated,
            ("control", "1"): 30,
            ("control", "0"): 70,
            ("control", ""): control,
        }
    )


@pytest.mark.parametrize(("good", "worst", "best"), [("lower", (15, 30), (10, 38)), ("higher", (10, 38), (15, 30))])
def test_the_missing_are_at_their_worst_and_best(good, worst, best):
    found = bounds(intervention=TREATED, control=CONTROL, good=good)

    assert tuple(one.events for one in found.worst) == worst
    assert tuple(one.events for one in found.best) == best


def test_a_shift_that_loses_the_benefit_is_found():
    found = tipping_point(intervention=TREATED, control=observed(25, 100, 8), good="lower", confidence=0.95)

    assert 0 < found.shift < found.largest == 0.9
    assert [interval.lower > 0 for _, interval in found.table] == [True] * 10 + [False]


def test_a_benefit_that_nothing_loses_or_was_never_shown():
    safe = tipping_point(intervention=observed(1, 100, 2), control=CONTROL, good="lower", confidence=0.95)
    none = tipping_point(intervention=observed(29, 100, 2), control=CONTROL, good="lower", confidence=0.95)

    assert (safe.shift, none.shift) == (None, 0.0)


def test_imputation_repeats_with_its_seed_and_widens_the_interval():
    asked = {"intervention": [TREATED], "control": [CONTROL], "confidence": 0.95}

    one, same, other = (imputed_difference(**asked, seed=seed) for seed in (1, 1, 2))

    assert one == same
    assert one != other
    assert one.effect.value == pytest.approx(-0.2, abs=0.02)
    assert one.fraction > 0


def test_nothing_missing_is_nothing_imputed():
    found = imputed_difference(
        intervention=[observed(10, 100, 0)], control=[observed(30, 100, 0)], confidence=0.95, seed=1
    )

    assert found.effect.value == pytest.approx(-0.2)
    assert found.fraction == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda: imputed_difference(intervention=[observed(0, 0, 5)], control=[CONTROL], confidence=0.95, seed=1),
        lambda: imputed_difference(intervention=[], control=[CONTROL], confidence=0.95, seed=1),
        lambda: tipping_point(intervention=observed(0, 0, 5), control=CONTROL, good="lower", confidence=0.95),
        lambda: rubin(values=[0.1], variances=[0.01], confidence=0.95),
    ],
)
def test_what_cannot_be_imputed_says_why(ask):
    with pytest.raises(NoEstimate, match=r"\.$"):
        ask()


def test_missing_alike_is_tested_and_called_insufficient():
    apart = missing_differs(groups=[observed(1, 10, 90), observed(1, 90, 10)])
    none = missing_differs(groups=[observed(1, 10, 0), observed(1, 10, 0)])

    assert apart.p < 1e-6
    assert none.p is None
    assert "no evidence" in NOT_SUFFICIENT


def test_metrics_of_missing_outcomes():
    worst, tipping, imputed = (
        make.asked(metric, trial(), threshold=ABOVE_ZERO, protocol=make.protocol())[0] for metric in METRICS
    )

    assert worst.value == pytest.approx(30 / 108 - 15 / 105)
    assert worst.note == "5 of 105 against 8 of 108 outcomes are missing"
    assert tipping.value == pytest.approx(0.9)
    assert tipping.note.startswith("no shift loses the benefit")
    assert imputed.lower < imputed.value < imputed.upper
    assert "which cannot show that it is chance" in imputed.note


def test_without_missing_outcomes_the_worst_case_is_the_case():
    worst, plain = (
        make.asked(metric, trial(treated=0, control=0), protocol=make.protocol())[0]
        for metric in ("worst_case_benefit", "primary_benefit")
    )

    assert (worst.value, worst.lower) == (plain.value, plain.lower)


@pytest.mark.parametrize("metric", METRICS)
def test_missing_outcomes_of_clusters_are_not_judged_by_rows(metric):
    (estimate,) = make.asked(metric, trial(), protocol=make.protocol(design="cluster-rct", unit="ward"))

    assert estimate.value is None
    assert "a row-level test would be wrong: wards were randomised" in estimate.note


def test_the_worst_case_of_clusters_is_at_their_level():
    rows = {
        (arm, outcome, f"{arm} {number}"): count
        for number in range(4)
        for arm, events in (("intervention", 3), ("control", 12))
        for outcome, count in (("1", events + number), ("0", 30), ("", number))
    }

    (estimate,) = make.asked(
        "worst_case_benefit", make.trial(rows, "cluster"), protocol=make.protocol(design="cluster-rct", unit="ward")
    )

    assert estimate.n == 8
    assert estimate.lower < estimate.value < estimate.upper
