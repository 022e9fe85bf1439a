"""
Count the tests of a children's hospital by week, as a site reports them: of whom, how, and with what result.

Whoever gave the table permuted its days, so that results, sex, visits, orders and payers cannot have moved over
time: a control for monitors. Ages do rise with the day all the same, and with them the share of inpatients; a monitor
must say so. Weeks are counted from day 4 of the table and named after weeks of 2020, but are none of the calendar.
The first five are the baseline.
"""

import csv
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

HERE = Path(__file__).parent
FIRST_DAY, FIRST_WEEK, BASELINE_WEEKS = 4, 10, 5
PLACES = {"clinical lab": "clinical-lab", "emergency dept": "emergency"}
AGES = ((1, "0-0"), (6, "1-5"), (12, "6-11"), (18, "12-17"), (40, "18-39"))
INPUTS = ("sex", "who", "visit", "order", "payer")
Row = dict[str, object]


def age_band(years: float) -> str:
    """Return the band of an age."""
    return next((band for end, band in AGES if years < end), "40-99")


def week_of(row: Row) -> str:
    """Return the period of a test: a week of its own, or the baseline."""
    week = (int(row["pan_day"]) - FIRST_DAY) // 7
    return "baseline" if week < BASELINE_WEEKS else f"2020-W{FIRST_WEEK + week:02}"


def levels_of(row: Row) -> tuple[str, ...]:
    """Return the levels that a test counts in."""
    return (
        f"age={age_band(float(row['age']))}",
        f"sex={row['gender']}",
        f"who={row['demo_group']}",
        f"visit={'drive-through' if row['drive_thru_ind'] else 'inside'}",
        f"order={'by order set' if row['orderset'] else 'other'}",
        f"payer={row['payor_group'] or 'not stated'}",
        f"result={row['result']}",
    )


def counts() -> dict[tuple[str, str], Counter]:
    """Return for each week and place how many tests there were, in all and in each level."""
    found: dict[tuple[str, str], Counter] = {}
    for row in pq.read_table(HERE / "covid_testing_chop.parquet").to_pylist():
        here = found.setdefault((week_of(row), PLACES.get(row["clinic_name"], "elsewhere")), Counter())
        here.update(("n", *levels_of(row)))
    return found


def write(columns: dict[str, str], *, to: Path) -> None:
    """Write some counts, each under its name there, as a file that `primum monitor` reads."""
    by_week = counts()
    with to.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("period", "site", *columns.values()))
        for (week, place), here in sorted(by_week.items()):
            if week != "baseline" or "n" not in columns:
                writer.writerow((week, place, *(here[column] for column in columns)))


def main(folder: Path = HERE) -> None:
    """Write the counts of each monitor."""
    names = sorted({name for here in counts().values() for name in here if "=" in name})
    for file, wanted in (("inputs.csv", INPUTS), ("ages.csv", ("age",)), ("results.csv", ("result",))):
        write({name: name for name in names if name.partition("=")[0] in wanted}, to=folder / file)
    for file, event in (("positive.csv", "result=positive"), ("invalid.csv", "result=invalid")):
        write({"n": "n", event: "events"}, to=folder / file)


if __name__ == "__main__":
    main()
