"""
A randomisation list that somebody else drew: the arms of every stratum by number, before anybody enrols.

A trials unit draws it and hands it over once. Sentences name the line or the stratum that does not fit and
never an arm, nor whatever stands in a cell: a list is concealed, and a wrong file may hold anything.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, product

from primum.roadmap.allocation import CONTROL, INTERVENTION, stratum_of
from primum.roadmap.protocol import Protocol

# A stratum enters the ledger, so it must be a label and cannot be a sentence or a name.
LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+<>=-]{0,39}")
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
LETTERS: Mapping[str, str] = {INTERVENTION: "i", CONTROL: "c"}
ARMS: Mapping[str, str] = {letter: arm for arm, letter in LETTERS.items()}
MOST_NAMED = 3


class ListUnfit(ValueError):
    """A randomisation list does not fit the locked protocol; the sentence says where and tells no arm."""


@dataclass(frozen=True, kw_only=True)
class ListColumns:
    """What the columns of a list are called."""

    sequence: str = "sequence"
    arm: str = "arm"
    stratum: str = "stratum"


@dataclass(frozen=True, kw_only=True)
class ListedStratum:
    """Places of one stratum that follow each other: the number of the first, and a letter for the arm of each."""

    first: int
    letters: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RandomisationList:
    """The places of every stratum, bound to the protocol that they were compared with."""

    protocol: str
    strata: Mapping[str, ListedStratum] = field(repr=False)

    @property
    def places(self) -> int:
        """How many places there are in all strata together."""
        return sum(len(one.letters) for one in self.strata.values())

    @property
    def spelled(self) -> str:
        """The one spelling that digests are made of, whatever the order of the file was."""
        return "".join(f"{name}\t{one.first}\t{one.letters}\n" for name, one in sorted(self.strata.items()))


def gathered(
    *,
    protocol: Protocol,
    columns: ListColumns,
    header: Sequence[str],
    rows: Iterable[tuple[int, Mapping[str, str | None]]],
) -> RandomisationList:
    """
    Return the list that the rows of a file make, in whatever order they stand (R2.2).

    :param rows: the number of each line, and its cells by column
    :raises ListUnfit: if strata, arms, ratio or numbers do not fit the protocol
    """
    if protocol.clusters or protocol.wedge or not protocol.randomised:
        raise ListUnfit("The protocol allocates whole clusters, or nobody by chance; a list of places is for units.")
    for name in (columns.sequence, columns.arm):
        if header.count(name) != 1:
            raise ListUnfit(f"The list has {header.count(name)} columns '{name}', and needs one.")
    named, words = _Strata(protocol=protocol, columns=columns, header=header), _words(protocol)
    found: dict[str, dict[int, str]] = {}
    for line, row in rows:
        stratum, number = named.of(line, row), row.get(columns.sequence) or ""
        letter = words.get((row.get(columns.arm) or "").strip())
        if not NUMBER.fullmatch(number.strip()):
            raise ListUnfit(f"Line {line} has no whole number from 1 on as its {columns.sequence}.")
        if letter is None:
            raise ListUnfit(f"Line {line} names no arm of the protocol; an arm is {' or '.join(words)}.")
        places = found.setdefault(stratum, {})
        if int(number) in places:
            raise ListUnfit(f"Line {line} gives place {int(number)}{_of(stratum)} a second time.")
        places[int(number)] = letter
    if not found:
        raise ListUnfit("The list has no line below its header.")
    strata = {stratum: _in_order(stratum, places) for stratum, places in found.items()}
    _refuse_other_blocks(protocol, strata)
    return RandomisationList(protocol=protocol.digest, strata=strata)


def missing_strata(*, protocol: Protocol, strata: Collection[str]) -> tuple[str, ...]:
    """Return the strata of a protocol for which there is no place; those that it does not list are told by the rest."""
    known = _levels(protocol)
    values = {name: list(known.get(name, ())) for name in protocol.strata}
    for stratum in strata:
        for name, value in _pairs(stratum).items():
            if name not in known and value not in values[name]:
                values[name].append(value)
    every = (dict(zip(protocol.strata, each, strict=True)) for each in product(*values.values()))
    return tuple(one for one in (stratum_of(protocol=protocol, values=each) for each in every) if one not in strata)


def in_blocks(*, letters: str, ratio: tuple[int, int], sizes: Sequence[int]) -> bool:
    """Return whether arms can be cut into blocks of these sizes, each in the ratio; the last may be cut short."""
    treated = (0, *accumulate(int(letter == LETTERS[INTERVENTION]) for letter in letters))
    ends, length = bytearray(len(letters) + 1), len(letters)
    ends[0] = 1
    for start in range(length + 1):
        if not ends[start]:
            continue
        if start == length:
            return True
        for size in sizes:
            most = size * ratio[0] // sum(ratio)
            end = min(start + size, length)
            here = treated[end] - treated[start]
            if end - start == size and here == most:
                ends[end] = 1
            elif end - start < size and here <= most and end - start - here <= size - most:
                return True
    return False


def _words(protocol: Protocol) -> dict[str, str]:
    """Return the letter of each word for an arm: ours, and those of the protocol."""
    first, second = protocol.arms
    if first == CONTROL or second == INTERVENTION:
        raise ListUnfit(f"The protocol calls its first arm '{first}' and its second '{second}'; a list cannot be read.")
    ours = {INTERVENTION: LETTERS[INTERVENTION], CONTROL: LETTERS[CONTROL]}
    return ours | {first: LETTERS[INTERVENTION], second: LETTERS[CONTROL]}


class _Strata:
    """Names the stratum of a line: from a column for each of the protocol's, or from one for all of them."""

    def __init__(self, *, protocol: Protocol, columns: ListColumns, header: Sequence[str]) -> None:
        self.protocol, self.one = protocol, columns.stratum
        self.each = bool(protocol.strata) and all(name in header for name in protocol.strata)
        self.known, self.whole = _levels(protocol), columns.stratum in header
        asked = protocol.strata if self.each else (columns.stratum,) if self.whole else ()
        twice = [name for name in asked if header.count(name) > 1]
        if twice:
            raise ListUnfit(f"The list has two columns '{twice[0]}', and needs one.")
        if protocol.strata and not asked:
            raise ListUnfit(
                f"The protocol stratifies by {', '.join(protocol.strata)}; the list needs a column for each of them, "
                f"or one '{columns.stratum}'."
            )

    def of(self, line: int, row: Mapping[str, str | None]) -> str:
        """Return the stratum of a line in the protocol's spelling."""
        if not self.protocol.strata:
            if self.whole and row.get(self.one):
                raise ListUnfit(f"Line {line} names a stratum, and the protocol stratifies by nothing.")
            return ""
        said = {name: row.get(name) or "" for name in self.protocol.strata} if self.each else self._told(line, row)
        for name, value in said.items():
            if not value:
                raise ListUnfit(f"Line {line} does not say its {name}.")
            if name in self.known and value not in self.known[name]:
                listed = ", ".join(self.known[name][:MOST_NAMED]) + (" ..." if self.known[name][MOST_NAMED:] else "")
                raise ListUnfit(f"Line {line} names a {name} that is none of the protocol's: {listed}.")
            if not LABEL.fullmatch(value):
                raise ListUnfit(f"Line {line} has a {name} that is no label of up to 40 letters and digits.")
        return stratum_of(protocol=self.protocol, values=said)

    def _told(self, line: int, row: Mapping[str, str | None]) -> dict[str, str]:
        text, names = (row.get(self.one) or "").strip(), self.protocol.strata
        if text and len(names) == 1 and not text.startswith(f"{names[0]}="):
            return {names[0]: text}
        said = _pairs(text)
        if set(said) != set(names):
            spelled = ", ".join(f"{name}=..." for name in names)
            raise ListUnfit(f"Line {line} does not name its {self.one} as the protocol stratifies; write {spelled}.")
        return said


