import numpy as np
import pytest

from primum.evidence.intervals import Group, ImpossibleCounts
from primum.evidence.scores import agreement, verification
from primum.evidence.scores.agreement import NoAgreement
from primum.evidence.scores.verification import Flag, NotVerified

SEVERAL = [agreement.fleiss, agreement.gwet, agreement.krippendorff]


def as_ratings(table: list[list[int]]) -> np.ndarray:
    """The subjects of a table of two raters, as counts of raters by category."""
    size = len(table)
    pairs = [(one, other) for one in range(size) for other in range(size) for _ in range(table[one][other])]
    return np.array([np.bincount(pair, minlength=size) for pair in pairs])


def test_two_raters_who_always_agree_are_not_certain():
    found = agreement.cohen([[5, 0], [0, 5]], confidence=0.95)

    assert (found.value, found.error) == (1.0, 0.0)
    assert found.interval.lower == pytest.approx(2 * 0.025 ** (1 / 10) - 1)
    assert found.interval.upper == 1.0


@pytest.mark.parametrize("coefficient", SEVERAL)
def test_several_raters_who_always_agree_are_not_certain(coefficient):
    found = coefficient([[3, 0]] * 5 + [[0, 3]] * 5, confidence=0.95)

    assert found.value == pytest.approx(1.0)
    assert 0.3 < found.interval.lower < 0.5
    assert found.interval.upper == 1.0


def test_weights_make_no_difference_with_two_categories():
    table = [[20, 5], [3, 9]]

    found = [agreement.cohen(table, weights=weights, confidence=0.95) for weights in ("none", "linear", "quadratic")]

    assert found[0] == found[1] == found[2]


def test_steady_agreement_stays_where_one_category_is_rare():
    ratings = as_ratings([[95, 2], [3, 0]])

    kappa, ac1 = (one(ratings, confidence=0.95).value for one in (agreement.fleiss, agreement.gwet))

    assert kappa < 0
    assert ac1 > 0.9


@pytest.mark.parametrize(
    ("table", "sentence"),
    [([[7, 0], [0, 0]], "one category"), ([[1, 2]], "as many rows"), ([[0, 0], [0, 0]], "at least one subject")],
)
def test_tables_without_agreement_to_speak_of_are_refused(table, sentence):
    with pytest.raises(NoAgreement, match=sentence):
        agreement.cohen(table, confidence=0.95)


@pytest.mark.parametrize("coefficient", SEVERAL)
@pytest.mark.parametrize("ratings", [[[1, 0], [0, 1]], [[2, 0]], [[0, 0], [0, 0]], np.zeros((0, 2))])
def test_subjects_rated_once_say_nothing(coefficient, ratings):
    with pytest.raises(NoAgreement):
        coefficient(ratings, confidence=0.95)


@pytest.mark.parametrize("coefficient", SEVERAL)
def test_one_category_has_no_chance(coefficient):
    with pytest.raises(NoAgreement, match="categor"):
        coefficient([[2], [2], [3]], confidence=0.95)


def flag(*, cases: int, positive: int, verified: int) -> Flag:
    return Flag(cases=cases, verified=Group(events=positive, n=verified))


def test_verification_bias_is_corrected_as_published():
    # Hepatic scintigraphy of Drum & Christacopoulos 1972, the example of Zhou, Obuchowski & McClish 2011.
    found = verification.begg_greenes(
        flagged=flag(cases=429, positive=231, verified=263),
        cleared=flag(cases=221, positive=27, verified=81),
        confidence=0.95,
    )

    assert found.sensitivity.value == pytest.approx(0.8365, abs=5e-5)
    assert found.specificity.value == pytest.approx(0.7384, abs=5e-5)
    assert found.naive_sensitivity == pytest.approx(231 / 258)
    assert found.naive_specificity == pytest.approx(54 / 86)
    assert found.sensitivity.interval.lower == pytest.approx(0.7826, abs=5e-4)


def test_with_everybody_verified_nothing_is_corrected():
    found = verification.begg_greenes(
        flagged=flag(cases=50, positive=40, verified=50),
        cleared=flag(cases=100, positive=5, verified=100),
        confidence=0.95,
    )

    assert found.sensitivity.value == pytest.approx(found.naive_sensitivity)
    assert found.specificity.value == pytest.approx(found.naive_specificity)
    assert found.sensitivity.logit_error == pytest.approx((1 / 40 + 1 / 5) ** 0.5)


def test_no_miss_among_few_verified_is_no_certainty():
    found = verification.begg_greenes(
        flagged=flag(cases=100, positive=90, verified=100),
        cleared=flag(cases=900, positive=0, verified=20),
        confidence=0.95,
    )

    assert found.sensitivity.value == 1.0
    assert found.sensitivity.interval.lower < 0.5
    assert found.sensitivity.interval.upper == 1.0


@pytest.mark.parametrize(
    ("flagged", "cleared", "sentence"),
    [
        (flag(cases=9, positive=0, verified=0), flag(cases=9, positive=1, verified=9), "No flagged case"),
        (flag(cases=9, positive=8, verified=9), flag(cases=9, positive=0, verified=0), "random sample"),
        (flag(cases=9, positive=9, verified=9), flag(cases=9, positive=9, verified=9), "needs both"),
    ],
)
def test_what_was_not_verified_is_not_known(flagged, cleared, sentence):
    with pytest.raises(NotVerified, match=sentence):
        verification.begg_greenes(flagged=flagged, cleared=cleared, confidence=0.95)


def test_more_verified_than_there_are_is_impossible():
    with pytest.raises(ImpossibleCounts):
        flag(cases=3, positive=1, verified=4)
