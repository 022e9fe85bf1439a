"""Counts as a file that may travel: a Parquet table of cells, and in its header what they are counts of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from primum.evidence.counts.amounts import Amount
from primum.evidence.counts.cells import Cells, gather
from primum.evidence.counts.score_bins import BINS
from primum.roadmap.data_checks import DataCheck, ExpectationResult
from primum.roadmap.verdicts import Outcome

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

FORMAT = "primum-counts/1"
HEADER = b"primum"
TABLE, ROWS, SMALL = "table", "rows", "small"
PARTS = ("n", "sum", "high", "cross", "low")
LARGEST_FILE = 256 << 20


class CountsRefused(Exception):
    """A file of counts cannot be used; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """
    What counts are counts of, and how the rows did on their expectations where they were counted.

    ``mapping`` is the digest of how the table's columns became those of the contract; ``unchecked`` is
    how many rows nobody held against their expectations.
    """

    name: str
    kind: str
    rows: int
    unchecked: int
    subgroups: tuple[str, ...]
    columns: tuple[str, ...]
    mapping: str
    smallest_cell: int
    analysis_version: str
    checks: tuple[DataCheck, ...]


@dataclass(frozen=True, kw_only=True)
class CountsFile:
    """Counts as they were read: tables by name, and their description."""

    tables: Mapping[str, Cells]
    described: Described


