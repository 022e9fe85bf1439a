"""The ledger to leaf through: pages of entries, one entry with its proof, and recomputing all of it."""

import json
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from primum.actions import directory
from primum.actions.ledger_pages import (
    EntryReport,
    Filter,
    LedgerPage,
    Verification,
    entry_report,
    ledger_page,
    verify_ledger,
)
from primum.web.console.fields import Option, plain
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, when
from primum.web.showing import show
from primum.web.views import FactView, Mark

router = APIRouter()
ALL = Option(value="", label="All")
INTACT = Mark(word="Intact", symbol="✓", kind="pass")
DAMAGED = Mark(word="Not as it was written", symbol="✕", kind="fail")
PROVEN = Mark(word="In the log", symbol="✓", kind="pass")
NOT_PROVEN = Mark(word="Not in the log", symbol="✕", kind="fail")


@dataclass(frozen=True, kw_only=True)
class EntryRow:
    """One entry in a table."""

    position: int
    at: When
    words: str
    rollout: str
    person: str
    about: str


@dataclass(frozen=True, kw_only=True)
class BrowserPage:
    """A page of the ledger."""

    rows: tuple[EntryRow, ...]
    summary: str
    older: str
    newest: str
    asked: Filter
    rollouts: tuple[Option, ...]
    kinds: tuple[Option, ...]
    people: tuple[Option, ...]
    checkpoint: str
    checkpoint_at: When | None


@dataclass(frozen=True, kw_only=True)
class EntryPage:
    """One entry."""

    position: int
    words: str
    facts: tuple[FactView, ...]
    body: str
    withheld: bool
    mark: Mark
    proof: tuple[str, ...]
    size: int
    root: str
    before: int | None
    after: int | None


@dataclass(frozen=True, kw_only=True)
class VerifyPage:
    """What recomputing found."""

    mark: Mark
    sentence: str
    problems: tuple[str, ...]
    refused: str
    outside: str
    at: When


@router.get("/ledger")
def browse(
    request: Request,
    reader: ReadBy,
    rollout: str = "",
    kind: str = "",
    person: str = "",
    before: int | None = None,
) -> Response:
    """Show fifty entries, the newest first."""
    asked = Filter(rollout=rollout, kind=kind, person=person, rollouts=reader.sees)
    found = ledger_page(asked=asked, before=before, workplace=reader.workplace)
    return show("console/ledger.html", request=request, page=browser_page(found, asked=asked, reader=reader))


@router.get("/ledger/entries/{position}")
def entry(request: Request, reader: ReadBy, position: int) -> Response:
    """Show one entry with the proof that it is in the log."""
    found = entry_report(position=position, rollouts=reader.sees, workplace=reader.workplace)
    return show("console/entry.html", request=request, page=entry_page(found, reader=reader))


@router.post("/ledger/verify")
def verify(request: Request, reader: ReadBy, outside: Annotated[str, Form()] = "") -> Response:
    """Recompute the whole log; this reads, and changes nothing."""
    found = verify_ledger(outside=outside, workplace=reader.workplace)
    return show("console/verified.html", request=request, page=verify_page(found, outside=outside, reader=reader))


def browser_page(found: LedgerPage, *, asked: Filter, reader: Reader) -> BrowserPage:
    """Return a page of the ledger as plain strings."""
    names = names_of(reader)
    rows = tuple(
        EntryRow(
            position=one.position,
            at=when(one.at, zone=reader.zone),
            words=_words(one.kind),
            rollout=one.rollout,
            person=names.get(one.person, one.person),
            about=one.about,
        )
        for one in found.entries
    )
    kept = {"rollout": asked.rollout, "kind": asked.kind, "person": asked.person}
    kept = {name: value for name, value in kept.items() if value}
    older = f"/ledger?{urlencode({**kept, 'before': found.before})}" if found.before is not None else ""
    return BrowserPage(
        rows=rows,
        summary=f"{found.found:,} entries that you may read, of {found.size:,} in the log.",
        older=older,
        newest=f"/ledger?{urlencode(kept)}" if kept else "/ledger",
        asked=asked,
        rollouts=(ALL, *(Option(value=one, label=one) for one in found.rollouts)),
        kinds=(ALL, *(Option(value=one, label=_words(one)) for one in found.kinds)),
        people=(ALL, *(Option(value=id_, label=name) for id_, name in sorted(names.items(), key=lambda one: one[1]))),
        checkpoint=found.checkpoint,
        checkpoint_at=when(found.checkpoint_at, zone=reader.zone) if found.checkpoint_at else None,
    )


def names_of(reader: Reader) -> dict[str, str]:
    """Return the printed names of the people whom the reader has rollouts in common with."""
    known = directory.directory(reader.workplace)
    if reader.administrator:
        return {id_: one.name for id_, one in known.everybody().items()}
    return {one.id: one.name for rollout in reader.rollouts for one in known.of_rollouts.get(rollout, ())}


def entry_page(found: EntryReport, *, reader: Reader) -> EntryPage:
    """Return one entry as plain strings."""
    names = names_of(reader)
    facts = (
        FactView(name="When", value=str(when(found.at, zone=reader.zone))),
        FactView(name="Who", value=names.get(found.person, found.person)),
        FactView(name="Rollout", value=found.rollout),
        FactView(name="Kind", value=found.kind, code=True),
        FactView(name="Leaf hash", value=found.leaf, code=True),
    )
    return EntryPage(
        position=found.position,
        words=_words(found.kind),
        facts=facts,
        body=_indented(found.body) if found.body else "",
        withheld=found.withheld,
        mark=PROVEN if found.proven else NOT_PROVEN,
        proof=found.proof,
        size=found.size,
        root=found.root,
        before=found.position - 1 if found.position else None,
        after=found.position + 1 if found.position + 1 < found.size else None,
    )


def verify_page(found: Verification, *, outside: str, reader: Reader) -> VerifyPage:
    """Return what recomputing found as plain strings."""
    against = "and the checkpoint that was kept elsewhere " if found.outside else ""
    good = f"Every one of {found.entries:,} entries, every row {against}and every checkpoint agrees."
    bad = f"{len(found.problems)} {'thing is' if len(found.problems) == 1 else 'things are'} not as written."
    return VerifyPage(
        mark=INTACT if found.intact else DAMAGED,
        sentence=good if found.intact else (found.refused or bad),
        problems=found.problems,
        refused=found.refused,
        outside=outside,
        at=when(reader.at, zone=reader.zone),
    )


def _words(kind: str) -> str:
    return plain(kind.replace(".", " ")).capitalize()


def _indented(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
