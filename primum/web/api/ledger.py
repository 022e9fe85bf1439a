"""The log: its entries with their proofs, its newest checkpoint, and whether it is as it was written."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from primum.actions.ledger_pages import Filter, entry_report, ledger_page, verify_ledger
from primum.web.api.callers import Reads
from primum.web.api.shapes import Asked, Named, Said, Shape, Words

router = APIRouter(prefix="/ledger", tags=["ledger"])
LAST = 2**53


class EntryLineShape(Shape):
    """One entry in short."""

    position: int
    kind: str
    rollout: str
    person: str
    at: datetime
    about: str


class EntriesShape(Shape):
    """Up to fifty entries, newest first; ask again with `before` for older ones."""

    entries: list[EntryLineShape]
    found: int = Field(description="How many there are of those asked for.")
    size: int = Field(description="How many the log has.")
    before: int | None = Field(description="Where the next page begins; null on the last one.")


class EntryShape(Shape):
    """One entry with the proof (RFC 9162, hex) that it is in the log of this root."""

    position: int
    kind: str
    rollout: str
    person: str
    at: datetime
    body: str = Field(description="Canonical JSON (RFC 8785) as it was written; empty while withheld.")
    leaf: str
    size: int
    root: str
    proof: list[str]
    proven: bool
    withheld: bool = Field(description="Whether it says what somebody answered on a gate that others still answer.")


class CheckpointShape(Shape):
    """The newest signed root of the log; keep it elsewhere and hand it to `verification` later."""

    text: str = Field(description="The note and its signature; empty before the first entry.")
    at: datetime | None


class VerificationAsked(Asked):
    """A checkpoint that was kept elsewhere; without one, a log rolled back as a whole looks intact."""

    checkpoint: Words = ""


class VerificationShape(Shape):
    """Whether the log, its checkpoints and the rows it vouches for agree."""

    intact: bool
    entries: int
    outside: bool = Field(description="Whether it was compared with a checkpoint kept elsewhere.")
    refused: str = Field(description="Why the checkpoint cannot be read, if so.")
    problems: list[Said]


@router.get("")
def entries(
    caller: Reads,
    rollout: Annotated[Named | None, Query(description="Only of this rollout.")] = None,
    kind: Annotated[Named | None, Query(description="Only of this kind, such as gate.signed.")] = None,
    person: Annotated[Named | None, Query(description="Only by this person.")] = None,
    before: Annotated[int | None, Query(ge=0, le=LAST, description="Only entries before this position.")] = None,
) -> EntriesShape:
    """List entries of the log about your rollouts, the newest first."""
    asked = Filter(rollout=rollout or "", kind=kind or "", person=person or "", rollouts=caller.sees)
    found = ledger_page(asked=asked, before=before, workplace=caller.workplace)
    return EntriesShape.model_validate({name: getattr(found, name) for name in EntriesShape.model_fields})


@router.get("/checkpoint")
def checkpoint(caller: Reads) -> CheckpointShape:
    """Give the newest signed checkpoint."""
    found = ledger_page(asked=Filter(rollouts=frozenset()), before=None, workplace=caller.workplace)
    return CheckpointShape(text=found.checkpoint, at=found.checkpoint_at)


@router.post("/verification")
def verify(caller: Reads, asked: VerificationAsked) -> VerificationShape:
    """Recompute the whole log and compare it with the tables and with a checkpoint kept elsewhere; changes nothing."""
    found = verify_ledger(outside=asked.checkpoint, workplace=caller.workplace)
    return VerificationShape.model_validate({name: getattr(found, name) for name in VerificationShape.model_fields})


@router.get("/{position}")
def entry(caller: Reads, position: Annotated[int, Path(ge=0, le=LAST)]) -> EntryShape:
    """Tell one entry with its proof."""
    found = entry_report(position=position, rollouts=caller.sees, workplace=caller.workplace)
    return EntryShape.model_validate({name: getattr(found, name) for name in EntryShape.model_fields})
