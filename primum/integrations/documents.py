"""Attested documents: read, hashed, never interpreted."""

import hashlib
from pathlib import Path

from primum.roadmap.evaluations import DocumentFacts
from primum.roadmap.rollout import Document, Rollout

LARGEST_DOCUMENT = 50_000_000


class DocumentRefused(Exception):
    """A document is missing or unreadable; the message is shown to the person."""


def documents_of(rollout: Rollout, *, base: Path) -> tuple[DocumentFacts, ...]:
    """
    Read and hash every document a rollout names.

    :raises DocumentRefused: if a file is absent, empty or larger than 50 MB
    """
    return tuple(_facts(document, base / document.file) for document in rollout.documents)


def _facts(document: Document, path: Path) -> DocumentFacts:
    try:
        content = path.read_bytes() if path.stat().st_size <= LARGEST_DOCUMENT else b""
    except OSError as error:
        raise DocumentRefused(
            f"Document '{document.title}' should be in {document.file}, which could not be read "
            f"({error.strerror}); put the file there or correct `file`."
        ) from None
    if not content.strip():
        raise DocumentRefused(f"Document '{document.title}' in {document.file} is empty or larger than 50 MB.")
    return DocumentFacts(
        kind=document.kind,
        title=document.title,
        digest=f"sha256:{hashlib.sha256(content).hexdigest()}",
        author=document.author,
        issued_on=document.issued_on.isoformat(),
        expires_on=document.expires_on.isoformat() if document.expires_on else None,
    )
