"""A monitor that is to read the last days alone: what its design rests on is not taken from it."""

import pytest

from primum.evidence.watching.kinds import KINDS
from primum.evidence.watching.stored import CountsLine
from tests.kinds_at_work import PARAMETERS
from tests.monitors_at_work import monitor, ward

LAST_DAYS = {"last_days": 10}
OUTSIDE = {"id": "outside", "kind": "outside-use", "parameters": PARAMETERS["outside-use"], **LAST_DAYS}


def outside(*weeks: int, events: int = 5):
    """So many weeks of 120 encounters at a site, with uses outside in the last of them alone."""
    return [
        CountsLine(
            period=f"2026-W{week}", site="north", counts={"encounters": 120, "outside": events * (week == weeks[-1])}
        )
        for week in weeks
    ]


@pytest.mark.parametrize(
    ("weeks", "state"), [((10, 11, 12, 13), "alarm"), ((12, 13), "quiet"), ((10, 11), "insufficient")]
)
def test_a_kind_that_remembers_reads_all_periods_if_some_are_new(sqlite_ledger, tmp_path, weeks, state):
    place = ward(sqlite_ledger, tmp_path, monitor(**OUTSIDE))
    place.report(*outside(*weeks), of="outside")

    place.tick()

    # The error that three weeks left over lets 5 of 120 alarm in the fourth; in one week alone 6 do.
    assert place.reading("outside").state == state


def test_a_kind_that_does_not_remember_reads_the_last_days_alone(sqlite_ledger, tmp_path):
    years = {
        "id": "deaths",
        "kind": "outcomes-oe",
        "parameters": {**PARAMETERS["outcomes-oe"], "window": "4"},
        **LAST_DAYS,
    }
    place = ward(sqlite_ledger, tmp_path, monitor(**years))
    counts = {"observed": 5, "expected": 3}
    place.report(
        *(CountsLine(period=f"2026-W{week}", site="north", counts=counts) for week in range(10, 14)), of="deaths"
    )

    place.tick()

    # 20 where 12 are expected would be too many; 10 where 6 are expected in the last two weeks are not.
    assert place.reading("deaths").state == "quiet"


def test_what_remembers_is_what_has_a_memory_in_its_design():
    assert {name for name, kind in KINDS.items() if not kind.remembers} == {
        "outcomes-oe",
        "drift",
        "staff-training",
        "document-expiry",
        "overdue-reviews",
        "feedback-closure",
        "review-coverage",
        "energy",
        "downtime-drill",
    }
