"""The monitors of the shipped example name New York State's own outliers, on the shipped copy of its table."""

import csv
import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import poisson

from primum.evidence.shares.observed_expected import observed_expected
from primum.evidence.watching.charts_spending import Rates, limits_for, watched
from primum.evidence.watching.kinds import KINDS, Tally, series_of
from primum.integrations.configuration import load_rollout
from primum.settings import shipped
from tests import kinds_at_work as work
from tests.oracles.datasets import read

BASE = shipped("examples") / "cardiac-outcomes"
FILES = {"pci-deaths": "pci.csv", "non-emergency-pci-deaths": "non-emergency-pci.csv", "cabg-deaths": "cabg.csv"}
PROCEDURES = {"pci-deaths": "All PCI", "non-emergency-pci-deaths": "Non-Emergency PCI", "cabg-deaths": "CABG"}
MONITORS = {one.id: one for one in load_rollout(BASE / "rollout.yaml").monitors}


def counted(file):
    with (BASE / "data" / file).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def tallies(lines):
    return [
        Tally(period=line["period"], site=line["site"], column=column, value=float(line[column]))
        for line in lines
        for column in ("observed", "expected")
    ]


def flags_of_the_state(procedure):
    table = read("ny_cardiac_hospital_year")
    table = table[(table["procedure"] == procedure) & (table["comparison_results"] != "Statewide Rate")]
    words = {"higher": "high", "lower": "low"}
    return {
        (str(row.year), f"hospital-{row.facility_id}"): next(
            (flag for word, flag in words.items() if word in row.comparison_results), ""
        )
        for row in table.itertuples()
    }


def flags_of_the_monitor(monitor):
    """Return what the monitor says of each hospital in each year, read at the end of that year."""
    lines, found = counted(FILES[monitor]), {}
    for year in sorted({line["period"] for line in lines}):
        until = tallies(line for line in lines if line["period"] <= year)
        for one in KINDS["outcomes-oe"].read(series_of(until), MONITORS[monitor].parameters):
            if one.state != "insufficient":
                found[one.period, one.site] = one.measure
    return found


@pytest.mark.parametrize(
    ("monitor", "agreeing", "of"),
    [("pci-deaths", 614, 614), ("non-emergency-pci-deaths", 614, 614), ("cabg-deaths", 379, 380)],
)
def test_the_monitor_names_the_outliers_that_the_state_named(monitor, agreeing, of):
    official = flags_of_the_state(PROCEDURES[monitor])

    ours = flags_of_the_monitor(monitor)

    assert ours.keys() == official.keys()
    assert len(official) == of
    assert sum(ours[place] == official[place] for place in official) == agreeing


@pytest.mark.parametrize("monitor", FILES)
def test_the_monitor_says_what_the_exact_limits_of_one_hospital_say(monitor):
    lines = counted(FILES[monitor])
    last = [line for line in lines if line["period"] == "2019"]

    found = KINDS["outcomes-oe"].read(series_of(tallies(last)), MONITORS[monitor].parameters)

    for one, line in zip(found, sorted(last, key=lambda one: one["site"]), strict=True):
        alone = observed_expected(observed=int(line["observed"]), expected=float(line["expected"]), confidence=0.95)
        assert one.statistic == pytest.approx(alone.value)
        assert one.measure == alone.flag.removeprefix("not different")
        assert f"{alone.interval.lower:.3g} to {alone.interval.upper:.3g}" in one.sentence


@pytest.mark.parametrize("procedure", PROCEDURES.values())
def test_the_shipped_counts_are_those_of_the_shipped_table(procedure, tmp_path):
    spec = importlib.util.spec_from_file_location("prepare", BASE / "data" / "prepare.py")
    prepare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prepare)

    prepare.write(procedure, folder=tmp_path)

    file = prepare.TABLES[procedure]
    assert (tmp_path / file).read_bytes() == (BASE / "data" / file).read_bytes()


def test_small_numbers_of_deaths_are_not_printed():
    lines = [line for line in counted("cabg.csv") if line["period"] == "2019"]

    found = KINDS["outcomes-oe"].read(
        replace(series_of(tallies(lines)), smallest_cell=10), MONITORS["cabg-deaths"].parameters
    )

    deaths = {line["site"]: int(line["observed"]) for line in lines}
    few = [one for one in found if 0 < deaths[one.site] < 10]
    assert few
    assert all(one.statistic is None and one.n == 0 and "fewer than 10 events" in one.sentence for one in few)
    assert all("O/E" not in one.sentence for one in few)


def test_the_chart_over_the_years_names_a_hospital_that_the_state_named_again_and_again():
    chart = MONITORS["pci-deaths-over-years"]

    found = KINDS[chart.kind].read(series_of(tallies(counted("pci.csv"))), chart.parameters)

    alarms = {one.site: one.since for one in found if one.state == "alarm"}
    assert alarms["hospital-1"] in {"2011", "2012"}
    times_named = [place for place, flag in flags_of_the_state("All PCI").items() if flag == "high"]
    assert all(any(site == named for _, named in times_named) for site in alarms)


@pytest.mark.parametrize("monitor", FILES)
def test_each_declared_monitor_flags_as_rarely_as_its_design_says(monitor):
    asked, counts = MONITORS[monitor].parameters, np.arange(60)
    mean = float(asked["volume"])

    found = KINDS["outcomes-oe"].read(
        work.series({"observed": work.column(counts), "expected": np.full((60, 1), mean)}), asked
    )

    chance = sum(poisson.pmf(k, mean) for k, one in zip(counts, found, strict=True) if one.state == "alarm")
    said = KINDS["outcomes-oe"].design(asked)
    assert 1 / chance == pytest.approx(said.attained, rel=1e-9)
    assert said.attained >= said.run_length == 20


def test_the_chart_of_all_hospitals_alarms_in_ten_years_as_rarely_as_designed():
    years = series_of(tallies(counted("pci.csv"))).counts["expected"][:, 0, :]
    repeated = np.tile(np.nan_to_num(years), (1_500, 1))
    events = np.random.default_rng(20_261_122).poisson(repeated).astype(float)
    alpha = -np.expm1(np.log1p(-1 / 20) / len(years))

    found = watched(events=events, units=repeated, rates=Rates("poisson", 1.0, 1.5), alpha=alpha)

    alarmed = (found.first.reshape(1_500, -1) >= 0).any(axis=1).mean()
    # Once in 20 years over all hospitals is 4 in 10 within ten years, if all of them report every year.
    spent = limits_for(units=np.nan_to_num(years), rates=Rates("poisson", 1.0, 1.5), alpha=alpha).spent[:, -1]
    exactly = 1 - np.prod(1 - spent)
    assert alarmed == pytest.approx(exactly, abs=0.03)
    reported = np.isfinite(years).mean()
    assert 0.95 * (1 - 0.95 ** (10 * reported)) < exactly <= 1 - 0.95 ** (10 * reported)
