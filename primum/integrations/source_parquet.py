"""Parquet: what the footer claims is weighed against the size of the file before a page is read."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from primum.integrations.source_files import OpenFile
from primum.integrations.source_headers import check_header
from primum.integrations.source_limits import attempt

MAGIC = b"PAR1"
TAIL = 8
BATCH_ROWS = 1 << 17
PORTION_ROWS = 1 << 20
# A claimed cell takes this many bytes once it is read, whatever its encoding.
BYTES_OF_A_CELL = 8
BROKEN = "is not a whole Parquet file: it is truncated or damaged. Copy it again from where it was written."
PROBLEMS = (pa.ArrowException, OSError, ValueError, KeyError, MemoryError, OverflowError)


def rows(file: OpenFile) -> int:
    """
    Return how many rows the file claims, after checking that its size can bear them.

    :raises SourceRefused: if the file is damaged, claims too much or lacks a mapped column
    """
    return int(_weighed(file).metadata.num_rows)


def names(file: OpenFile) -> tuple[str, ...]:
    """
    Return the names of the columns.

    :raises SourceRefused: as ``rows``
    """
    return tuple(_weighed(file).schema_arrow.names)


def batches(file: OpenFile, *, columns: Sequence[str], labels: Sequence[str] = ()) -> "Iterator[pa.RecordBatch]":
    """
    Yield the columns in batches; those of the labels that are texts come as dictionary codes.

    :raises SourceRefused: if a page cannot be read, or there are not as many rows as claimed
    """
    weighed = _weighed(file)
    claimed = weighed.metadata.num_rows
    texts = {field.name for field in weighed.schema_arrow if pa.types.is_string(field.type)}
    table = _parquet(file, labels=[name for name in labels if name in texts])
    stream = attempt(
        lambda: _stream(table, list(dict.fromkeys(columns))), problems=PROBLEMS, refusal=file.refused(BROKEN)
    )
    seen = 0
    while (batch := attempt(lambda: next(stream, None), problems=PROBLEMS, refusal=file.refused(BROKEN))) is not None:
        seen += batch.num_rows
        yield batch
    if seen != claimed:
        raise file.refused(f"claims {claimed:,} rows and has {seen:,}. Write it again from where it came.")


def _stream(table: "pq.ParquetFile", columns: list[str]) -> "Iterator[pa.RecordBatch]":
    """Yield batches of a few row groups at a time; a reader of all of them keeps every page it has read."""
    for groups in _portions(table.metadata):
        yield from table.iter_batches(batch_size=BATCH_ROWS, row_groups=groups, columns=columns, use_threads=False)


def _portions(claims: "pq.FileMetaData") -> "Iterator[list[int]]":
    portion, rows = [], 0
    for number in range(claims.num_row_groups):
        portion.append(number)
        rows += claims.row_group(number).num_rows
        if rows >= PORTION_ROWS:
            yield portion
            portion, rows = [], 0
    if portion:
        yield portion


def _weighed(file: OpenFile) -> "pq.ParquetFile":
    _check_tail(file)
    table = _parquet(file)
    check_header(file, list(table.schema_arrow.names))
    _check_claims(file, table.metadata)
    return table


def _check_tail(file: OpenFile) -> None:
    if file.size < TAIL + len(MAGIC):
        raise file.refused(BROKEN)
    file.handle.seek(-TAIL, 2)
    tail = file.handle.read(TAIL)
    footer = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or footer > file.size:
        raise file.refused(BROKEN)
    if footer > file.limits.footer_bytes:
        raise file.refused(f"has a footer of {footer:,} bytes; {file.limits.footer_bytes:,} at most are read.")


def _parquet(file: OpenFile, *, labels: Sequence[str] = ()) -> "pq.ParquetFile":
    return attempt(
        lambda: pq.ParquetFile(
            pa.OSFile(file.descriptor),
            read_dictionary=list(dict.fromkeys(labels)),
            thrift_string_size_limit=file.limits.footer_bytes,
            thrift_container_size_limit=file.limits.footer_bytes,
            page_checksum_verification=True,
        ),
        problems=PROBLEMS,
        refusal=file.refused(BROKEN),
    )


def _check_claims(file: OpenFile, claims: "pq.FileMetaData") -> None:
    limits = file.limits
    if claims.num_rows > limits.rows:
        raise file.refused(
            f"claims {claims.num_rows:,} rows in {file.size:,} bytes; {limits.rows:,} at most are read. "
            f"Split it by site."
        )
    groups = [claims.row_group(number) for number in range(claims.num_row_groups)]
    if sum(group.num_rows for group in groups) != claims.num_rows:
        raise file.refused(BROKEN)
    unpacked = sum(group.total_byte_size for group in groups)
    expanded = max(unpacked, claims.num_rows * claims.num_columns * BYTES_OF_A_CELL)
    if expanded > limits.expanded_at_most(file.size) or any(group.total_byte_size < 0 for group in groups):
        raise file.refused(
            f"claims to unpack {file.size:,} bytes to {expanded:,}, more than {limits.expansion} for one. "
            f"That is no table of patients; write it again from where it came."
        )
