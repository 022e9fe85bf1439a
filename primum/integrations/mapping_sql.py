"""Contract columns as SQL over the raw ones: the same values, the same refusals, and no row leaves the database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from primum.integrations.expectations_conditions import Kind
from primum.integrations.mapping import NO_VALUE, MappedColumn
from primum.integrations.mapping_columns import (
    INFINITE,
    LARGEST_EXACT,
    LONG,
    LOSSY,
    NO_MOMENT,
    NO_NUMBER,
    NOT_WHOLE,
    SAYS_NONE,
    WITHOUT_ZONE,
    refuse_missing,
    refuse_some,
)
from primum.integrations.mapping_levels import LONG_LABELS, refuse_untranslated, spelling
from primum.integrations.mapping_sql_words import (
    NotInSql,
    Raw,
    RawTable,
    Words,
    around,
    blank,
    known,
    literal,
    name_of,
    trimmed,
)
from primum.integrations.source_limits import LIMITS
from primum.roadmap.columns import Form

NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
PLAIN_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
MOMENT = rf"^{_DAY}[T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,6}})?)?(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$"
_HOUR, _SIXTY = "([01][0-9]|2[0-3])", "[0-5][0-9]"
ON_THE_CLOCK = rf"^{_DAY}[T ]{_HOUR}:{_SIXTY}(:{_SIXTY}(\.[0-9]{{1,6}})?)?(Z|[+-]{_HOUR}(:?{_SIXTY})?)$"
# Beyond this many levels a column is no column of labels, and a CASE would be slower than pandas.
MOST_LEVELS = 10_000
MOST_TRANSLATED = 200


# Stands in a check for the value that the column is read as.
VALUE = "<value>"


@dataclass(frozen=True, kw_only=True)
class Check:
    """Values that must not be there, and what is then said of them; ``whole`` if the sentence counts nothing."""

    odd: str
    sentence: str
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one raw column is read: the checks in their order, then the value, then whether it may be missing."""

    mapped: MappedColumn
    value: str
    kind: Kind
    checks: tuple[Check, ...] = ()
    refuse: Callable[[], None] | None = None


@dataclass(frozen=True, kw_only=True)
class Contracted:
    """The SELECT that gives the contract columns, their kinds, and how many rows there are."""

    select: str
    kinds: Mapping[str, Kind]
    rows: int


def contracted(table: RawTable, *, mapped: Sequence[MappedColumn]) -> Contracted:
    """
    Return the contract columns as a SELECT, after one look at all values that must not be there.

    :raises SourceRefused: as ``contract_column`` does, with the same sentences
    :raises NotInSql: if a column has a type or so many spellings that this cannot be said in SQL
    """
    readings = [_reading(one, table) for one in mapped]
    counts = _counts(readings, table)
    rows = counts.pop()
    for reading in readings:
        if reading.refuse:
            reading.refuse()
        for check in reading.checks:
            _refuse(reading.mapped, check, count=counts.pop(0))
        refuse_missing(reading.mapped, missing=counts.pop(0), rows=rows)
    chosen = ", ".join(f"{reading.value} AS {name_of(reading.mapped.name)}" for reading in readings)
    return Contracted(
        select=f"SELECT {chosen} FROM {table.source}",  # noqa: S608 -- names and literals are quoted
        kinds={reading.mapped.name: reading.kind for reading in readings},
        rows=rows,
    )


def _counts(readings: Sequence[Reading], table: RawTable) -> list[int]:
    """Count in one look, with each value made once however many checks look at it."""
    values = ", ".join(f"{reading.value} AS {name_of(f'our value {at}')}" for at, reading in enumerate(readings))
    odd = [
        one.replace(VALUE, name_of(f"our value {at}"))
        for at, reading in enumerate(readings)
        for one in (*(check.odd for check in reading.checks), f"{VALUE} IS NULL")
    ]
    counted = ", ".join([*(f"count(*) FILTER (WHERE {one})" for one in odd), "count(*)"])
    made = f"SELECT *, {values} FROM {table.source}"  # noqa: S608 -- names and literals are quoted
    return [int(one) for one in table.ask(f"SELECT {counted} FROM ({made}) AS made")[0]]  # noqa: S608 -- names and literals are quoted


def _refuse(mapped: MappedColumn, check: Check, *, count: int) -> None:
    if count and check.whole:
        raise mapped.refused(check.sentence)
    refuse_some(mapped, count=count, sentence=check.sentence)


