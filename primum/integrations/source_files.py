"""Files with tables: opened once, weighed before they are read, hashed before they are trusted."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from primum.integrations.source_limits import Limits, SourceRefused, attempt, refused
from primum.roadmap.rollout import Evidence

BLOCK_BYTES = 1 << 20
CHANGED = "changed while it was read. Let what writes it finish, then try again."


@dataclass(frozen=True, kw_only=True)
class OpenFile:
    """A table's file, open for reading; every reader goes through this one handle."""

    evidence: Evidence
    handle: BufferedReader
    size: int
    limits: Limits

    def refused(self, sentence: str) -> SourceRefused:
        """Return the refusal of this table; the sentence continues after the name of its file."""
        return refused(self.evidence, f"in {self.evidence.source} {sentence}")

    @property
    def is_parquet(self) -> bool:
        """
        True for Parquet, false for CSV.

        :raises SourceRefused: for anything else
        """
        name = self.evidence.source.lower()
        if not name.endswith((".parquet", ".csv", ".csv.gz")):
            raise self.refused(
                "is none of .parquet, .csv and .csv.gz. Write it in one of these, or give a database URL."
            )
        return name.endswith(".parquet")

    def rewound(self) -> BufferedReader:
        """Return the handle at its first byte."""
        self.handle.seek(0)
        return self.handle

    @property
    def descriptor(self) -> str:
        """The path by which a library may open this very file again, whatever has become of its name."""
        return f"/dev/fd/{self.handle.fileno()}"

    def digest(self) -> str:
        """Return the SHA-256 of the bytes; where the handle stands is neither used nor changed."""
        content, place = hashlib.sha256(), 0
        while block := os.pread(self.handle.fileno(), BLOCK_BYTES, place):
            content.update(block)
            place += len(block)
        return f"sha256:{content.hexdigest()}"


@contextmanager
def opened(*, evidence: Evidence, base: Path, limits: Limits) -> Iterator[OpenFile]:
    """
    Open the file of a table for one reading.

    :raises SourceRefused: if it is absent, no regular file, too large, or changes while it is read
    """
    handle = attempt(
        lambda: os.fdopen(os.open(base / evidence.source, os.O_RDONLY | os.O_NONBLOCK), "rb"),
        problems=(OSError, ValueError),
        refusal=refused(
            evidence, f"cannot be opened at {evidence.source}. Check the path, relative to the rollout file."
        ),
    )
    with handle:
        before = os.fstat(handle.fileno())
        file = OpenFile(evidence=evidence, handle=handle, size=before.st_size, limits=limits)
        if not stat.S_ISREG(before.st_mode):
            raise file.refused("is not a file. Give the path of a .parquet, .csv or .csv.gz file.")
        if file.size > limits.bytes_on_disk:
            raise file.refused(f"has {file.size:,} bytes; {limits.bytes_on_disk:,} at most are read. Split it by site.")
        yield file
        after = os.fstat(handle.fileno())
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise file.refused(CHANGED)


def refuse_other_bytes(file: OpenFile, *, digest: str) -> None:
    """
    Do nothing if the bytes have the digest that was registered.

    :raises SourceRefused: if they have another one
    """
    refuse_other_digest(file, found=file.digest(), digest=digest)


def refuse_other_digest(file: OpenFile, *, found: str, digest: str) -> None:
    """
    Do nothing if the digest that was found is the one that was registered.

    :raises SourceRefused: if it is another one
    """
    if found != digest:
        raise file.refused(
            f"was registered as {digest[:19]} and reads {found[:19]} now. "
            f"If it was measured again, register it with a new `measured_on`; if not, restore the file."
        )
