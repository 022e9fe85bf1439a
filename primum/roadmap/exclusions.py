"""Who an LMM is not meant for, as predicates on what the caller knows: the model card's limits at the point of care."""

import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from pydantic import Field, model_validator

from primum.roadmap.parts import Part

Fact = str | int | float | bool
Facts = Mapping[str, Fact]
Comparison = Literal["equals", "is-one-of", "less-than", "at-least"]
# A number of a billion digits is written in a few characters, and whoever works it out answers nobody meanwhile.
WRITTEN = re.compile(r"[+-]?\d{0,40}(?:\.\d{0,40})?(?:[eE][+-]?\d{1,3})?(?:/\d{1,40})?", re.ASCII)
NUMERIC: frozenset[Comparison] = frozenset({"less-than", "at-least"})
YES_OR_NO = frozenset({"true", "false"})
# What systems send when they do not know; it is as if nothing was told, unless an exclusion names the word.
NOT_KNOWN = frozenset({"", "?", "n/a", "nan", "null", "unknown"})


class Exclusion(Part):
    """One group of patients or encounters that must not be shown LMM output (P3.9)."""

    field: str = Field(min_length=1, description="What the caller sends, such as age or pregnant.")
    comparison: Comparison = Field(description="How it is compared.")
    values: tuple[str, ...] = Field(
        min_length=1, description="One value, or several for is-one-of; text as it is sent."
    )
    words: str = Field(min_length=10, description="Who they are and why; shown when somebody is excluded.")

    @model_validator(mode="after")
    def _can_be_compared(self) -> "Exclusion":
        if self.comparison != "is-one-of" and len(self.values) > 1:
            raise ValueError(f"'{self.comparison}' compares with one value")
        if self.comparison in NUMERIC and _number(self.values[0]) is None:
            raise ValueError(f"'{self.comparison}' compares numbers; '{self.values[0]}' is none")
        return self


def why_excluded(*, exclusions: tuple[Exclusion, ...], facts: Facts) -> str | None:
    """Return the first reason why an encounter is excluded; what is asked for and not told excludes, too (P8)."""
    for exclusion in exclusions:
        if exclusion.field not in facts:
            return f"'{exclusion.field}' was not told, and it decides who is excluded: {exclusion.words}"
        told = facts[exclusion.field]
        if _holds(exclusion, told):
            return exclusion.words
        if unclear := _why_unclear(exclusion, told):
            return f"'{exclusion.field}' {unclear}, and it decides who is excluded: {exclusion.words}"
    return None


def _holds(exclusion: Exclusion, told: Fact) -> bool:
    if exclusion.comparison not in NUMERIC:
        return any(_is_same(told, value) for value in exclusion.values)
    here, limit = _number(told), _number(exclusion.values[0])
    if here is None or limit is None:
        return False
    return here < limit if exclusion.comparison == "less-than" else here >= limit


def _why_unclear(exclusion: Exclusion, told: Fact) -> str | None:
    """Return why nobody can tell from what was sent whether an exclusion holds, if so: every doubt excludes."""
    if exclusion.comparison in NUMERIC:
        return "is no number" if _number(told) is None else None
    said = _plain(_text(told))
    if said in NOT_KNOWN:
        return "is not known"
    if YES_OR_NO.issuperset(map(_plain, exclusion.values)) and said not in YES_OR_NO:
        return "is neither true nor false"
    return None


def _is_same(told: Fact, value: str) -> bool:
    """Whether two spellings say the same: in capitals or not, with blanks around, 1 and 1.0."""
    if _plain(_text(told)) == _plain(value):
        return True
    here = _number(told)
    return here is not None and here == _number(value)


def _text(told: Fact) -> str:
    return str(told).lower() if isinstance(told, bool) else str(told)


@lru_cache(maxsize=4_096)
def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _number(told: Fact) -> Fraction | int | None:
    if isinstance(told, bool):
        return None
    return told if isinstance(told, int) else _exact(str(told))


# Thresholds are asked for at every question, and few numbers are told over and over.
@lru_cache(maxsize=4_096)
def _exact(text: str) -> Fraction | None:
    try:
        return Fraction(text) if WRITTEN.fullmatch(text) else None
    except (ValueError, ZeroDivisionError):
        return None
