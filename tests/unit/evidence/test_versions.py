from fractions import Fraction

import pytest

from primum.evidence.intervals import Group
from primum.evidence.models.effects import NoEstimate
from primum.evidence.shares.paired import Pairs
from primum.evidence.trials.switching import in_population, may_conclude
from primum.evidence.trials.versions import by_version, version_shifts

SCORES = {
    ("1", "1"): Group(events=90, n=100),
    ("1", "2"): Group(events=80, n=100),
    ("2", "2"): Group(events=88, n=100),
    ("2", "1"): Group(events=89, n=100),
}
MARGIN = Fraction(5, 100)


def test_harder_data_are_not_taken_for_a_worse_model():
    (shift,) = version_shifts(versions=["1", "2"], scores=SCORES, confidence=0.95)

    assert (shift.learning, shift.potential) == pytest.approx((0.08, 0.10))
    assert shift.retention == pytest.approx(0.89)


def test_pairs_narrow_the_interval_of_learning():
    pairs = {"2": Pairs(both=79, only_a=9, only_b=1, neither=11)}

    apart, paired = (
        version_shifts(versions=["1", "2"], scores=SCORES, confidence=0.95, pairs=one)[0] for one in (None, pairs)
    )

    assert paired.learning_interval.lower > apart.learning_interval.lower


def test_a_model_that_was_not_run_on_some_data_is_named():
    with pytest.raises(NoEstimate, match="The model 3 was not run on the data of version 3"):
        version_shifts(versions=["1", "2", "3"], scores=SCORES, confidence=0.95)


def test_versions_used_within_a_pilot_are_compared_in_order():
    (change,) = by_version(scores={"2.1": Group(events=8, n=10), "2.2": Group(events=9, n=10)}, confidence=0.95)

    assert change[:3] == ("2.1", "2.2", pytest.approx(0.1))


def population(name, treated, control, *, n=1000):
    return in_population(
        name=name,
        intervention=Group(events=treated, n=n),
        control=Group(events=control, n=n),
        good="higher",
        margin=MARGIN,
        confidence=0.95,
    )


@pytest.mark.parametrize(
    ("question", "margin", "itt", "pp", "conclusion", "words"),
    [
        ("non-inferiority", MARGIN, (900, 850), (910, 850), "superior", "above 0"),
        ("non-inferiority", MARGIN, (900, 900), (905, 900), "non-inferior", "Both populations"),
        ("non-inferiority", MARGIN, (900, 900), (850, 900), "inconclusive", "disagree"),
        ("non-inferiority", MARGIN, (800, 900), (800, 900), "inconclusive", "not excluded"),
        ("non-inferiority", MARGIN, (900, 900), None, "inconclusive", "per-protocol"),
        ("superiority", None, (900, 900), (900, 900), "inconclusive", "may not be claimed without a margin"),
        ("superiority", None, (900, 850), None, "superior", "above 0"),
    ],
)
def test_a_switch_goes_one_way_only(question, margin, itt, pp, conclusion, words):
    found = may_conclude(
        question=question,
        margin=margin,
        intention_to_treat=population("all randomised", *itt),
        per_protocol=population("per protocol", *pp) if pp else None,
    )

    assert found.conclusion == conclusion
    assert words in found.words
