"""The control without drift: what cannot have moved stays silent at the designed rate, and what did move is named."""

import csv
import importlib.util

import numpy as np
import pyarrow.parquet as pq
import pytest

from primum.evidence.watching.kinds import KINDS, Tally, series_of
from primum.integrations.configuration import load_rollout
from primum.settings import shipped
from tests import kinds_at_work as work

BASE = shipped("examples") / "covid-control"
FILES = {
    "inputs": "inputs.csv",
    "ages": "ages.csv",
    "results": "results.csv",
    "invalid-tests": "invalid.csv",
    "positive-tests": "positive.csv",
}
MONITORS = {one.id: one for one in load_rollout(BASE / "rollout.yaml").monitors}
SHUFFLES = 6_000


def tallies(monitor):
    with (BASE / "data" / FILES[monitor]).open(encoding="utf-8") as lines:
        return [
            Tally(period=line["period"], site=line["site"], column=column, value=float(value))
            for line in csv.DictReader(lines)
            for column, value in line.items()
            if column not in {"period", "site"}
        ]


def states(monitor):
    """Return what the monitor said, week after week, of every place."""
    kind, rows = KINDS[MONITORS[monitor].kind], tallies(monitor)
    weeks = sorted({row.period for row in rows} - {"baseline"})
    return {
        (week, one.site): one.state
        for week in weeks
        for one in kind.read(
            series_of(row for row in rows if row.period == "baseline" or row.period <= week),
            MONITORS[monitor].parameters,
        )
    }


def results_of_tests():
    table = pq.read_table(BASE / "data" / "covid_testing_chop.parquet", columns=["result"])
    return np.unique(table.column("result").to_pylist(), return_counts=True)


@pytest.mark.parametrize("monitor", ["inputs", "results", "invalid-tests", "positive-tests"])
def test_what_cannot_have_moved_raises_no_alarm_in_ten_weeks(monitor):
    found = states(monitor)

    assert len({week for week, _ in found}) == 10
    assert set(found.values()) == {"quiet"}


def test_ages_which_rise_with_the_day_are_noticed_at_every_place():
    found = states("ages")

    last = {site: state for (week, site), state in found.items() if week == "2020-W24"}
    assert last == {"clinical-lab": "alarm", "elsewhere": "alarm", "emergency": "alarm"}


def test_results_in_any_other_order_of_days_alarm_no_more_often_than_designed():
    names, counts = results_of_tests()
    chosen = np.random.default_rng(20_261_122)
    now = chosen.multivariate_hypergeometric(counts, 1_000, size=SHUFFLES)
    before = np.array([chosen.multivariate_hypergeometric(counts - week, 3_000) for week in now])
    changes = {"run_length": "20", "multiplicity": "each", "effect": "0"}
    levels = [f"result={name}" for name in names]
    shuffled = work.series(
        {level: now[:, place, None] for place, level in enumerate(levels)},
        baseline={level: before[:, place] for place, level in enumerate(levels)},
    )

    found = KINDS["drift"].read(shuffled, {**MONITORS["results"].parameters, **changes})

    # A week in four of one baseline: 0.0655 of them in alarm is a first alarm in 20 on average. With 6,000 draws
    # 0.055 and 0.076 are more than three standard errors away.
    assert 0.055 < sum(one.state == "alarm" for one in found) / SHUFFLES < 0.076


@pytest.mark.parametrize("monitor", ["invalid-tests", "positive-tests"])
def test_the_declared_charts_alarm_as_rarely_as_they_say(monitor):
    asked = MONITORS[monitor]
    chosen = np.random.default_rng(20_261_122)
    share = {"invalid-tests": 2 / 100, "positive-tests": 6 / 100}[monitor]
    n = np.full((3_000, 250), 1_100)
    parameters = {**asked.parameters, "level": "site", "multiplicity": "each"}

    found = KINDS[asked.kind].read(work.series({"n": n, "events": chosen.binomial(n, share)}), parameters)

    measured = work.run_length([one.since for one in found], periods=250)
    assert measured == pytest.approx(KINDS[asked.kind].design(parameters).attained, rel=0.05)


def test_the_shipped_counts_are_those_of_the_shipped_table(tmp_path):
    spec = importlib.util.spec_from_file_location("prepare", BASE / "data" / "prepare.py")
    prepare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prepare)

    prepare.main(tmp_path)

    for file in FILES.values():
        assert (tmp_path / file).read_bytes() == (BASE / "data" / file).read_bytes()
