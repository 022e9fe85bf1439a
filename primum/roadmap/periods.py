"""The periods that counts are reported for: days, weeks, months, quarters, years, as texts that sort by time."""

import re
from datetime import date, timedelta
from typing import Literal

PeriodForm = Literal["day", "week", "month", "quarter", "year"]

PATTERNS: dict[PeriodForm, str] = {
    "day": r"(\d{4})-(\d{2})-(\d{2})",
    "week": r"(\d{4})-W(\d{2})",
    "month": r"(\d{4})-(\d{2})",
    "quarter": r"(\d{4})-Q([1-4])",
    "year": r"(\d{4})",
}
EXAMPLES: dict[PeriodForm, str] = {
    "day": "2026-11-16",
    "week": "2026-W47",
    "month": "2026-11",
    "quarter": "2026-Q4",
    "year": "2026",
}
DAY = timedelta(days=1)


def form_of(period: str) -> PeriodForm | None:
    """Return which form a period is written in; ``None`` if in none, or if the calendar does not have it."""
    form = next((form for form, pattern in PATTERNS.items() if re.fullmatch(pattern, period, re.ASCII)), None)
    if form is None:
        return None
    try:
        _first(form, period)
    except ValueError:
        return None
    return form


def why_not_period(period: str) -> str | None:
    """Return why a text is no period, if it is none."""
    if form_of(period):
        return None
    known = ", ".join(EXAMPLES.values())
    return f"'{period[:20]}' is no period; write one of the calendar such as {known}."


def first_day(period: str) -> date:
    """
    Return the first day of a period.

    :raises ValueError: if it is none
    """
    form = form_of(period)
    if form is None:
        raise ValueError(why_not_period(period))
    return _first(form, period)


def day_after(period: str) -> date:
    """
    Return the first day after a period.

    :raises ValueError: if it is none
    """
    first, form = first_day(period), form_of(period)
    if form == "day":
        return first + DAY
    if form == "week":
        return first + 7 * DAY
    months = {"month": 1, "quarter": 3, "year": 12}[str(form)]
    place = first.year * 12 + first.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def period_of(day: date, *, form: PeriodForm) -> str:
    """Return the period of a form in which a day lies."""
    year, week, _ = day.isocalendar()
    return {
        "day": f"{day:%Y-%m-%d}",
        "week": f"{year:04d}-W{week:02d}",
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year:04d}-Q{(day.month + 2) // 3}",
        "year": f"{day:%Y}",
    }[form]


def _first(form: PeriodForm, period: str) -> date:
    numbers = [int(number) for number in re.findall(r"\d+", period)]
    if form == "day":
        return date(*numbers)
    if form == "week":
        return date.fromisocalendar(numbers[0], numbers[1], 1)
    if form == "month":
        return date(numbers[0], numbers[1], 1)
    return date(numbers[0], 3 * numbers[1] - 2 if form == "quarter" else 1, 1)