def write_counts(path: Path, *, tables: Mapping[str, Cells], described: Described) -> None:
    """
    Write counts as a Parquet table, which others can read (V33).

    Cells of fewer rows than the policy shows are marked ``small`` and kept, since sums need them.

    :raises CountsRefused: if the file cannot be written
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    keys = tuple(dict.fromkeys(key for cells in tables.values() for key in cells.keys))
    amounts = next(iter(tables.values())).amounts
    parts = [_written(name, cells, keys, amounts, described.smallest_cell) for name, cells in tables.items()]
    header = {"format": FORMAT, "bins": BINS, "tables": _headers(tables), **asdict(described)}
    whole = pa.concat_tables(parts).replace_schema_metadata({HEADER: json.dumps(header, sort_keys=True).encode()})
    try:
        pq.write_table(whole, path, write_page_checksum=True)
    except OSError as error:
        raise CountsRefused(
            f"The counts cannot be written to {path}: {error.strerror}. Choose another place."
        ) from None


def read_counts(path: Path) -> CountsFile:
    """
    Read counts back, and refuse what ``write_counts`` cannot have written.

    :raises CountsRefused: if the file is absent, broken, of another format, or does not add up
    """
    table, header = _opened(path)
    if header.get("format") != FORMAT or header.get("bins") != BINS:
        raise CountsRefused(
            f"{path} holds counts in the format {header.get('format')!r} with bins {header.get('bins')!r}; this "
            f"version reads {FORMAT} with {BINS}. Count the table again with the same version."
        )
    try:
        tables = {name: _read(table, name, stated) for name, stated in header["tables"].items()}
        described = _described(header)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise CountsRefused(f"{path} is no whole file of counts: its parts do not fit. Write it again.") from None
    if described.kind not in tables or tables[described.kind].total() != described.rows:
        raise CountsRefused(f"{path} does not add up to the {described.rows:,} rows it states. Write it again.")
    return CountsFile(tables=tables, described=described)


def _headers(tables: Mapping[str, Cells]) -> dict[str, object]:
    return {
        name: {
            "keys": cells.keys,
            "amounts": [[one.name, one.decimals] for one in cells.amounts],
            "sources": cells.sources,
            "digest": cells.digest,
        }
        for name, cells in tables.items()
    }


def _written(name: str, cells: Cells, keys: Sequence[str], amounts: Sequence[Amount], smallest: int) -> "pa.Table":
    import pyarrow as pa

    count = len(cells.counts)
    columns: dict[str, pa.Array] = {TABLE: pa.array([name] * count, pa.string())}
    for key in keys:
        levels = np.array([*cells.levels_of(key), None], dtype=object) if key in cells.keys else None
        chosen = [None] * count if levels is None else levels[cells.codes[:, cells.axis(key)]].tolist()
        columns[f"by:{key}"] = pa.array(chosen, pa.string())
    columns[ROWS] = pa.array(cells.counts.tolist(), pa.int64())
    columns[SMALL] = pa.array((cells.counts < smallest).tolist(), pa.bool_())
    for amount in amounts:
        known = amount in cells.amounts
        for place, part in enumerate(PARTS):
            sums = cells.sums(amount.name)[:, place].tolist() if known else [None] * count
            columns[f"{part}:{amount.name}"] = pa.array(sums, pa.int64())
    return pa.table(columns)


def _opened(path: Path) -> "tuple[pa.Table, dict[str, Any]]":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise CountsRefused(f"{path} has {size:,} bytes; a file of counts has {LARGEST_FILE:,} at most.")
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            written = (file.schema_arrow.metadata or {}).get(HEADER)
            if written is None:
                raise CountsRefused(
                    f"{path} holds no counts. If it is a table of rows, leave `--counts-in` out; "
                    "counts are written with `--counts-out`."
                )
            header = json.loads(written)
            if file.metadata.num_rows > 50 * LARGEST_FILE:
                raise CountsRefused(f"{path} claims {file.metadata.num_rows:,} cells, too many for counts.")
            return file.read(), header if isinstance(header, dict) else {}
    except FileNotFoundError:
        raise CountsRefused(f"There is no file {path}; check the path.") from None
    except (OSError, pa.ArrowException, ValueError):
        raise CountsRefused(f"{path} cannot be read as Parquet; it is damaged or something else.") from None


def _read(table: "pa.Table", name: str, stated: Mapping[str, Any]) -> Cells:
    import pyarrow.compute as pc

    mine = table.filter(pc.equal(table[TABLE], name)).combine_chunks()
    keys, amounts = tuple(stated["keys"]), tuple(Amount(name=one, decimals=int(two)) for one, two in stated["amounts"])
    coded = [_levels(mine[f"by:{key}"]) for key in keys]
    columns = [ROWS, *(f"{part}:{amount.name}" for amount in amounts for part in PARTS)]
    weights = np.array([_numbers(mine[column]) for column in columns], np.int64).reshape(len(columns), -1).T
    if (weights[:, 0] <= 0).any():
        raise ValueError(name)
    codes = np.array([codes for codes, _ in coded], np.int32).reshape(len(keys), -1).T
    cells = gather(
        kind=name,
        keys=keys,
        parts=[(tuple(levels for _, levels in coded), codes, weights)],
        sources=tuple(stated["sources"]),
        amounts=amounts,
    )
    if cells.digest != stated["digest"]:
        raise ValueError(name)
    return cells


def _levels(column: "pa.ChunkedArray") -> "tuple[NDArray[np.int32], tuple[str, ...]]":
    from primum.integrations.mapping_levels import whole_numbers

    if column.null_count:
        raise ValueError("a key without a level")
    coded = column.combine_chunks().dictionary_encode()
    return whole_numbers(coded.indices), tuple(coded.dictionary.to_pylist())


def _numbers(column: "pa.ChunkedArray") -> "NDArray[np.int64]":
    whole = column.combine_chunks()
    if whole.null_count or not len(whole):
        return np.array(whole.to_pylist(), np.int64)
    # Arrow's own way to numpy would import pandas.
    return np.frombuffer(whole.buffers()[1], np.int64, count=len(whole), offset=8 * whole.offset)


def _described(header: Mapping[str, Any]) -> Described:
    return Described(
        name=str(header["name"]),
        kind=str(header["kind"]),
        rows=int(header["rows"]),
        unchecked=int(header["unchecked"]),
        subgroups=tuple(map(str, header["subgroups"])),
        columns=tuple(map(str, header["columns"])),
        mapping=str(header["mapping"]),
        smallest_cell=int(header["smallest_cell"]),
        analysis_version=str(header["analysis_version"]),
        checks=tuple(_check(one) for one in header["checks"]),
    )


def _check(written: Mapping[str, Any]) -> DataCheck:
    results = tuple(
        ExpectationResult(**{**one, "outcome": Outcome(one["outcome"]), "requirements": tuple(one["requirements"])})
        for one in written["results"]
    )
    return DataCheck(**{**written, "suites": tuple(written["suites"]), "results": results})
