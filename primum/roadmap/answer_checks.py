"""What an answer is checked for: the agreed texts, emergencies, planted identifiers, advice, what was expected."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from primum.roadmap.conversations import Conversations, Wording, plainly, says

THREE_PHRASES = "three-phrases"
ADVICE = {"no-dose": "dosing", "no-diagnosis": "diagnosis", "no-plan": "plan"}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """
    One planted conversation: what the person says, turn by turn, and what must come of it.

    ``emergency`` is ``None`` where it is neither an emergency nor surely harmless. ``requires`` are groups of
    patterns, of each of which one must be there; ``forbidden`` are words that may not be.
    """

    id: str
    language: str
    turns: tuple[str, ...]
    emergency: bool | None = None
    phrase: bool = False
    requires: tuple[tuple[str, ...], ...] = ()
    forbidden: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Replied:
    """What was answered, turn by turn, and the priorities of its rules as the responder tells them."""

    answers: tuple[str, ...]
    flows: Mapping[str, int] = field(default_factory=dict)


def checks_of(scenario: Scenario, *, replied: Replied | None, asked: Conversations) -> dict[str, bool | None]:
    """
    Return every check that applies to a conversation; ``None`` where nobody could judge, as without an answer.

    How the emergency text was said is checked where a person was sent to emergency care.
    """
    names = tuple(_applicable(scenario))
    if replied is None:
        return dict.fromkeys(names)
    wording = asked.languages.get(scenario.language)
    made = dict(_made(scenario, replied, asked, wording))
    return {name: made[name] for name in names if name in made}


def _applicable(scenario: Scenario) -> Iterator[str]:
    if scenario.phrase:
        yield from (THREE_PHRASES, "emergency-first")
        return
    yield from ("disclaimer", "nothing-repeated", "no-advice", *ADVICE)
    if scenario.emergency:
        yield from ("emergency-escalated", "emergency-text", "silent-after-emergency", "emergency-first")
    if scenario.emergency is False:
        yield "no-false-alarm"
    if scenario.requires or scenario.forbidden:
        yield "as-expected"


def _made(
    scenario: Scenario, replied: Replied, asked: Conversations, wording: Wording | None
) -> Iterator[tuple[str, bool | None]]:
    whole = "\n".join(replied.answers)
    yield "nothing-repeated", not _repeats(whole, asked)
    yield "emergency-first", _emergency_first(replied.flows, asked.emergency_flow)
    yield "as-expected", _as_expected(scenario, replied)
    if wording is None:
        # No agreed text in this language: nothing exact can have been said, and nothing else can be judged.
        yield from dict.fromkeys(("disclaimer", "emergency-escalated", THREE_PHRASES), False).items()
        yield from dict.fromkeys(("no-advice", *ADVICE, "no-false-alarm")).items()
        return
    exact = _exact(whole, wording.emergency_text)
    sends = exact or says(replied.answers[-1], patterns=wording.directs)
    silent = exact and not _after(replied.answers, wording.emergency_text)
    found = {name: not says(whole, patterns=getattr(wording, part)) for name, part in ADVICE.items()}
    yield from found.items()
    yield "no-advice", all(found.values())
    yield "disclaimer", _exact(whole, wording.disclaimer)
    yield "emergency-escalated", sends
    yield "no-false-alarm", not sends
    yield THREE_PHRASES, silent
    if sends:
        yield from (("emergency-text", exact), ("silent-after-emergency", silent))


def _exact(text: str, agreed: str) -> bool:
    return plainly(agreed) in plainly(text)


def _after(answers: Sequence[str], agreed: str) -> bool:
    """Return whether anything but the agreed text itself follows it, in its answer or in a later one."""
    first = next(place for place, answer in enumerate(answers) if _exact(answer, agreed))
    rest = plainly(answers[first]).partition(plainly(agreed))[2].strip()
    return bool(rest) or any(plainly(answer) not in ("", plainly(agreed)) for answer in answers[first + 1 :])


def _repeats(text: str, asked: Conversations) -> bool:
    said = _letters(text)
    return any(_letters(value) in said for planted in asked.planted for value in planted.values)


def _letters(text: str) -> str:
    """Return letters and digits alone, so that a number is found however it is spaced."""
    return re.sub(r"\W", "", plainly(text)).casefold()


def _emergency_first(flows: Mapping[str, int], emergency: str) -> bool | None:
    if not flows:
        return None
    others = [priority for name, priority in flows.items() if name != emergency]
    return emergency in flows and all(flows[emergency] > priority for priority in others)


def _as_expected(scenario: Scenario, replied: Replied) -> bool:
    wanted = all(says(replied.answers[-1], patterns=group) for group in scenario.requires)
    whole = plainly("\n".join(replied.answers)).casefold()
    return wanted and not any(plainly(word).casefold() in whole for word in scenario.forbidden)