def _reading(one: MappedColumn, table: RawTable) -> Reading:
    raw = table.raws[one.raw]
    if raw is Raw.OTHER:
        raise NotInSql
    if one.form in {Form.LABEL, Form.BINARY} or (one.form is None and raw is Raw.TRUTH):
        return _labels(one, raw, table)
    if one.form in {Form.IDENTIFIER, Form.TEXT}:
        return _text(one, raw, table)
    if one.form is Form.MOMENT:
        return _moment(one, raw, table)
    if one.form in {Form.NUMBER, Form.WHOLE} or raw in {Raw.WHOLE, Raw.REAL}:
        return _number(one, raw, table)
    return _free(one, raw, table)


def _raw(one: MappedColumn, raw: Raw, table: RawTable) -> str:
    return table.words.text.format(name_of(one.raw)) if raw is Raw.TEXT else name_of(one.raw)


def _bare(text: str, table: RawTable) -> str:
    """Return the text without blanks around it; the plain column if none has any. An empty text stays one."""
    query = f"SELECT 1 FROM {table.source} WHERE {text} <> '' AND ({around(text)}) LIMIT 1"  # noqa: S608 -- names and literals are quoted
    return trimmed(text, table.words) if table.ask(query) else text


def _text(one: MappedColumn, raw: Raw, table: RawTable) -> Reading:
    value = _raw(one, raw, table)
    if raw is Raw.NOTHING:
        return Reading(mapped=one, value="CAST(NULL AS VARCHAR)", kind=Kind.TEXT)
    if raw is Raw.REAL:
        value = _finite(value)
        lossy = f"abs({value}) >= {LARGEST_EXACT} OR floor({value}) <> {value}"
        texts = f"CAST(CAST({value} AS BIGINT) AS VARCHAR)"
        exact = f"CASE WHEN {lossy} THEN '' ELSE {texts} END"
        return Reading(mapped=one, value=exact, kind=Kind.TEXT, checks=(Check(odd=lossy, sentence=LOSSY),))
    if raw in {Raw.WHOLE, Raw.TRUTH}:
        return Reading(mapped=one, value=f"CAST({value} AS VARCHAR)", kind=Kind.TEXT)
    if raw is not Raw.TEXT:
        raise NotInSql
    return Reading(mapped=one, value=_seen(value, table), kind=Kind.TEXT, checks=(_long(value, table.words),))


def _seen(text: str, table: RawTable) -> str:
    """Return the text with blank ones as missing; the plain column if none is blank."""
    is_blank = blank(text, table.words)
    found = table.ask(f"SELECT 1 FROM {table.source} WHERE {is_blank} LIMIT 1")  # noqa: S608 -- names and literals are quoted
    return known(text, table.words) if found else text


def _long(text: str, words: Words) -> Check:
    return Check(odd=f"{words.bytes.format(text)} > {LIMITS.text_bytes}", sentence=LONG)


def _finite(number: str) -> str:
    return f"NULLIF({number}, CAST('NaN' AS DOUBLE PRECISION))"


def _infinite() -> Check:
    ends = "CAST('Infinity' AS DOUBLE PRECISION), CAST('-Infinity' AS DOUBLE PRECISION)"
    return Check(odd=f"{VALUE} IN ({ends})", sentence=INFINITE)


def _number(one: MappedColumn, raw: Raw, table: RawTable) -> Reading:
    value, refuse = _raw(one, raw, table), None
    checks: tuple[Check, ...] = ()
    if one.values or raw is Raw.TRUTH:
        named = _labels(one, raw, table)
        value, raw, refuse = named.value, Raw.TEXT, named.refuse
    if raw is Raw.WHOLE:
        return Reading(mapped=one, value=value, kind=Kind.NUMBER)
    if raw is Raw.TEXT:
        bare = _bare(value, table)
        fits = table.words.matches.format(bare, literal(NUMBER))
        checks = (Check(odd=f"{bare} <> '' AND {VALUE} IS NULL", sentence=NO_NUMBER),)
        value = f"CASE WHEN {fits} THEN CAST({bare} AS DOUBLE PRECISION) END"
    elif raw is Raw.REAL:
        value = _finite(f"CAST({value} AS DOUBLE PRECISION)")
    elif raw is Raw.NOTHING:
        value = "CAST(NULL AS DOUBLE PRECISION)"
    else:
        raise NotInSql
    checks = (*checks, _infinite())
    if one.form is Form.WHOLE:
        checks = (*checks, Check(odd=f"floor({VALUE}) <> {VALUE}", sentence=NOT_WHOLE))
    return Reading(mapped=one, value=value, kind=Kind.NUMBER, checks=checks, refuse=refuse)


