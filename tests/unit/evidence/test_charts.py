import math

import numpy as np
import pytest

from primum.evidence.watching import charts
from primum.evidence.watching.charts import ChartRefused
from primum.evidence.watching.charts_counts import (
    LatticeCusum,
    bernoulli_chances,
    bernoulli_cusum,
    binomial_chances,
    binomial_cusum,
    poisson_chances,
    poisson_cusum,
)
from primum.evidence.watching.charts_risk import (
    CaseMix,
    risk_limit,
    risk_path,
    risk_run_length,
    score,
    simulated_run_length,
)


def test_a_designed_limit_gives_back_its_run_length():
    limit = charts.cusum_limit(slack=0.5, run_length=500)

    assert charts.cusum_run_length(slack=0.5, limit=limit, shift=0.0) == pytest.approx(500)


@pytest.mark.parametrize("sides", [1, 2])
def test_an_ewma_of_the_newest_point_alone_is_a_shewhart_chart(sides):
    ewma = charts.ewma_run_length(weight=1.0, limit=3.0, shift=0.7, sides=sides)

    assert ewma == pytest.approx(charts.shewhart_run_length(limit=3.0, shift=0.7, sides=sides), rel=1e-6)


def test_a_shewhart_limit_of_three_runs_370_points():
    assert charts.shewhart_run_length(limit=3.0, shift=0.0) == pytest.approx(370.398, abs=1e-3)
    assert charts.shewhart_limit(run_length=370.398) == pytest.approx(3.0, abs=1e-5)


def test_a_larger_shift_is_found_sooner():
    table = charts.delays(
        run_length=lambda shift: charts.cusum_run_length(slack=0.5, limit=5.0, shift=shift), shifts=(0, 0.5, 1, 2)
    )

    assert [one.shift for one in table] == [0, 0.5, 1, 2]
    assert [one.run_length for one in table] == sorted((one.run_length for one in table), reverse=True)


def test_paths_are_what_one_draws_by_hand():
    cusum = charts.cusum_path(values=(1.0, -2.0, 1.5, 2.0), slack=0.5)
    ewma = charts.ewma_path(values=(1.0, 0.0), weight=0.2)

    assert cusum == (0.5, 0.0, 1.0, 2.5)
    assert ewma == pytest.approx((0.2, 0.16))
    assert charts.first_above(path=cusum, limit=2.0) == 4
    assert charts.first_above(path=cusum, limit=3.0) is None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: charts.cusum_run_length(slack=-1.0, limit=5.0, shift=0.0),
        lambda: charts.cusum_limit(slack=0.5, run_length=0.5),
        lambda: charts.cusum_limit(slack=2.0, run_length=5.0),
        lambda: charts.ewma_run_length(weight=0.0, limit=3.0, shift=0.0),
        lambda: charts.ewma_run_length(weight=0.2, limit=3.0, shift=0.0, start=4.0),
        lambda: charts.shewhart_limit(run_length=1.0),
        lambda: bernoulli_cusum(acceptable=0.1, worse=0.05, run_length=100),
        lambda: poisson_cusum(acceptable=2.0, worse=1.0, run_length=100),
        lambda: binomial_cusum(n=10, acceptable=0.1, worse=0.2, run_length=0.5),
        lambda: LatticeCusum(up=3, down=1, limit=5).run_length(bernoulli_chances(rate=0.1), start=5),
        lambda: CaseMix(risks=(0.1, 0.2), shares=(0.5, 0.4)),
        lambda: CaseMix(risks=(0.0,), shares=(1.0,)),
        lambda: risk_run_length(mix=CaseMix(risks=(0.1,), shares=(1.0,)), limit=0.0, ratio=2.0),
        lambda: risk_limit(mix=CaseMix(risks=(0.1,), shares=(1.0,)), run_length=1.0, ratio=2.0),
    ],
)
def test_a_chart_that_cannot_be_is_refused_with_a_sentence(wrong):
    with pytest.raises(ChartRefused, match=r"[.;]"):
        wrong()


@pytest.mark.parametrize(("down", "limit", "length"), [(3, 11, 9.059446), (3, 22, 19.4312), (5, 21, 112.3341)])
def test_poisson_charts_run_as_long_as_spc_says(down, limit, length):
    chart = LatticeCusum(up=4, down=down, limit=limit)

    assert chart.run_length(poisson_chances(mean=1.0)) == pytest.approx(length, abs=1e-4)


def test_a_chart_of_patients_runs_as_designed_and_finds_twice_the_rate():
    chart = bernoulli_cusum(acceptable=0.02, worse=0.04, run_length=5000)

    in_control = chart.run_length(bernoulli_chances(rate=0.02))

    assert 5000 <= in_control < 5200
    assert chart.run_length(bernoulli_chances(rate=0.04)) < in_control / 10


def test_the_run_length_on_a_lattice_is_that_of_many_runs():
    chart, chosen, lengths = (
        binomial_cusum(n=20, acceptable=0.1, worse=0.2, run_length=30),
        np.random.default_rng(3),
        [],
    )
    for _ in range(1500):
        levels = chart.path(chosen.binomial(20, 0.1, size=600).tolist())
        lengths.append(next(place for place, level in enumerate(levels, 1) if level >= chart.limit))

    exact = chart.run_length(binomial_chances(n=20, rate=0.1))

    assert exact == pytest.approx(np.mean(lengths), abs=4 * np.std(lengths) / math.sqrt(1500))


def test_a_risky_patients_death_weighs_less():
    assert score(risk=0.3, event=True, ratio=2.0) < score(risk=0.01, event=True, ratio=2.0)
    assert score(risk=0.3, event=False, ratio=2.0) < score(risk=0.01, event=False, ratio=2.0) < 0
    assert risk_path(risks=(0.1, 0.1, 0.5), events=(False, True, False), ratio=2.0) == pytest.approx(
        (0.0, math.log(2 / 1.1), math.log(2 / 1.1) - math.log(1.5))
    )


def test_the_run_length_adjusted_for_risk_is_that_of_many_runs():
    mix = CaseMix(risks=tuple(0.005 + 0.01 * step for step in range(20)), shares=(0.05,) * 20)
    limit = risk_limit(mix=mix, run_length=400, ratio=2.0)

    computed = risk_run_length(mix=mix, limit=limit, ratio=2.0)
    simulated = simulated_run_length(mix=mix, limit=limit, ratio=2.0, seed=5, runs=2000)

    assert computed == pytest.approx(400, rel=1e-4)
    assert simulated.mean == pytest.approx(400, abs=4 * simulated.error)
    assert simulated.unfinished == 0
    assert risk_run_length(mix=mix, limit=limit, ratio=2.0, true=2.0) < 100
