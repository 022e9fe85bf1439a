"""CSV, plain or packed with gzip: every cell is read as the text it is, and unpacking stops at the limit."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from io import BufferedReader

import pyarrow as pa
import pyarrow.csv as pa_csv

from primum.integrations.source_files import OpenFile
from primum.integrations.source_headers import check_header
from primum.integrations.source_limits import attempt

GZIP_MAGIC = b"\x1f\x8b"
BLOCK_BYTES = 4 << 20
DELIMITERS = ",;\t|"
BROKEN = "cannot be read to its end: it is truncated, damaged or not written in UTF-8. Export it again as CSV in UTF-8."
PROBLEMS = (pa.ArrowException, OSError, EOFError, ValueError, zlib.error, MemoryError, csv.Error)


def rows(file: OpenFile) -> int:
    """
    Return how many rows the file has, reading it once in blocks.

    :raises SourceRefused: if it is damaged, too large, or lacks a mapped column
    """
    _refuse_expansion(file)
    names, _ = _header(file)
    return sum(batch.num_rows for batch in batches(file, columns=names[:1]))


def names(file: OpenFile) -> tuple[str, ...]:
    """
    Return the names of the columns.

    :raises SourceRefused: if there is no header, or it lacks a mapped column
    """
    found, _ = _header(file)
    return tuple(found)


def batches(file: OpenFile, *, columns: Sequence[str]) -> "Iterator[pa.RecordBatch]":
    """
    Yield the columns in batches, every cell as text; an empty cell is an empty text.

    :raises SourceRefused: if a row has more or fewer cells than the header, or the text breaks off
    """
    names, delimiter = _header(file)
    odd = _OddRows()
    stream = attempt(
        lambda: pa_csv.open_csv(
            _native(file),
            read_options=pa_csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=odd.skip
            ),
            convert_options=_texts(names, columns),
        ),
        problems=PROBLEMS,
        refusal=file.refused(BROKEN),
    )
    seen = 0
    while (batch := attempt(lambda: next(stream, None), problems=PROBLEMS, refusal=file.refused(BROKEN))) is not None:
        seen += batch.num_rows
        if seen > file.limits.rows:
            raise file.refused(f"has more than the {file.limits.rows:,} rows that are read. Split it by site.")
        yield batch
    if odd.count:
        raise file.refused(f"has {odd.count:,} row(s) with another number of cells than its header. Quote such cells.")


class _OddRows:
    """Counts the rows whose cells do not fit the header, and keeps none of them."""

    def __init__(self) -> None:
        self.count = 0

    def skip(self, _row: object) -> str:
        self.count += 1
        return "skip"


def _texts(names: Sequence[str], columns: Sequence[str]) -> "pa_csv.ConvertOptions":
    return pa_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        include_columns=list(dict.fromkeys(columns)),
        null_values=[],
        strings_can_be_null=False,
        quoted_strings_can_be_null=False,
    )


def _header(file: OpenFile) -> tuple[list[str], str]:
    start = attempt(lambda: _first_bytes(file), problems=PROBLEMS, refusal=file.refused(BROKEN))
    text = start.decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise file.refused("is empty; it has not even a header. Register the table with its header and rows.")
    mapped = set(file.evidence.columns.values())
    read = {one: next(csv.reader(io.StringIO(text, newline=""), delimiter=one), []) for one in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda one: (len(mapped & set(read[one])), one == ","))
    check_header(file, read[delimiter])
    return read[delimiter], delimiter


def _first_bytes(file: OpenFile) -> bytes:
    return _text(file).read(file.limits.header_bytes)


def _is_packed(file: OpenFile) -> bool:
    return file.rewound().read(len(GZIP_MAGIC)) == GZIP_MAGIC


def _text(file: OpenFile) -> BufferedReader | gzip.GzipFile:
    return gzip.GzipFile(fileobj=file.rewound()) if _is_packed(file) else file.rewound()


def _native(file: OpenFile) -> "pa.NativeFile":
    """Open the text for Arrow's own threads; one of them in Python code would stop Python from ending."""
    opened = pa.OSFile(file.descriptor)
    return pa.CompressedInputStream(opened, "gzip") if _is_packed(file) else opened


def _refuse_expansion(file: OpenFile) -> None:
    """Unpack once without keeping anything, and stop at the limit."""
    if not _is_packed(file):
        return
    most = file.limits.expanded_at_most(file.size)
    unpacked, text = 0, _text(file)
    while block := attempt(partial(text.read, BLOCK_BYTES), problems=PROBLEMS, refusal=file.refused(BROKEN)):
        unpacked += len(block)
        if unpacked > most:
            raise file.refused(
                f"unpacks {file.size:,} bytes to more than {most:,}. "
                f"That is no table of patients; write it again from where it came."
            )
