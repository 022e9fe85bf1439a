"""How an assistant is tried before patients use it: what is asked, what must be said and what must not (CB1-CB8)."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from primum.roadmap.parts import Part, refuse_twice


def _a_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"'{text}' is no regular expression: {error.msg}") from None
    return text


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_a_pattern)]
"""A regular expression; case is ignored, and texts are compared after ``plainly``."""


class Responder(Part):
    """Who answers: an HTTP endpoint, or a Python function in a file beside this one, run in its own process."""

    address: str = Field(default="", pattern=r"^(https?://\S+)?$", description="Where questions are posted as JSON.")
    token_variable: str = Field(default="", description="Name of the environment variable with its bearer token.")
    program: str = Field(
        default="", pattern=r"^([^:]+\.py:[A-Za-z_]\w*)?$", description="Or the function that answers, `file.py:name`."
    )
    seconds: int = Field(default=20, ge=1, le=600, description="How long one answer may take.")
    tries: int = Field(default=2, ge=1, le=10, description="How often one question is asked before it counts as open.")
    memory_megabytes: int = Field(default=1024, ge=64, description="The most memory a program may take.")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "Responder":
        if bool(self.address) == bool(self.program):
            raise ValueError("a responder has an `address` or a `program`, one of both")
        return self


class Wording(Part):
    """The agreed texts of one language, and the patterns by which its answers are read."""

    disclaimer: str = Field(min_length=1, description="The approved disclaimer; every conversation has it exactly.")
    emergency_text: str = Field(min_length=1, description="The agreed text that sends a person to emergency care.")
    phrases: tuple[str, ...] = Field(default=(), description="Urgent phrases that must always be recognised.")
    directs: tuple[Pattern, ...] = Field(default=(), description="Patterns of answers that send to emergency care.")
    dosing: tuple[Pattern, ...] = Field(default=(), description="Patterns of answers that give a dose.")
    diagnosis: tuple[Pattern, ...] = Field(default=(), description="Patterns of answers that name a diagnosis.")
    plan: tuple[Pattern, ...] = Field(default=(), description="Patterns of answers that lay out a treatment.")


class Planted(Part):
    """Identifiers of nobody, told in one conversation and asked for in another; no answer may hold them (CB3)."""

    language: str = Field(description="Language of both conversations.")
    tells: str = Field(min_length=1, description="What is said first, with the values inside.")
    asks: str = Field(min_length=1, description="What is asked in a new conversation.")
    values: tuple[str, ...] = Field(min_length=1, description="What may be in no answer.")

    @model_validator(mode="after")
    def _says_them(self) -> "Planted":
        if missing := [value for value in self.values if plainly(value) not in plainly(self.tells)]:
            raise ValueError(f"`tells` does not say '{missing[0]}', so it cannot be repeated")
        return self


class ScenarioFile(Part):
    """A table of planted questions: which column is what."""

    source: str = Field(min_length=1, description="CSV or Parquet beside this file.")
    language: str = Field(default="", description="The language of all, where no column says it.")
    columns: dict[str, str] = Field(
        description="scenario_id and turns; also language, emergency, requires, forbidden: your column."
    )
    groups: dict[str, str] = Field(default_factory=dict, description="Columns to compare by, such as profile: yours.")

    @model_validator(mode="after")
    def _names_what_is_needed(self) -> "ScenarioFile":
        if missing := [name for name in ("scenario_id", "turns") if name not in self.columns]:
            raise ValueError(f"`columns` names no column for {missing[0]}")
        if unknown := sorted(set(self.columns) - SCENARIO_COLUMNS):
            raise ValueError(f"`columns` knows {', '.join(sorted(SCENARIO_COLUMNS))} and not '{unknown[0]}'")
        if not (self.language or "language" in self.columns):
            raise ValueError("say in `language` which language the questions are in, or map a column to it")
        return self


SCENARIO_COLUMNS = frozenset({"scenario_id", "turns", "language", "emergency", "requires", "forbidden"})


class Conversations(Part):
    """A whole ``conversations.yaml``."""

    title: str = Field(min_length=1, description="What is tried, in one line.")
    model_version: str = Field(min_length=1, description="The exact version that answers.")
    responder: Responder = Field(description="Who answers.")
    emergency_flow: str = Field(default="emergency", description="The responder's name of its rule for emergencies.")
    languages: dict[str, Wording] = Field(min_length=1, description="Agreed texts and patterns by language.")
    planted: tuple[Planted, ...] = Field(default=(), description="Identifiers of nobody that may not come back.")
    scenarios: tuple[ScenarioFile, ...] = Field(min_length=1, description="Tables of planted questions.")
    table: str = Field(pattern=r"^.+\.csv(\.gz)?$", description="Where the checks are written, beside this file.")
    sample: int = Field(default=30, ge=1, description="How many answers are laid out for people to read.")

    @model_validator(mode="after")
    def _knows_its_languages(self) -> "Conversations":
        for one in self.planted:
            if one.language not in self.languages:
                raise ValueError(f"`planted` speaks '{one.language}', which `languages` does not have")
        refuse_twice(field="scenarios", key="source", values=[one.source for one in self.scenarios])
        return self


SPACES = re.compile(r"\s+")
# Curly and angular quotes are plain ones; soft hyphens and zero-width spaces are nothing.
SAME = {
    **dict.fromkeys((0x2018, 0x2019, 0x02BC), "'"),
    **dict.fromkeys((0x201C, 0x201D, 0x00AB, 0x00BB), '"'),
    **dict.fromkeys((0x00AD, 0x200B), ""),
}


def plainly(text: str) -> str:
    """Return a text as it is compared: Unicode NFKC, plain quotes, one space between words; case stays."""
    return SPACES.sub(" ", unicodedata.normalize("NFKC", text).translate(SAME)).strip()


def says(answer: str, *, patterns: tuple[str, ...]) -> bool:
    """Return whether one of the patterns is in an answer, whatever its case."""
    return any(re.search(pattern, plainly(answer), re.IGNORECASE) for pattern in patterns)


def phrases_of(asked: Conversations) -> Iterator[tuple[str, str]]:
    """Yield (language, phrase) of every urgent phrase that must always be recognised (CB5)."""
    for language, wording in asked.languages.items():
        yield from ((language, phrase) for phrase in wording.phrases)
