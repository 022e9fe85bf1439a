"""Packs of jurisdictions: every number with its source, liability answered, templates that cannot be used."""

from datetime import date
from pathlib import Path

import pytest

from primum.actions.regulator_places import known_places
from primum.integrations.configuration import ConfigurationRefused
from primum.integrations.jurisdictions import FOLDER, HolidayRefused, holidays_of, pack_in, packs
from primum.roadmap.jurisdictions import ClockRule, Counted
from primum.settings import shipped
from tests import gates_at_work as work

SHIPPED = {pack.jurisdiction.id: pack.jurisdiction for pack in packs(own=Path("/nowhere"))}
NUMBERS = {
    ("us", "user-facility-death"): (10, Counted.WORKING, "21 CFR 803.30(a)(1)"),
    ("us", "user-facility-serious-injury"): (10, Counted.WORKING, "21 CFR 803.30(a)(2)"),
    ("us", "manufacturer-30-days"): (30, Counted.CALENDAR, "21 CFR 803.50(a)"),
    ("us", "manufacturer-5-days"): (5, Counted.WORKING, "21 CFR 803.53(a)"),
    ("eu", "serious-incident"): (15, Counted.CALENDAR, "Regulation (EU) 2024/1689, Article 73(2)"),
    ("eu", "death"): (10, Counted.CALENDAR, "Regulation (EU) 2024/1689, Article 73(4)"),
    ("eu", "care-disrupted"): (2, Counted.CALENDAR, "Regulation (EU) 2024/1689, Article 73(3) with Article 3(49)(b)"),
}


def rule(pack, id_) -> ClockRule:
    return next(one for one in SHIPPED[pack].clocks if one.id == id_)


@pytest.mark.parametrize(("named", "numbers"), NUMBERS.items(), ids=lambda one: str(one[1]))
def test_each_number_is_the_one_that_stands_in_its_source(named, numbers):
    one = rule(*named)

    assert (one.days, one.counted, one.source.law) == numbers


def test_every_clock_of_a_law_is_in_the_table_above():
    listed = {(id_, one.id) for id_, pack in SHIPPED.items() if pack.numbers == "law" for one in pack.clocks}

    assert listed == set(NUMBERS)


def test_hong_kong_is_a_template_that_cannot_be_used_as_it_ships():
    hong_kong = SHIPPED["hk"]

    assert all(one.days is None for one in hong_kong.clocks)
    assert "nobody has filled in" in hong_kong.why_unusable(signed=True)


@pytest.mark.parametrize("question", ["causality_presumed", "strict", "no_fault_fund"])
@pytest.mark.parametrize("pack", sorted(SHIPPED))
def test_each_place_answers_each_question_of_liability_with_its_source(pack, question):
    fact = getattr(SHIPPED[pack].liability, question)

    assert fact.source.law
    assert (fact.answer == "not-known") == (pack == "hk")


def spoilt(tmp_path, before, after):
    text = (shipped("config") / FOLDER / "us.yaml").read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "us.yaml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("    days: 10\n", "", "has `days` in each clock"),
        ("liability:\n", "liabilities:\n", "liability"),
        ("id: user-facility-death", "id: user-facility-serious-injury", "stands twice"),
        ("countries: [US]", "countries: [USA]", "countries"),
        (", recurrence: FREQ=YEARLY;BYMONTH=9;BYDAY=+1MO", "", "either a `recurrence` or its `dates`"),
    ],
)
def test_a_pack_that_leaves_something_out_is_refused_with_the_place(tmp_path, before, after, words):
    with pytest.raises(ConfigurationRefused, match=words):
        pack_in(spoilt(tmp_path, before, after))


@pytest.mark.parametrize("recurrence", ["FREQ=DAILY", "FREQ=YEARLY;BYDAY=XX"])
def test_a_holiday_whose_rule_cannot_be_read_is_refused(tmp_path, recurrence):
    with pytest.raises(HolidayRefused, match="is no rule of a yearly day"):
        pack_in(spoilt(tmp_path, "FREQ=YEARLY;BYMONTH=9;BYDAY=+1MO", recurrence))


def test_federal_holidays_of_2027_are_those_that_the_government_lists():
    """OPM's list: those on a weekend are kept on the weekday beside; New Year's Day 2028 falls into 2027."""
    found = holidays_of(SHIPPED["us"], since=date(2027, 1, 1), until=date(2027, 12, 31))

    listed = "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"
    assert sorted(found) == [date.fromisoformat(f"2027-{day}") for day in listed.split()]


def test_a_pack_of_the_institution_takes_the_place_of_the_shipped_one(tmp_path):
    spoilt(tmp_path, 'version: "2026-11-22"', 'version: "ours"')

    found = {pack.jurisdiction.id: pack.jurisdiction.version for pack in packs(own=tmp_path)}

    assert (found["us"], found["eu"]) == ("ours", "2026-11-22")


def test_a_country_without_a_pack_is_said_to_be_unknown(sqlite_ledger, tmp_path):
    kept = {"sites": [{"id": "zh", "name": "Zurich", "country": "CH", "timezone": "Europe/Zurich"}]}

    (found,) = known_places(kept=kept, workplace=work.workplace(sqlite_ledger, tmp_path))

    assert found.why_unusable == (
        "No pack is for CH: no clock runs there and nothing is known of liability; write one."
    )
