"""The log as files that anybody can verify offline, without Primum."""

import base64
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import col, select

from primum.ledger import log, merkle
from primum.ledger.checkpoints import SignedCheckpoint, raw_public
from primum.ledger.columns import written
from primum.ledger.database import Ledger, newest_checkpoint
from primum.ledger.tables import Entry
from primum.ledger.witness import canonical

VERIFIER = Path(__file__).parent / "verifier.py"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
README = """\
This is a copy of the log of a Primum ledger. Verify it offline, with Python alone:

    python3 verifier.py . --checkpoint FILE

FILE is a checkpoint that was kept elsewhere; without one the log is only compared with itself.

entries.jsonl    one entry a line; `leaf` is the RFC 9162 hash of the canonical JSON (RFC 8785) of the rest
proofs.jsonl     for each entry, the proof that it is in the log of the checkpoint
checkpoint.txt   the signed root: four lines, an empty one, the key's name and the signature (Ed25519, base64)
public-key.txt   the key, 32 bytes in base64; its name is the first 16 hex digits of its SHA-256
verifier.py      what you run; one file, the standard library alone

Reasons that people wrote are not in here: entries hold a salted hash of them.
"""


class NothingToExport(Exception):
    """The ledger has no entry yet, or there is something at the place to write to."""


@dataclass(frozen=True, kw_only=True)
class _Copy:
    entries: tuple[Entry, ...]
    checkpoint: SignedCheckpoint

    def lines(self) -> Iterator[str]:
        for entry in self.entries:
            yield canonical(
                {
                    "position": entry.position,
                    "kind": entry.kind,
                    "rollout": entry.rollout,
                    "person": entry.person,
                    "at": written(entry.at),
                    "body": entry.body,
                    "leaf": entry.leaf,
                }
            )

    def proofs(self) -> Iterator[str]:
        tree = merkle.Tree.over([log.leaf_of(entry) for entry in self.entries])
        for position in range(tree.size):
            proof = [node.hex() for node in tree.inclusion(position)]
            yield canonical({"position": position, "size": tree.size, "proof": proof})


def export(ledger: Ledger, *, to: Path) -> Path:
    """
    Write the log, its newest checkpoint, proofs and a verifier to a new directory or ``.zip`` file (V10).

    :raises NothingToExport: if there is no entry, or if ``to`` exists already
    """
    if to.exists():
        raise NothingToExport(f"{to} exists already; name a new directory or file for the export.")
    copy = _copy(ledger)
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".export-") as draft:
        folder = Path(draft) / "ledger"
        _write(copy, public=raw_public(ledger.key.public), to=folder)
        if to.suffix == ".zip":
            folder = _zipped(folder, to=Path(draft) / "ledger.zip")
        folder.rename(to)
    return to


def _copy(ledger: Ledger) -> _Copy:
    with ledger.reading() as session:
        checkpoint = newest_checkpoint(session)
        if checkpoint is None:
            raise NothingToExport("The ledger has no entry yet; there is nothing to export.")
        entries = session.exec(select(Entry).order_by(col(Entry.position))).all()
    return _Copy(entries=tuple(entries), checkpoint=checkpoint)


def _write(copy: _Copy, *, public: bytes, to: Path) -> None:
    to.mkdir()
    _lines(copy.lines(), to=to / "entries.jsonl")
    _lines(copy.proofs(), to=to / "proofs.jsonl")
    (to / "checkpoint.txt").write_text(copy.checkpoint.text, encoding="utf-8")
    (to / "public-key.txt").write_text(f"{base64.b64encode(public).decode()}\n", encoding="utf-8")
    (to / "README.txt").write_text(README, encoding="utf-8")
    shutil.copyfile(VERIFIER, to / "verifier.py")


def _lines(lines: Iterator[str], *, to: Path) -> None:
    with to.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _zipped(folder: Path, *, to: Path) -> Path:
    """Pack a directory so that the same log gives the same bytes."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.writestr(zipfile.ZipInfo(path.name, LONG_AGO), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return to
