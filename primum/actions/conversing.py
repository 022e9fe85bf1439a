"""Trying an assistant on planted questions: asked, kept, checked, written as a table of evidence (CB1-CB8, AMB14)."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from primum.integrations.configuration import load_conversations
from primum.integrations.responders import Door, NoAnswer, opened
from primum.integrations.scenario_files import KeptAnswers, digest_of_files, scenarios_of, write_table
from primum.roadmap.answer_checks import Replied, Scenario, checks_of
from primum.roadmap.conversations import Conversations, phrases_of

FOLDER = "conversations"
# So many questions in a row without an answer mean that nobody is there; going on would ask all the rest in vain.
SILENT = 5
WRITTEN = {True: "1", False: "0", None: ""}
TO_READ = "to-read.csv"


class ResponderSilent(Exception):
    """The assistant stopped answering; what was answered is kept, and the same command goes on from there."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of it, in counts: by check how many met it, of how many, and how many could not be judged."""

    table: Path
    to_read: Path
    asked: int
    answered: int
    kept: int
    met: dict[str, tuple[int, int, int]]


def converse(*, file: Path, home: Path, progress: Callable[[int, int], None] = lambda _a, _b: None) -> Tried:
    """
    Ask an assistant every planted question once, check each answer, and write the table of checks.

    What was answered before is not asked again while the files and the program are the same, so that the
    command may be interrupted at any time and repeated at will. Texts stay in a folder of the data plane.

    :param home: the folder of the data plane that Primum writes to
    :param progress: told after each question: how many are done, of how many
    :raises ConfigurationRefused: if the file says something it may not
    :raises ScenariosRefused: if a table of planted questions cannot be used
    :raises ResponderRefused: if the responder cannot be started
    :raises ResponderSilent: if it stops answering
    """
    asked, base = load_conversations(file), file.parent
    every = (*_phrases(asked), *_planted(asked), *scenarios_of(asked, base=base))
    kept = KeptAnswers(folder=home / FOLDER / _key(file, asked))
    replies = kept.read()
    before = len(replies)
    with opened(asked.responder, base=base) as door:
        for replied in _replies(every, door=door, kept=kept, replies=replies, tries=asked.responder.tries):
            progress(replied, len(every))
    rows = list(_rows(every, replies, asked))
    groups = tuple(dict.fromkeys(name for one in every for name in one.groups))
    table = base / asked.table
    write_table(
        table,
        columns=("check_id", "tool", "check", "met", "language", *groups),
        rows=(_line(one, groups) for one in rows),
    )
    _lay_out(kept.folder / TO_READ, every, replies, asked)
    return Tried(
        table=table,
        to_read=kept.folder / TO_READ,
        asked=len(every),
        answered=len(replies),
        kept=before,
        met=_counts(rows),
    )


def _key(file: Path, asked: Conversations) -> str:
    program = asked.responder.program.partition(":")[0]
    sources = [file.parent / one.source for one in asked.scenarios]
    return digest_of_files(file, *sources, *([file.parent / program] if program else []))


def _phrases(asked: Conversations) -> Iterator[Scenario]:
    for place, (language, phrase) in enumerate(phrases_of(asked), start=1):
        yield Scenario(id=f"phrase-{place}", language=language, turns=(phrase,), emergency=True, phrase=True)


def _planted(asked: Conversations) -> Iterator[Scenario]:
    """Everything is told before anything is asked for, each in a conversation of its own."""
    for place, one in enumerate(asked.planted, start=1):
        yield Scenario(id=f"told-{place}", language=one.language, turns=(one.tells,))
    for place, one in enumerate(asked.planted, start=1):
        yield Scenario(id=f"asked-for-{place}", language=one.language, turns=(one.asks,))


def _replies(
    every: Sequence[Scenario], *, door: Door, kept: KeptAnswers, replies: dict[str, Replied], tries: int
) -> Iterator[int]:
    silent = 0
    for done, scenario in enumerate(every, start=1):
        if scenario.id not in replies:
            replied, problem = _asked(scenario, door, tries)
            silent = 0 if replied else silent + 1
            if silent >= SILENT:
                raise ResponderSilent(
                    f"The assistant left {SILENT} questions in a row without an answer. {problem} {len(replies)} of "
                    f"{len(every)} answers are kept; the same command goes on from there."
                )
            if replied:
                replies[scenario.id] = replied
                kept.keep(scenario.id, replied)
        yield done


def _asked(scenario: Scenario, door: Door, tries: int) -> tuple[Replied | None, str]:
    """Return the answers to every turn; a conversation begins anew when one does not come."""
    problem = ""
    for _ in range(tries):
        try:
            return _conversation(scenario, door), ""
        except NoAnswer as refused:
            problem = str(refused)
    return None, problem


def _conversation(scenario: Scenario, door: Door) -> Replied:
    messages: list[dict[str, str]] = []
    answers: list[str] = []
    flows: Mapping[str, int] = {}
    for turn in scenario.turns:
        messages.append({"role": "user", "content": turn})
        answer = door.ask(messages, language=scenario.language)
        messages.append({"role": "assistant", "content": answer.text})
        answers.append(answer.text)
        flows = answer.flows or flows
    return Replied(answers=tuple(answers), flows=flows)


@dataclass(frozen=True, kw_only=True)
class _Row:
    scenario: Scenario
    check: str
    met: bool | None


def _rows(every: Sequence[Scenario], replies: dict[str, Replied], asked: Conversations) -> Iterator[_Row]:
    for scenario in every:
        for check, met in checks_of(scenario, replied=replies.get(scenario.id), asked=asked).items():
            yield _Row(scenario=scenario, check=check, met=met)


def _line(row: _Row, groups: tuple[str, ...]) -> tuple[str, ...]:
    one = row.scenario
    said = (f"{one.id}.{row.check}", "conversations", row.check, WRITTEN[row.met], one.language)
    return (*said, *(one.groups.get(name, "") for name in groups))


def _counts(rows: Iterable[_Row]) -> dict[str, tuple[int, int, int]]:
    found: dict[str, tuple[int, int, int]] = {}
    for row in rows:
        met, of, unknown = found.get(row.check, (0, 0, 0))
        found[row.check] = (met + (row.met is True), of + 1, unknown + (row.met is None))
    return found


def _lay_out(path: Path, every: Sequence[Scenario], replies: dict[str, Replied], asked: Conversations) -> None:
    """Write a sample for people to read, the same one each time: patterns find words and not meanings."""
    answered = [one for one in every if one.id in replies]
    drawn = sorted(answered, key=lambda one: hashlib.sha256(one.id.encode()).hexdigest())[: asked.sample]
    rows = [
        (
            one.id,
            " / ".join(one.turns),
            " / ".join(replies[one.id].answers),
            "; ".join(
                f"{check} {WRITTEN[met] or '?'}"
                for check, met in checks_of(one, replied=replies[one.id], asked=asked).items()
            ),
            "",
        )
        for one in drawn
    ]
    columns = ("scenario_id", "asked", "answered", "as the patterns read it", "as a person reads it")
    write_table(path, columns=columns, rows=rows, secret=True)
