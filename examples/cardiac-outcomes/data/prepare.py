"""
Turn New York State's table of cardiac outcomes into counts by hospital and year, as a site reports them.

Expected deaths are cases times the expected rate the State printed, to two decimals of a percent. Rows that
are the whole State, and none of a hospital, are left out. Hospitals go by the State's own number.
"""

import csv
from pathlib import Path

import pyarrow.parquet as pq

HERE = Path(__file__).parent
TABLES = {"All PCI": "pci.csv", "Non-Emergency PCI": "non-emergency-pci.csv", "CABG": "cabg.csv"}


def counts_of(procedure: str) -> list[dict[str, object]]:
    """Return the counts of one procedure, one line for each hospital and year."""
    rows = pq.read_table(HERE / "ny_cardiac_hospital_year.parquet").to_pylist()
    hospitals = [row for row in rows if row["procedure"] == procedure and row["comparison_results"] != "Statewide Rate"]
    return [
        {
            "period": str(row["year"]),
            "site": f"hospital-{row['facility_id']}",
            "observed": row["number_of_deaths"],
            # Whole cases times whole hundredths of a percent, so that no digit is lost.
            "expected": row["number_of_cases"] * round(row["expected_mortality_rate"] * 100) / 10_000,
        }
        for row in sorted(hospitals, key=lambda one: (one["year"], one["facility_id"]))
    ]


def write(procedure: str, *, folder: Path) -> None:
    """Write the counts of one procedure as a file that `primum monitor` reads."""
    with (folder / TABLES[procedure]).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=("period", "site", "observed", "expected"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(counts_of(procedure))


if __name__ == "__main__":
    for one in TABLES:
        write(one, folder=HERE)