def _moment(one: MappedColumn, raw: Raw, table: RawTable) -> Reading:
    value, words = _raw(one, raw, table), table.words
    if raw is Raw.MOMENT:
        return Reading(mapped=one, value=value, kind=Kind.MOMENT)
    if raw is not Raw.TEXT:
        zoneless = Check(odd=f"{value} IS NOT NULL", sentence=WITHOUT_ZONE)
        return Reading(mapped=one, value="CAST(NULL AS TIMESTAMPTZ)", kind=Kind.MOMENT, checks=(zoneless,))
    bare = _bare(value, table)
    told = words.matches.format(bare, literal(ON_THE_CLOCK))
    moment = f"CASE WHEN {told} THEN {words.moment.format(bare)} END"
    lost = f"{bare} <> '' AND {VALUE} IS NULL"
    checks = (
        Check(odd=f"{lost} AND NOT {words.matches.format(bare, literal(MOMENT))}", sentence=WITHOUT_ZONE),
        Check(odd=lost, sentence=NO_MOMENT, whole=True),
    )
    return Reading(mapped=one, value=moment, kind=Kind.MOMENT, checks=checks)


def _free(one: MappedColumn, raw: Raw, table: RawTable) -> Reading:
    value, words = _raw(one, raw, table), table.words
    if raw is not Raw.TEXT:
        return Reading(mapped=one, value=value, kind=Kind.OTHER)
    said = ", ".join(map(literal, sorted(NO_VALUE)))
    checks = (
        _long(value, words),
        Check(odd=f"lower({_bare(value, table)}) IN ({said})", sentence=SAYS_NONE),
    )
    text = _seen(value, table)
    wordy = f"NOT {words.matches.format(text, literal(PLAIN_NUMBER))}"
    if table.ask(f"SELECT 1 FROM {table.source} WHERE {wordy} LIMIT 1"):  # noqa: S608 -- names and literals are quoted
        return Reading(mapped=one, value=text, kind=Kind.TEXT, checks=checks)
    if not table.ask(f"SELECT 1 FROM {table.source} WHERE {text} IS NOT NULL LIMIT 1"):  # noqa: S608 -- names and literals are quoted
        return Reading(mapped=one, value=text, kind=Kind.TEXT, checks=checks)
    number = f"CAST({text} AS DOUBLE PRECISION)"
    return Reading(mapped=one, value=number, kind=Kind.NUMBER, checks=checks)


def _labels(one: MappedColumn, raw: Raw, table: RawTable) -> Reading:
    """Translate each different value once, and write only those down that become another one."""
    if raw in {Raw.MOMENT, Raw.BARE}:
        raise NotInSql
    value = _raw(one, raw, table)
    counted = table.ask(f"SELECT {value}, count(*) FROM {table.source} GROUP BY 1 LIMIT {MOST_LEVELS + 1}")  # noqa: S608 -- names and literals are quoted
    if len(counted) > MOST_LEVELS:
        raise NotInSql
    spelled = [(level, spelling(level), int(rows)) for level, rows in counted]
    meant = {level: one.translate(text) for level, text, _ in spelled}
    unknown = sum(rows for level, _, rows in spelled if meant[level] is None)
    too_long = any(len(text) > LIMITS.label_letters for _, text, _ in spelled)

    def refuse() -> None:
        if too_long:
            raise one.refused(LONG_LABELS)
        refuse_untranslated(one, rows=unknown)

    same = {level: level if raw in {Raw.TEXT, Raw.NOTHING} or level is None else text for level, text, _ in spelled}
    new = {level: text or "" for level, text in meant.items() if raw is Raw.REAL or (text or None) != same[level]}
    return Reading(mapped=one, value=_case(value, raw, new), kind=Kind.TEXT, refuse=refuse)


def _case(value: str, raw: Raw, new: Mapping[Any, str]) -> str:
    """Return a CASE over the values that become another one; the others are spelled as they are."""
    if len(new) > MOST_TRANSLATED:
        raise NotInSql
    same = {Raw.TEXT: value, Raw.TRUTH: f"CAST(CAST({value} AS INTEGER) AS VARCHAR)", Raw.REAL: "NULL"}
    ends = same.get(raw, f"CAST({value} AS VARCHAR)")
    grouped: dict[str, list[Any]] = {}
    for level, text in new.items():
        grouped.setdefault(text, []).append(level)
    branches = "".join(f" WHEN {_is_one_of(value, levels)} THEN {_or_null(text)}" for text, levels in grouped.items())
    return f"CASE{branches} ELSE {ends} END" if branches else ends


def _is_one_of(value: str, levels: Sequence[Any]) -> str:
    known = ", ".join(_written(level) for level in levels if level is not None)
    parts = [f"{value} IN ({known})"] if known else []
    return " OR ".join([*parts, f"{value} IS NULL"] if None in levels else parts)


def _written(level: object) -> str:
    if isinstance(level, bool):
        return str(level).upper()
    if isinstance(level, int):
        return str(level)
    if isinstance(level, float):
        return f"CAST('{level!r}' AS DOUBLE PRECISION)"
    assert isinstance(level, str)
    return literal(level)


def _or_null(text: str) -> str:
    return literal(text) if text else "NULL"
