"""What changed from one version of a model card to the next, in words; and what made the new one necessary (P6.13)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from primum.roadmap.wording import shown

Content = Mapping[str, Any]
"""A card as plain values, as ``ModelCard.plain`` gives it."""


class Occasion(StrEnum):
    """What made a new version of a card necessary."""

    GATE = "gate"
    INCIDENT = "incident"
    GUARDRAIL = "guardrail"
    MONITOR = "monitor"
    GUIDELINE = "guideline"


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """Something that happened in use and stays on the card: an incident, a failed guardrail or monitor."""

    at: str
    cause: Occasion
    subject: str
    sentence: str

    def plain(self) -> dict[str, str]:
        """Return it as JSON-ready values."""
        return {"at": self.at, "cause": str(self.cause), "subject": self.subject, "sentence": self.sentence}


def changes(*, before: Content | None, after: Content) -> tuple[str, ...]:
    """Return one sentence for each thing that is otherwise than in the version before, in the order of the card."""
    if before is None:
        return ("This is the first version of the card.",)
    return (
        *_title(before, after),
        *_named("model", before, after),
        *_declared(before, after),
        *_limits(before, after),
        *_results(before, after),
        *_list("found", "found wanting", before, after),
        *_named("basis", before, after),
        *_named("datasets", before, after),
        *_happened(before, after),
    )


def _title(before: Content, after: Content) -> Iterator[str]:
    if before["title"] != after["title"]:
        yield f"Title: '{before['title']}' became '{after['title']}'."


def _named(section: str, before: Content, after: Content) -> Iterator[str]:
    was, now = before.get(section, {}), after.get(section, {})
    for name in dict.fromkeys((*was, *now)):
        label = f"{section.capitalize()}, {name}"
        if name not in was:
            yield f"{label}: '{now[name]}' is new."
        elif name not in now:
            yield f"{label}: '{was[name]}' is gone."
        elif was[name] != now[name]:
            yield f"{label}: '{was[name]}' became '{now[name]}'."


def _declared(before: Content, after: Content) -> Iterator[str]:
    was, now = before.get("declared", {}), after.get("declared", {})
    for name in dict.fromkeys((*was, *now)):
        yield from _texts(name.capitalize(), was.get(name, ()), now.get(name, ()))


def _limits(before: Content, after: Content) -> Iterator[str]:
    yield from _texts("Kept at the point of care", _kept(before), _kept(after))


def _kept(card: Content) -> list[str]:
    return [f"{one['words']} ({one['kept']})" for one in card.get("limits", ())]


def _list(section: str, label: str, before: Content, after: Content) -> Iterator[str]:
    yield from _texts(label.capitalize(), before.get(section, ()), after.get(section, ()))


def _texts(label: str, was: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    yield from (f"{label}: no longer says '{text}'." for text in was if text not in now)
    yield from (f"{label}: now says '{text}'." for text in now if text not in was)


def _happened(before: Content, after: Content) -> Iterator[str]:
    known = [one["subject"] for one in before.get("happened", ())]
    yield from (f"In use: {one['sentence']}" for one in after.get("happened", ()) if one["subject"] not in known)


def _results(before: Content, after: Content) -> Iterator[str]:
    was, now = _by_name(before), _by_name(after)
    for name in dict.fromkeys((*was, *now)):
        label = f"Result, {name}"
        if name not in was:
            yield f"{label}: {now[name]} is new."
        elif name not in now:
            yield f"{label}: no longer measured; it was {was[name]}."
        elif was[name] != now[name]:
            yield f"{label}: {was[name]} became {now[name]}."


def _by_name(card: Content) -> dict[str, str]:
    """Results by measure, group and method, each in words; two of one name are told apart by their place."""
    found: dict[str, str] = {}
    for row in card.get("performance", ()):
        name = f"{row['metric'].replace('_', ' ')}, {row['scope'].replace('=', ' ')} ({row['method']})"
        while name in found:
            name += "'"
        found[name] = _in_words(row)
    return found


def _in_words(row: Mapping[str, Any]) -> str:
    if row["suppressed"]:
        return "too few to show"
    if row["value"] is None:
        return "not known"
    ends = _ends(row["metric"], row["lower"], row["upper"])
    return f"{shown(row['metric'], row['value'])}{ends}, n {row['n']:,}"


def _ends(metric: str, lower: float | None, upper: float | None) -> str:
    if lower is None or upper is None:
        return ""
    return f" ({shown(metric, lower)} to {shown(metric, upper)})"


def with_occurrence(card: Content, *, happened: Occurrence | None) -> dict[str, Any]:
    """Return a card with what happened appended; what is there already is not said twice."""
    told: list[dict[str, str]] = list(card.get("happened", ()))
    if happened is not None and happened.subject not in {one["subject"] for one in told}:
        told.append(happened.plain())
    return {**card, "happened": told}
