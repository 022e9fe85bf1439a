"""Tables of evidence, in files or databases: weighed, hashed, mapped to their contract, and refused in one sentence."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from primum.evidence.counts.counting import Batch, CodedBatch
from primum.integrations.mapping import MappedColumn, mapped_columns
from primum.integrations.source_limits import LIMITS, Limits, SourceRefused, refused
from primum.roadmap.columns import Form
from primum.roadmap.evaluations import TableFacts
from primum.roadmap.rollout import Evidence

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from primum.integrations.source_files import OpenFile

# A larger file is hashed while it is counted; what was counted is thrown away if the bytes are others.
HASHED_FIRST = 32 << 20
# Columns of which every row may be different gain nothing from codes.
NEVER_CODED = frozenset({Form.IDENTIFIER, Form.TEXT, Form.MOMENT})

__all__ = ["LIMITS", "Limits", "SourceRefused", "batches", "coded_batches", "column_names", "frame", "inspect"]


def inspect(*, evidence: Evidence, base: Path, limits: Limits = LIMITS) -> TableFacts:
    """
    Return what is known of a table without reading a patient's value: digest, rows, columns.

    What a file claims is weighed before it is read. ``columns`` are the contract's names, not the table's.

    :param base: the folder of the rollout file; relative paths start there
    :raises SourceRefused: if it is absent, broken, too large, empty, or does not fit its mapping
    """
    mapped_columns(evidence)
    if _is_database(evidence):
        from primum.integrations import source_sql

        digest, rows = source_sql.inspect(evidence=evidence, base=base, limits=limits)
        location = source_sql.shown(evidence)
    else:
        digest, rows = _inspect_file(evidence, base, limits)
        location = evidence.source
    return TableFacts(
        name=evidence.name,
        kind=evidence.kind,
        location=location,
        digest=digest,
        rows=rows,
        columns=tuple(evidence.columns),
        author=evidence.author,
        measured_on=evidence.measured_on.isoformat(),
    )


def frame(
    *, evidence: Evidence, base: Path, digest: str, only: Collection[str] = (), limits: Limits = LIMITS
) -> "pd.DataFrame":
    """
    Return the table as its contract has it: identifiers as text, missing as null, moments in UTC.

    :param digest: what ``inspect`` returned when the table was registered
    :param only: some contract columns of a table that was checked as a whole; who is who is then not asked again
    :raises SourceRefused: if the bytes are others, a value does not fit, a unit appears twice, a patient is in
        both arms, or two identifiers look alike
    """
    import pyarrow as pa

    from primum.integrations.mapping_columns import contract_column
    from primum.integrations.mapping_identity import check_identities

    mapped = [one for one in mapped_columns(evidence) if not only or one.name in only]
    raw = _gathered(_raw_batches(evidence, base, digest, mapped, limits), mapped)
    columns = {one.name: contract_column(raw[one.raw], mapped=one) for one in mapped}
    table = pa.table(columns)
    if not only:
        check_identities(table, evidence=evidence)
    result: pd.DataFrame = table.to_pandas()
    return result


def coded_batches(
    *, evidence: Evidence, base: Path, digest: str, keys: Sequence[str], limits: Limits = LIMITS
) -> Iterator[CodedBatch]:
    """
    Yield the key columns as codes into levels, batch by batch, for ``primum.evidence.counts.counting.count``.

    :param keys: contract columns; they must be mapped
    :raises SourceRefused: if the bytes are others or a value does not fit; for a database after the last batch
    """
    for batch in batches(evidence=evidence, base=base, digest=digest, keys=keys, limits=limits):
        yield batch.labels


def batches(
    *,
    evidence: Evidence,
    base: Path,
    digest: str,
    keys: Sequence[str],
    numbers: Sequence[str] = (),
    limits: Limits = LIMITS,
) -> Iterator[Batch]:
    """
    Yield the key columns as codes and the amounts as numbers, for ``primum.evidence.measures.tabulation``.

    :param keys: contract columns to be counted by; they must be mapped
    :param numbers: contract columns to be read as numbers, NaN where a row has none
    :raises SourceRefused: if the bytes are others or a value does not fit; for a database after the last batch
    """
    from primum.integrations.mapping_columns import floats
    from primum.integrations.mapping_levels import unsorted_labels

    mapped = {one.name: one for one in mapped_columns(evidence)}
    absent = sorted({*keys, *numbers} - set(mapped))
    if absent:
        raise refused(evidence, f"is to be counted by '{absent[0]}', which is not under `columns`. Map it there.")
    wanted = [one for name, one in mapped.items() if name in keys or name in numbers]
    for batch in _raw_batches(evidence, base, digest, wanted, limits, numbers):
        coded = {
            name: unsorted_labels(batch.column(mapped[name].raw), mapped=mapped[name])
            for name in mapped
            if name in keys
        }
        for name, column in coded.items():
            if column.missing and not mapped[name].may_be_missing:
                raise mapped[name].refused(f"{column.missing:,} row(s) or more have no value; each must have one.")
        yield Batch(
            labels={name: (column.codes, column.levels) for name, column in coded.items()},
            numbers={name: floats(batch.column(mapped[name].raw), mapped=mapped[name]) for name in numbers},
        )


def column_names(*, evidence: Evidence, base: Path, limits: Limits = LIMITS) -> tuple[str, ...]:
    """
    Return the names of a file's own columns, to find those that already are the contract's; none of a database.

    :raises SourceRefused: if the file cannot be opened, or a mapped column is absent
    """
    from primum.integrations import source_csv, source_parquet
    from primum.integrations.source_files import opened

    if _is_database(evidence):
        return ()
    with opened(evidence=evidence, base=base, limits=limits) as file:
        return source_parquet.names(file) if file.is_parquet else source_csv.names(file)


def _is_database(evidence: Evidence) -> bool:
    return "://" in evidence.source


def _inspect_file(evidence: Evidence, base: Path, limits: Limits) -> tuple[str, int]:
    from primum.integrations import source_csv, source_parquet
    from primum.integrations.source_files import opened

    with opened(evidence=evidence, base=base, limits=limits) as file:
        rows = source_parquet.rows(file) if file.is_parquet else source_csv.rows(file)
        if rows == 0:
            raise file.refused("has no rows. A table without rows proves nothing; register the table with its rows.")
        return file.digest(), rows


def _raw_batches(
    evidence: Evidence,
    base: Path,
    digest: str,
    mapped: Sequence[MappedColumn],
    limits: Limits,
    numbers: Sequence[str] = (),
) -> "Iterator[pa.RecordBatch]":
    columns = [one.raw for one in mapped]
    if _is_database(evidence):
        from primum.integrations import source_sql

        yield from source_sql.batches(evidence=evidence, base=base, digest=digest, columns=columns, limits=limits)
        return
    from primum.integrations.source_files import opened, refuse_other_digest

    with opened(evidence=evidence, base=base, limits=limits) as file, ThreadPoolExecutor(max_workers=1) as aside:
        found = aside.submit(file.digest)
        if file.size <= HASHED_FIRST:
            refuse_other_digest(file, found=found.result(), digest=digest)
        try:
            yield from _file_batches(file, columns, mapped, numbers)
        except SourceRefused:
            # Damaged bytes are other bytes first.
            refuse_other_digest(file, found=found.result(), digest=digest)
            raise
        refuse_other_digest(file, found=found.result(), digest=digest)


def _file_batches(
    file: "OpenFile", columns: Sequence[str], mapped: Sequence[MappedColumn], numbers: Sequence[str]
) -> "Iterator[pa.RecordBatch]":
    from primum.integrations import source_csv, source_parquet
    from primum.integrations.source_ahead import ahead

    if not file.is_parquet:
        return ahead(source_csv.batches(file, columns=columns))
    labels = [one.raw for one in mapped if one.form not in NEVER_CODED and one.name not in numbers]
    return ahead(source_parquet.batches(file, columns=columns, labels=labels))


def _gathered(batches: "Iterator[pa.RecordBatch]", mapped: Sequence[MappedColumn]) -> "dict[str, pa.Array]":
    parts: dict[str, list[pa.Array]] = {one.raw: [] for one in mapped}
    for batch in batches:
        for raw, arrays in parts.items():
            arrays.append(batch.column(raw))
    return {raw: _joined(arrays) for raw, arrays in parts.items()}


def _joined(arrays: "list[pa.Array]") -> "pa.Array":
    """Join the parts of a column; when a database gave them different types, all become texts."""
    import pyarrow as pa

    from primum.integrations.mapping_levels import spelling

    kinds = {part.type for part in arrays if not pa.types.is_null(part.type)}
    if len(kinds) > 1:
        arrays = [pa.array([spelling(value) for value in part.to_pylist()], pa.large_string()) for part in arrays]
    elif kinds & {pa.string(), pa.null()} or len(kinds) < len({part.type for part in arrays}):
        kind = pa.large_string() if kinds <= {pa.string()} else kinds.pop()
        arrays = [part.cast(kind) for part in arrays]
    return pa.chunked_array(arrays).unify_dictionaries().combine_chunks()
