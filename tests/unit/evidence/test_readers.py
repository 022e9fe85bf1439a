import math

import numpy as np
import pytest

from primum.evidence.scores import reader_tests, readers
from primum.evidence.scores.readers import Readings, StudyRefused
from tests.oracles import datasets


def study() -> Readings:
    table = datasets.read("data/mrmc.csv")
    return readers.readings(
        modality=table["modality"].astype(str).tolist(),
        reader=table["reader"].astype(str).tolist(),
        case=table["case"].astype(str).tolist(),
        positive=(table["truth"] == 1).to_numpy(),
        rating=table["rating"].to_numpy(dtype=np.float64),
    )


def noise(*, modalities: int = 2, people: int = 4, cases: int = 40) -> Readings:
    ratings = np.random.default_rng(8).normal(size=(modalities, people, cases))
    positive = np.arange(cases) % 2 == 0
    return Readings(
        ratings=ratings + positive,
        positive=positive,
        modalities=tuple(f"m{place}" for place in range(modalities)),
        readers=tuple(f"r{place}" for place in range(people)),
    )


def nested(kind: str) -> Readings:
    """Noise with cases kept for one reader, for a pair of readers, or for one modality."""
    whole = noise(cases=80)
    block = np.arange(80) // 20
    keep = {
        "readers": (block[None, :] == np.arange(4)[:, None])[None],
        "groups": (block[None, :] % 2 == np.arange(4)[:, None] // 2)[None],
        "modalities": (block[None, :] % 2 == np.arange(2)[:, None])[:, None],
    }[kind]
    ratings = np.where(np.broadcast_to(keep, whole.ratings.shape), whole.ratings, np.nan)
    return Readings(ratings=ratings, positive=whole.positive, modalities=whole.modalities, readers=whole.readers)


def test_the_study_of_the_reference_constants_comes_out_as_stated():
    figures = readers.areas(study())

    squares = reader_tests.mean_squares(figures)
    general = reader_tests.random_readers_random_cases(figures, confidence=0.95)

    assert figures.variance == pytest.approx(0.002597938646, abs=1e-12)
    assert figures.covariances == pytest.approx((0.0003889020019, 0.0004795875897, 0.0004067241074), abs=1e-12)
    assert (squares.modality, squares.both) == pytest.approx((0.01197608561, 0.0002526470336), abs=1e-11)
    assert general.statistic == pytest.approx(19.41130594, abs=1e-8)
    assert general.degrees == pytest.approx((1, 23.85348611), abs=1e-8)
    assert general.p == pytest.approx(0.0001904790048, abs=1e-12)


def test_a_mean_of_one_modality_has_an_interval_over_readers_and_cases():
    alone, with_ai = reader_tests.means(readers.areas(study()), confidence=0.95)

    assert (alone.modality, with_ai.modality) == ("alone", "withAI")
    assert alone.interval.lower < alone.value < alone.interval.upper < 1


def test_sensitivity_and_specificity_are_endpoints_too():
    gains = [
        reader_tests.random_readers_random_cases(figures, confidence=0.95).differences[0].value
        for figures in (readers.sensitivities(study(), threshold=3), readers.specificities(study(), threshold=3))
    ]
    seen = readers.changes(study(), before="alone", after="withAI", threshold=3)

    assert gains[0] == pytest.approx((seen.found - seen.lost) / seen.positives)
    assert gains[1] == pytest.approx((seen.cleared - seen.alarmed) / seen.negatives)


@pytest.mark.parametrize("kind", ["readers", "modalities", "groups"])
def test_nested_cases_share_no_covariance(kind):
    figures = readers.areas(nested(kind))

    found = reader_tests.random_readers_random_cases(figures, confidence=0.95)

    assert [covariance == 0 for covariance in figures.covariances] == {
        "readers": [False, True, True],
        "modalities": [True, False, True],
        "groups": [False, False, False],
    }[kind]
    assert 0 < found.p < 1
    assert reader_tests.mean_squares(figures).reader_degrees == (2 if kind == "groups" else 3)


def test_three_modalities_are_compared_two_by_two():
    found = reader_tests.fixed_readers(readers.areas(noise(modalities=3)), confidence=0.95)

    assert [(one.of, one.minus) for one in found.differences] == [("m1", "m0"), ("m2", "m0"), ("m2", "m1")]
    assert found.degrees == (2.0, math.inf)


def test_readers_who_are_always_right_leave_nothing_to_test():
    positive = np.arange(8) < 4
    perfect = Readings(
        ratings=np.broadcast_to(positive * 1.0, (2, 3, 8)),
        positive=positive,
        modalities=("a", "b"),
        readers=tuple("xyz"),
    )

    found = reader_tests.random_readers_random_cases(readers.areas(perfect), confidence=0.95)

    assert (found.statistic, found.p) == (None, None)
    assert found.differences[0].value == 0
    assert found.differences[0].interval is None
    assert reader_tests.means(readers.areas(perfect), confidence=0.95)[0].interval is None


def partly_read(*, holes: slice) -> Readings:
    whole = noise()
    ratings = whole.ratings.copy()
    ratings[0, 0, holes] = np.nan
    return Readings(ratings=ratings, positive=whole.positive, modalities=whole.modalities, readers=whole.readers)


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (partly_read(holes=slice(0, 5)), "part of the cases"),
        (partly_read(holes=slice(0, 40)), "share cases in one modality"),
        (noise(cases=3), "fewer than two negative"),
    ],
)
def test_designs_that_are_not_known_are_refused(refused, sentence):
    with pytest.raises(StudyRefused, match=sentence):
        readers.areas(refused)


def test_one_reader_or_one_modality_cannot_be_generalised():
    with pytest.raises(StudyRefused, match="at least 2 modalities and 2 readers"):
        reader_tests.random_readers_random_cases(readers.areas(noise(people=1)), confidence=0.95)
    with pytest.raises(StudyRefused, match="at least 2 modalities"):
        reader_tests.fixed_readers(readers.areas(noise(modalities=1)), confidence=0.95)
    with pytest.raises(StudyRefused, match="readers in general"):
        reader_tests.means(readers.areas(noise(people=1)), confidence=0.95)


ROWS = {
    "modality": ["a", "b"],
    "reader": ["x", "x"],
    "case": ["1", "1"],
    "positive": [True, True],
    "rating": [1.0, 2.0],
}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"modality": ["a", "a"]}, "read twice"),
        ({"positive": [True, False]}, "one truth"),
        ({"order": ("a", "c")}, "besides"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(changed, sentence):
    with pytest.raises(StudyRefused, match=sentence):
        readers.readings(**(ROWS | changed))


def test_no_readings_are_no_study():
    empty = readers.readings(modality=[], reader=[], case=[], positive=[], rating=[])

    with pytest.raises(StudyRefused, match="no readings"):
        readers.areas(empty)
