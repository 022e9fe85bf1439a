"""When each monitor that ships alarms first if all is well, with the window and the run length that it declares."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import poisson

from primum.evidence.watching.kinds import KINDS
from primum.integrations.configuration import load_policy, load_rollout
from primum.settings import shipped
from tests import first_alarms as first
from tests import kinds_at_work as work

EXAMPLES = shipped("examples")
ROWS = {"inputs": "inputs.csv", "ages": "ages.csv", "results": "results.csv"}
SHIPPED = {
    (folder.parent.name, one.id): one
    for folder in sorted(EXAMPLES.glob("*/rollout.yaml"))
    for one in load_rollout(folder).monitors
}
# Measured beside the data: tests/unit/evidence/test_covid_control.py.
BESIDE = "test_the_declared_charts_alarm_as_rarely_as_they_say"


def of(kind):
    return [name for name, one in SHIPPED.items() if one.kind == kind]


def rows_of(monitor):
    """Return the shares of the levels of each column at the baseline, and rows of a place at it and in a week."""
    with (EXAMPLES / "covid-control/data" / ROWS[monitor]).open(encoding="utf-8") as lines:
        counts = list(csv.DictReader(lines))
    shares = []
    for column in KINDS["drift"].accepted(SHIPPED["covid-control", monitor].parameters).watched:
        levels = [name for name in counts[0] if name.startswith(f"{column}=")]
        at_first = [sum(float(one[name]) for one in counts if one["period"] == "baseline") for name in levels]
        shares.append(np.array(at_first) / sum(at_first))
    sums = {"baseline": [], "week": []}
    for one in counts:
        sums["baseline" if one["period"] == "baseline" else "week"].append(sum(float(one[name]) for name in levels))
    return shares, round(np.mean(sums["baseline"])), round(np.mean(sums["week"]))


# Of the results two in a hundred are invalid, 8 rows of a week: a chi-square test of so few alarms a little later.
LATER = {"results": 0.12}


@pytest.mark.parametrize("name", of("drift"))
def test_shipped_columns_that_did_not_move_alarm_first_when_designed(name):
    asked = KINDS["drift"].accepted(SHIPPED[name].parameters)
    shares, before, rows = rows_of(name[1])
    families, periods = 1_200, 3 * asked.run_length

    alarms = first.drift_alarms(
        np.random.default_rng(20_261_122),
        columns=shares,
        rows=rows,
        before=before,
        window=asked.window,
        run_length=asked.run_length,
        together=asked.together(3),
        places=3 * families,
        periods=periods,
        ordered=bool(asked.ordered),
    )

    together = alarms.reshape(families, 3, periods).any(axis=1)
    measured = first.mean_first(together) / asked.run_length
    assert 0.95 < measured < 1.05 + LATER.get(name[1], 0)


@pytest.mark.parametrize("name", of("outcomes-oe"))
def test_shipped_limits_of_a_year_alarm_as_their_design_says_exactly(name):
    monitor, counts = SHIPPED[name], np.arange(120)
    mean = float(monitor.parameters["volume"])

    found = KINDS["outcomes-oe"].read(
        work.series({"observed": work.column(counts), "expected": np.full((120, 1), mean)}), monitor.parameters
    )

    chance = poisson.pmf(counts, mean)[[one.state == "alarm" for one in found]].sum()
    assert 1 / chance == pytest.approx(KINDS["outcomes-oe"].design(monitor.parameters).attained, rel=1e-6)


@pytest.mark.parametrize("name", of("outcomes-cusum"))
def test_shipped_charts_of_outcomes_alarm_together_as_rarely_as_designed(name):
    asked = KINDS["outcomes-cusum"].accepted(SHIPPED[name].parameters)
    families, sites, periods = 400, asked.together(1), 80
    expected = np.full((families * sites, periods), float(asked.volume))
    alone = {**SHIPPED[name].parameters, "multiplicity": "each", "charts": "1"}
    alone["run_length"] = str(math.ceil(1 / asked.of_one(sites)))

    found = KINDS["outcomes-cusum"].read(
        work.series({"expected": expected, "observed": np.random.default_rng(7).poisson(expected)}), alone
    )

    since = [int(one.since.removeprefix("2026-")) + 1 if one.since else periods + 1 for one in found]
    soonest = np.array(since).reshape(families, sites).min(axis=1)
    measured = np.minimum(soonest, periods).sum() / (soonest <= periods).sum()
    assert measured == pytest.approx(KINDS["outcomes-cusum"].design(SHIPPED[name].parameters).attained, rel=0.05)


def test_every_shipped_monitor_with_false_alarms_is_measured_here_or_beside_its_data():
    designed = {name for name, one in SHIPPED.items() if KINDS[one.kind].design(one.parameters).false_alarm > 0}
    beside = (Path(__file__).parents[1] / "unit/evidence/test_covid_control.py").read_text(encoding="utf-8")

    measured = {name for kind in ("drift", "outcomes-oe", "outcomes-cusum") for name in of(kind)}

    assert BESIDE in beside
    assert designed - measured == {("covid-control", "invalid-tests"), ("covid-control", "positive-tests")}
    assert all(f'"{monitor}"' in beside for _, monitor in designed - measured)


def test_every_kind_that_a_shipped_policy_asks_for_is_measured():
    folder = Path(__file__).parent
    tests = [one.read_text(encoding="utf-8") for one in folder.glob("test_*.py")]

    asked = {
        kind
        for one in shipped("config").glob("policies/*.yaml")
        for rule in load_policy(one.stem, base=Path()).monitors
        for kind in rule.kinds
        if work.design(kind).false_alarm > 0
    }

    assert asked
    assert [kind for kind in asked if not any(f'"{kind}"' in text for text in tests)] == []
