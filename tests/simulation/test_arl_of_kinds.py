"""How often monitors alarm when all is well, against what their design says: drawn, or enumerated to the last count."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import poisson

from primum.evidence.watching.charts import ewma_limit, ewma_run_length
from primum.evidence.watching.charts_averages import average_run, averages, limits_of
from primum.evidence.watching.charts_spending import Rates, expected_run, limits_for, watched
from primum.evidence.watching.kinds import KINDS
from primum.evidence.watching.kinds_rare import chance_of_alarm as chance_of_rare_events
from tests import kinds_at_work as work
from tests.kinds_at_work import design, read

SITES, PERIODS = 6_000, 100
MEASURED = ("test_arl_of_kinds.py", "test_arl_of_exact_tests.py", "test_first_alarms.py")


def chance_of_alarm(readings, chances):
    """Return the chance of an alarm where each reading is one possible count with its probability."""
    return sum(chance for one, chance in zip(readings, chances, strict=True) if one.state == "alarm")


def volumes(chosen, *, of, periods=PERIODS):
    """Return volumes that change from period to period, the same for every site."""
    return np.repeat(chosen.integers(of // 3, 2 * of, size=(1, periods)), SITES, axis=0)


@pytest.mark.parametrize("changes", [{}, {"run_length": "50"}, {"acceptable": "1/100", "worse": "3/100"}])
def test_a_chart_of_shares_alarms_as_rarely_as_designed_whatever_the_volumes(changes):
    chosen = np.random.default_rng(20_261_122)
    n = volumes(chosen, of=50)
    share = float(Fraction(changes.get("acceptable", "5/100")))

    found = read("performance-cusum", {"n": n, "events": chosen.binomial(n, share)}, changes=changes)

    measured = work.run_length([one.since for one in found], periods=PERIODS)
    assert measured == pytest.approx(design("performance-cusum", changes).run_length, rel=0.05)


def test_a_chart_of_outcomes_alarms_as_rarely_as_designed_whatever_is_expected():
    chosen = np.random.default_rng(20_261_122)
    expected = np.repeat(chosen.gamma(4.0, 1.0, size=(1, PERIODS)), SITES, axis=0)

    found = read("outcomes-cusum", {"expected": expected, "observed": chosen.poisson(expected)})

    measured = work.run_length([one.since for one in found], periods=PERIODS)
    assert measured == pytest.approx(design("outcomes-cusum").run_length, rel=0.05)


def test_an_average_alarms_as_rarely_as_designed():
    chosen = np.random.default_rng(20_261_122)
    n = np.full((4_000, 150), 300)

    found = read("performance-ewma", {"n": n, "events": chosen.binomial(n, 0.1)}, changes={"run_length": "30"})

    measured = work.run_length([one.since for one in found], periods=150)
    assert measured == pytest.approx(design("performance-ewma", {"run_length": "30"}).run_length, rel=0.05)


def test_charts_of_many_sites_alarm_together_as_rarely_as_designed():
    chosen = np.random.default_rng(7)
    families, sites, periods = 2_000, 8, 100
    n = np.repeat(chosen.integers(20, 90, size=(1, periods)), families * sites, axis=0)
    alpha = -np.expm1(np.log1p(-1 / 20) / sites)

    found = watched(
        events=chosen.binomial(n, 0.05).astype(float),
        units=n.astype(float),
        rates=Rates("binomial", 0.05, 0.1),
        alpha=alpha,
    )

    first = np.where(found.first < 0, periods, found.first).reshape(families, sites).min(axis=1)
    measured = (np.minimum(first + 1, periods)).sum() / (first < periods).sum()
    assert measured == pytest.approx(20, rel=0.05)


def test_averages_of_many_sites_alarm_together_as_rarely_as_designed():
    chosen = np.random.default_rng(7)
    families, sites, periods, alpha = 2_000, 8, 80, -np.expm1(np.log1p(-1 / 20) / 8)

    path = averages(chosen.standard_normal((families * sites, periods)), weight=0.2)

    over = path > limits_of(np.ones(path.shape, dtype=bool), weight=0.2, alpha=alpha)
    first = np.where(over.any(axis=1), over.argmax(axis=1), periods).reshape(families, sites).min(axis=1)
    measured = np.minimum(first + 1, periods).sum() / (first < periods).sum()
    assert measured == pytest.approx(20, rel=0.05)


def test_an_average_carried_on_attains_what_was_asked_and_notices_no_later_than_a_fixed_limit():
    for weight, alpha in ((0.05, 1 / 500), (0.2, 1 / 100), (1.0, 1 / 50)):
        fixed = ewma_limit(weight=weight, run_length=1 / alpha, sides=1)

        quiet, shifted = (average_run(weight=weight, alpha=alpha, shift=shift) for shift in (0.0, 1.0))

        assert quiet == pytest.approx(1 / alpha, rel=1e-4)
        assert shifted <= ewma_run_length(weight=weight, limit=fixed, shift=1.0, sides=1) + 1e-6


def test_the_delay_that_is_printed_is_the_one_that_is_measured():
    chosen = np.random.default_rng(20_261_122)
    n = np.full((SITES, PERIODS), 50)

    found = read("performance-cusum", {"n": n, "events": chosen.binomial(n, 0.1)})

    waited = [int(one.since.removeprefix("2026-")) + 1 for one in found if one.since]
    assert len(waited) == SITES
    assert np.mean(waited) == pytest.approx(design("performance-cusum").delay, rel=0.05)


def test_the_error_that_limits_spend_is_never_more_than_what_is_due():
    units = np.random.default_rng(3).integers(1, 400, size=(30, 60)).astype(float)

    found = limits_for(units=units, rates=Rates("binomial", 0.02, 0.05), alpha=0.01)

    due = 1 - 0.99 ** np.arange(1, 61)
    assert (found.spent <= due + 1e-9).all()
    assert (found.spent[:, -1] > 0.98 * due[-1]).all()


@pytest.mark.parametrize("alpha", [1 / 20, 1 / 370, 1 / 4000])
def test_a_design_carried_on_attains_what_was_asked(alpha):
    found = expected_run(rates=Rates("binomial", 0.05, 0.1), alpha=alpha, volume=50.0)

    assert 1 / alpha <= found.quiet <= 1.05 / alpha


def test_limits_of_observed_over_expected_alarm_as_their_design_says_exactly():
    counts = np.arange(80)

    found = read("outcomes-oe", {"observed": work.column(counts), "expected": np.full((80, 1), 12.0)})

    said = design("outcomes-oe")
    assert 1 / chance_of_alarm(found, poisson.pmf(counts, 12)) == pytest.approx(said.attained, rel=1e-9)
    assert said.attained >= said.run_length


def test_rare_events_alarm_in_so_many_periods_and_over_all_time_as_rarely_as_their_design_says():
    chosen = np.random.default_rng(20_261_122)
    said = chance_of_rare_events(KINDS["rare-events"].accepted(work.PARAMETERS["rare-events"]), together=1)
    # Drawn from the rates its evidence thinks of, each first alarm counts as one over its evidence (Siegmund 1976).
    rates = chosen.exponential(1 / 200, size=20_000)
    rates = rates[rates > 1 / 100][:1_500, None]
    assert len(rates) == 1_500
    exposure = np.full((1_500, said.periods), 100)

    found = read("rare-events", {"exposure": exposure, "events": chosen.poisson(exposure * rates)})

    weights = [10**-one.statistic if one.state == "alarm" else 0.0 for one in found]
    assert np.mean(weights) == pytest.approx(said.within, rel=0.05)
    later = np.mean([one.state != "alarm" for one in found]) / 20
    assert np.mean(weights) + later == pytest.approx(said.ever, rel=0.05)
    assert said.ever == design("rare-events").ever <= 1 / 20


def test_rare_events_at_the_acceptable_rate_alarm_as_rarely_as_their_design_says():
    chosen = np.random.default_rng(20_261_122)
    asked = {**work.PARAMETERS["rare-events"], "volume": "5000"}
    said = chance_of_rare_events(KINDS["rare-events"].accepted(asked), together=1)
    exposure = np.full((20_000, said.periods), 5_000)

    found = read(
        "rare-events", {"exposure": exposure, "events": chosen.poisson(50.0, size=exposure.shape)}, changes=asked
    )

    # Within three standard errors; the draws above show the same more closely.
    share = sum(one.state == "alarm" for one in found) / len(found)
    assert share == pytest.approx(said.within, abs=3 * (said.within / len(found)) ** 0.5)


def test_every_kind_with_false_alarms_is_measured_here_or_beside():
    folder = Path(__file__).parent
    tests = [(folder / name).read_text() for name in MEASURED]

    designed = {name for name in KINDS if design(name).false_alarm > 0}

    assert len(designed) == 12
    assert [name for name in designed if not any(f'"{name}"' in text for text in tests)] == []
    assert all(design(name).words.startswith("It states a fact") for name in KINDS.keys() - designed)
