"""Expand the published counts of the MASAI trial to one row per woman, so that the whole path can be run on rows."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# Lang et al., Lancet Oncology 2023: women, screen-detected cancers, recalls, screen readings per arm.
ARMS = {
    "AI-supported": {"women": 39_996, "cancers": 244, "recalled": 861, "readings": 46_345},
    "double reading": {"women": 40_024, "cancers": 203, "recalled": 817, "readings": 83_231},
}


def expanded() -> pa.Table:
    """Return 80,020 rows whose sums are the published counts; which woman has which value is arbitrary."""
    columns: dict[str, list[object]] = {name: [] for name in ("woman", "arm", "site", "cancer", "recalled", "readings")}
    for arm, counts in ARMS.items():
        women = counts["women"]
        each, more = divmod(counts["readings"], women)
        for number in range(women):
            columns["woman"].append(f"{arm[:2]}-{number:05d}")
            columns["arm"].append(arm)
            columns["site"].append("MASAI")
            columns["cancer"].append(int(number < counts["cancers"]))
            columns["recalled"].append(int(number < counts["recalled"]))
            columns["readings"].append(each + int(number < more))
    return pa.table(columns)


if __name__ == "__main__":
    pq.write_table(expanded(), Path(__file__).with_name("masai_expanded.parquet"), compression="zstd")