def _pairs(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): value.strip() for name, _, value in parts}


def _levels(protocol: Protocol) -> dict[str, tuple[str, ...]]:
    """Return the values of each stratum that the protocol lists; one it says nothing of may have any."""
    found: dict[str, tuple[str, ...]] = {}
    if protocol.sites:
        found["site"] = tuple(one.site for one in protocol.sites)
    for one in protocol.planning.levels if protocol.planning else ():
        found[one.attribute] = (*found.get(one.attribute, ()), one.level)
    return found


def _in_order(stratum: str, places: Mapping[int, str]) -> ListedStratum:
    first = min(places)
    for number in range(first, first + len(places)):
        if number not in places:
            raise ListUnfit(f"There is no place {number}{_of(stratum)}, and it goes on after it; numbers have no gap.")
    return ListedStratum(first=first, letters="".join(places[number] for number in sorted(places)))


def _refuse_other_blocks(protocol: Protocol, strata: Mapping[str, ListedStratum]) -> None:
    if not protocol.block_sizes:
        return
    for name, one in strata.items():
        if not in_blocks(letters=one.letters, ratio=protocol.ratio, sizes=protocol.block_sizes):
            sizes = " and ".join(str(size) for size in protocol.block_sizes)
            ratio = ":".join(str(part) for part in protocol.ratio)
            raise ListUnfit(f"The list{_of(name)} is not in blocks of {sizes} at {ratio}, as the protocol allocates.")


def _of(stratum: str) -> str:
    return f" of the stratum '{stratum}'" if stratum else ""
