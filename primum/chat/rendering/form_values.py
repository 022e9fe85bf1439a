"""What a person filled in: Slack's answer as values, and what is missing as sentences by block id."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from primum.chat.rendering.buttons import Deed
from primum.chat.rendering.form_views import FormValues, FormView, Left, Limits, SeatChoice
from primum.chat.rendering.texts import counted, plain, width
from primum.chat.rendering.views import Unmet
from primum.roadmap.seats import Meaning, why_not_reason

CHECKS_IN_A_GROUP = 10
LONGEST_KEY = 150
LONGEST_ERROR = 1_000
WHOLE = 100
MOST_LISTED = 100

# What was given in each block, as texts: the words written, or the values chosen.
Filled = Mapping[str, Sequence[str]]


def filled_in(state: object) -> dict[str, tuple[str, ...]]:
    """
    Return what ``view.state.values`` holds, by block id: the words written, or the values chosen.

    Whatever is not as Slack sends it counts as not filled in; nothing is raised.
    """
    values = state.get("values", state) if isinstance(state, dict) else None
    if not isinstance(values, dict):
        return {}
    return {
        block: tuple(text for element in inputs.values() for text in _texts(element))
        for block, inputs in values.items()
        if isinstance(block, str) and isinstance(inputs, dict)
    }


def _texts(element: object) -> Iterator[str]:
    if not isinstance(element, dict):
        return
    one = element.get("selected_option")
    several = element.get("selected_options")
    chosen = [one, *(several if isinstance(several, list) else [])]
    given = [option.get("value") for option in chosen if isinstance(option, dict)]
    given += [element.get(key) for key in ("value", "selected_date", "selected_user")]
    yield from (text for text in given if isinstance(text, str))


def values_of(filled: Filled, *, form: FormView) -> FormValues:
    """Return what a person filled in, as values; what is missing or unknown is left empty, for ``problems_of``."""
    unreadable: dict[str, str] = {}
    return FormValues(
        reason=_one(filled, "reason"),
        seat=_seat(filled, form.seats),
        meaning=next((one for one in Meaning if one == _one(filled, "meaning")), None),
        ticked=frozenset(_ticked(filled, form.unmet)),
        limits=_limits(filled, form, unreadable),
        left=Left(
            what=_one(filled, "left.what").strip(),
            owner=_person(filled, form, "left.owner"),
            due=_day(filled, "left.due", unreadable),
        ),
        deputy="" if _by_user(form) else _person(filled, form, "deputy"),
        deputy_user=_one(filled, "deputy") if _by_user(form) else "",
        until=_day(filled, "until", unreadable),
        unreadable=unreadable,
    )


def problems_of(values: FormValues, *, form: FormView) -> dict[str, str]:
    """Return what keeps a form from being accepted, one sentence by block id; empty when it is complete."""
    found = dict(values.unreadable)
    if values.seat is None:
        found["seat" if form.seats else "reason"] = "Choose the seat." if form.seats else "No seat is open to you."
    if reason := why_not_reason(values.reason):
        found["reason"] = reason
    if form.deed is Deed.DELEGATE:
        return {**dict(_delegation_problems(values, form)), **found}
    if values.meaning is None:
        found["meaning"] = "Choose what your signature stands for."
    if form.deed is Deed.APPROVE:
        return {**dict(_approval_problems(values, form)), **found}
    return found


def errors(problems: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer that keeps a form open and puts each sentence under its input."""
    shown = {block: plain(sentence, longest=LONGEST_ERROR) for block, sentence in problems.items()}
    return {"response_action": "errors", "errors": shown}


def key_of(text: str) -> str:
    """Return what stands for a text as the value of a choice: the text, or its digest where Slack would not take it."""
    if text.strip() and text.isprintable() and width(text) <= LONGEST_KEY:
        return text
    return f"sha256:{hashlib.sha256(text.encode(errors='replace')).hexdigest()}"


def choice_key(seat: SeatChoice) -> str:
    """Return what stands for a seat as the value of a choice."""
    return key_of(f"{seat.role}:{seat.on_behalf_of}")


def groups_of(unmet: Sequence[Unmet]) -> list[tuple[Unmet, ...]]:
    """Return the checks to be ticked, each once, ten to a group as Slack allows."""
    once = tuple({one.check: one for one in unmet}.values())
    return [once[first : first + CHECKS_IN_A_GROUP] for first in range(0, len(once), CHECKS_IN_A_GROUP)]


def unmet_block(number: int) -> str:
    """Return the block id of one group of checks."""
    return f"unmet.{number}"


def _by_user(form: FormView) -> bool:
    return not 0 < len(form.colleagues) <= MOST_LISTED


def _one(filled: Filled, block: str) -> str:
    return next(iter(filled.get(block, ())), "")


def _seat(filled: Filled, seats: Sequence[SeatChoice]) -> SeatChoice | None:
    if len(seats) == 1:
        return seats[0]
    chosen = _one(filled, "seat")
    return next((seat for seat in seats if choice_key(seat) == chosen), None)


def _ticked(filled: Filled, unmet: Sequence[Unmet]) -> Iterator[str]:
    for number, group in enumerate(groups_of(unmet)):
        ticked = set(filled.get(unmet_block(number), ()))
        yield from (one.check for one in group if key_of(one.check) in ticked)


def _person(filled: Filled, form: FormView, block: str) -> str:
    chosen = _one(filled, block)
    return next((one.person for one in form.colleagues if key_of(one.person) == chosen), "")


def _limits(filled: Filled, form: FormView, unreadable: dict[str, str]) -> Limits:
    chosen = set(filled.get("limits.sites", ()))
    return Limits(
        sites=tuple(site for site in form.sites if key_of(site) in chosen),
        units=tuple(unit for one in _one(filled, "limits.units").split(",") if (unit := one.strip())),
        share=_share(_one(filled, "limits.share").strip(), unreadable),
        until=_day(filled, "limits.until", unreadable),
    )


def _share(text: str, unreadable: dict[str, str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= len(str(WHOLE)) and 0 < int(text) <= WHOLE:
        return int(text)
    unreadable["limits.share"] = "A share is a whole number from 1 to 100, in per cent."
    return None


def _day(filled: Filled, block: str, unreadable: dict[str, str]) -> date | None:
    text = _one(filled, block)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        unreadable[block] = "A day is written as year, month and day, such as 2026-12-01."
        return None


def _approval_problems(values: FormValues, form: FormView) -> Iterator[tuple[str, str]]:
    for number, group in enumerate(groups_of(form.unmet)):
        missing = sum(one.check not in values.ticked for one in group)
        if missing:
            yield unmet_block(number), f"Tick every line; {counted(missing, 'is', 'are')} left."
    left = values.left
    if left.what or left.owner or left.due:
        if not left.what:
            yield "left.what", "Say what is to be done, or leave all three lines empty."
        if not left.owner:
            yield "left.owner", "Choose who does it."
        if left.due is None:
            yield "left.due", "Choose the day by which it is done."


def _delegation_problems(values: FormValues, form: FormView) -> Iterator[tuple[str, str]]:
    if not values.deputy and not values.deputy_user:
        yield "deputy", "Choose who signs for you."
    if values.until is None:
        yield "until", "Choose the last day."
    elif form.latest and values.until > form.latest:
        yield "until", f"At the latest {form.latest:%-d %B %Y}."
