"""A suspension: which site has seen it, by when each has to, whom the release had reached, and how to go on."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from primum.actions import acknowledgements, suspension
from primum.actions.acknowledgements import CannotAcknowledge, SiteStanding
from primum.actions.resumption import gate_of, needs_gate
from primum.actions.submission import UnknownPerson
from primum.ledger import reading, signing_reading
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, when
from primum.web.marks import state_mark
from primum.web.showing import show
from primum.web.views import FactView, Mark
from primum.web.visitors import Scope, SignedIn, may

router = APIRouter()
CHANNEL = "console"
SEEN = Mark(word="Seen", symbol="✓", kind="pass")
SILENT = Mark(word="Not seen yet", symbol="○", kind="wait")
OVERDUE = Mark(word="Overdue: people are told", symbol="!", kind="fail")


@dataclass(frozen=True, kw_only=True)
class SiteView:
    """One site."""

    site: str
    mark: Mark
    due: When
    told: str
    systems: str
    waits: bool


@dataclass(frozen=True, kw_only=True)
class SuspensionPage:
    """The page of a suspension; empty facts when the rollout was never suspended."""

    rollout: str
    facts: tuple[FactView, ...]
    sites: tuple[SiteView, ...]
    counts: tuple[FactView, ...]
    gate: str
    gate_mark: Mark | None
    asks_gate: bool
    in_force: bool
    done: str
    trouble: str


@router.get("/rollouts/{rollout}/suspension")
def shown(request: Request, reader: ReadBy, rollout: str, done: str = "") -> Response:
    """Show the suspension in force, or the last one."""
    reader.admit(rollout)
    return _page(request, reader, rollout, done="Noted; thank you." if done else "")


@router.post("/rollouts/{rollout}/acknowledge")
def acknowledge(
    request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, site: Annotated[str, Form()] = ""
) -> Response:
    """Say for a site that it has seen the suspension."""
    may(visitor, Scope.REPORT)
    reader.admit(rollout)
    try:
        person = suspension.person_at(rollout, id_=reader.person, workplace=reader.workplace)
        acknowledgements.acknowledge(
            rollout=rollout, site=site, person=person, channel=CHANNEL, at=reader.at, workplace=reader.workplace
        )
    except (CannotAcknowledge, UnknownPerson) as refused:
        return _page(request, reader, rollout, trouble=str(refused))
    return RedirectResponse(f"/rollouts/{rollout}/suspension?done=seen", status_code=303)


def _page(request: Request, reader: Reader, rollout: str, *, done: str = "", trouble: str = "") -> Response:
    found = acknowledgements.standing_of(rollout=rollout, at=reader.at, workplace=reader.workplace)
    gate, asks = _gate(reader, rollout, found.suspension) if found else (None, False)
    page = SuspensionPage(
        rollout=rollout,
        facts=_facts(found, reader) if found else (),
        sites=tuple(_site(one, reader) for one in found.sites) if found else (),
        counts=tuple(FactView(name=site, value=count) for site, count in found.counts) if found else (),
        gate=gate[0] if gate else "",
        gate_mark=state_mark(gate[1]) if gate else None,
        asks_gate=asks,
        in_force=bool(found and found.lifted_at is None),
        done=done,
        trouble=trouble,
    )
    return show("console/suspension.html", request=request, page=page, status=409 if trouble else 200)


def _gate(reader: Reader, rollout: str, suspension: str) -> tuple[tuple[str, str] | None, bool]:
    with reader.workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
        row = signing_reading.suspension_by_id(session, suspension=suspension)
        opened = gate_of(suspension=suspension, session=session)
        asks = bool(record and row and needs_gate(record=record, suspension=row, session=session))
    return ((opened.id, opened.state) if opened else None), asks


def _facts(found: acknowledgements.SuspensionStanding, reader: Reader) -> tuple[FactView, ...]:
    ended = str(when(found.lifted_at, zone=reader.zone)) if found.lifted_at else "in force"
    return (
        FactView(name="Since", value=str(when(found.at, zone=reader.zone))),
        FactView(name="By", value=found.by),
        FactView(name="Why", value=found.reason),
        FactView(name="For harm", value="yes" if found.for_harm else "no"),
        FactView(name="Lifted", value=ended),
        FactView(name="List for looking back", value=found.listed or "not made yet", code=bool(found.listed)),
    )


def _site(one: SiteStanding, reader: Reader) -> SiteView:
    told = f"by {one.by}, {when(one.at, zone=reader.zone)}" if one.at else ""
    keys = len(one.systems)
    return SiteView(
        site=one.site,
        mark=SEEN if one.at else (OVERDUE if one.overdue else SILENT),
        due=when(one.due_at, zone=reader.zone),
        told=told,
        systems=f"{keys} {'system' if keys == 1 else 'systems'} may ask here",
        waits=one.at is None,
    )
