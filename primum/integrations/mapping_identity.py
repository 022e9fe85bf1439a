"""Who is who: one row per unit, one arm per patient, and no two identifiers that a person would read as one."""

import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from primum.integrations.mapping_levels import whole_numbers
from primum.integrations.source_limits import refused
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.rollout import Evidence


def check_identities(table: "pa.Table", *, evidence: Evidence) -> None:
    """
    Do nothing if every row is one unit, every patient is in one arm and no two identifiers look alike.

    :param table: the contract columns of the whole table
    :raises SourceRefused: if not; the message counts and shows no identifier (P9)
    """
    contract = CONTRACTS[evidence.kind]
    unit = contract.unit_of(evidence.columns)
    named = dict.fromkeys([*contract.identifiers, "site", "arm", *unit])
    coded = {name: _coded(table.column(name)) for name in named if name in table.column_names}
    if evidence.kind == "trial":
        _refuse_two_arms(coded, evidence)
    _refuse_duplicates(coded, evidence, unit=unit)
    for name in [*contract.identifiers, "site"]:
        if name in coded:
            _refuse_lookalikes(coded[name].dictionary, evidence, name=name)


def _coded(column: "pa.ChunkedArray") -> "pa.DictionaryArray":
    return column.combine_chunks().dictionary_encode()


def _refuse_two_arms(coded: "Mapping[str, pa.DictionaryArray]", evidence: Evidence) -> None:
    for name in ("patient_id", "unit_id"):
        if name not in coded:
            continue
        refuse_two_arms(evidence, name=name, both=_different(coded, (name, "arm")) - len(coded[name].dictionary))


def refuse_two_arms(evidence: Evidence, *, name: str, both: int) -> None:
    """
    Do nothing if no unit of a name is in both arms.

    :raises SourceRefused: if so many are
    """
    if both:
        raise refused(
            evidence,
            f"has {both:,} unit(s) of '{name}' in both arms; each belongs to the arm it was allocated to. "
            f"Ask whoever keeps the allocation list.",
        )


def _different(coded: "Mapping[str, pa.DictionaryArray]", names: Sequence[str]) -> int:
    """Return how many different combinations these columns have, rows with a missing one aside."""
    first = coded[names[0]]
    rows = len(first)
    if len(first.dictionary) == rows:
        return rows
    combined = np.zeros(rows, np.int64)
    known = np.ones(rows, bool)
    for name in names:
        codes = whole_numbers(coded[name].indices.fill_null(-1))
        known &= codes >= 0
        combined = combined * len(coded[name].dictionary) + codes
    return int(pc.count_distinct(pa.array(combined[known])).as_py())


def _refuse_duplicates(coded: "Mapping[str, pa.DictionaryArray]", evidence: Evidence, *, unit: Sequence[str]) -> None:
    refuse_surplus(evidence, unit=unit, surplus=len(coded[unit[0]]) - _different(coded, unit))


def refuse_surplus(evidence: Evidence, *, unit: Sequence[str], surplus: int) -> None:
    """
    Do nothing if each unit has one row.

    :raises SourceRefused: if so many rows are too many
    """
    if surplus:
        names = " and ".join(f"'{name}'" for name in unit)
        raise refused(
            evidence,
            f"has {names} twice: {surplus:,} row(s) repeat one that another row has already. "
            f"Find out which row counts and remove the others.",
        )


def _refuse_lookalikes(different: "pa.Array", evidence: Evidence, *, name: str) -> None:
    refuse_alike(evidence, name=name, alike=lookalikes(different))


def refuse_alike(evidence: Evidence, *, name: str, alike: int) -> None:
    """
    Do nothing if no two identifiers look alike.

    :raises SourceRefused: if so many do
    """
    if alike:
        advice = "Say under `values` which are the same." if name == "site" else "Correct them where they come from."
        raise refused(
            evidence,
            f"has {alike:,} different values of '{name}' that look alike: they differ only in blanks, case, "
            f"leading zeros, a trailing .0 or the way a letter is encoded. {advice}",
        )


def lookalikes(different: "pa.Array") -> int:
    """Return how many of these different identifiers look like another one of them."""
    seen = pc.value_counts(folded(different)).field("counts")
    return int(pc.sum(seen.filter(pc.greater(seen, 1))).as_py() or 0)


def folded(texts: "pa.Array") -> "pa.Array":
    """
    Return identifiers as a hurried reader sees them.

    Unicode NFKC, then no blanks around, no case, no invisible characters, no trailing .0, no leading zeros.
    """
    ascii_only = pc.all(pc.string_is_ascii(texts), min_count=0).as_py()
    same = pc.ascii_lower(texts) if ascii_only else pa.array([_seen(text) for text in texts.to_pylist()], texts.type)
    trimmed = pc.utf8_trim_whitespace(same)
    odd = pc.or_(pc.starts_with(trimmed, "0"), pc.ends_with(trimmed, ".0"))
    odd = pc.or_(odd, pc.ends_with(trimmed, "00"))
    return pc.replace_with_mask(trimmed, odd, _without_zeros(trimmed.filter(odd)))


def _without_zeros(texts: "pa.Array") -> "pa.Array":
    whole = pc.replace_substring_regex(texts, r"\.0+$", "")
    return pc.replace_substring_regex(whole, r"^0+(.+)$", r"\1")


def _seen(text: str) -> str:
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in composed if unicodedata.category(letter) != "Cf")
