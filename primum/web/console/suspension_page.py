"""A suspension: which site has seen it, by when each has to, whom the release had reached, and how to go on."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from primum.actions import acknowledgements, reopening, suspension
from primum.actions.acknowledgements import CannotAcknowledge, SiteStanding
from primum.actions.gates import AlreadyRejected
from primum.actions.intake import EvidenceChanged
from primum.actions.registration import RegistrationRefused
from primum.actions.resumption import CannotResume, gate_of, needs_gate
from primum.actions.submission import UnknownPerson
from primum.integrations.configuration import ConfigurationRefused
from primum.integrations.source_limits import SourceRefused
from primum.integrations.tracking import TrackingUnreachable
from primum.ledger import reading, signing_reading
from primum.roadmap.gates import GateState
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, when
from primum.web.marks import state_mark
from primum.web.showing import show
from primum.web.views import FactView, Mark
from primum.web.visitors import Scope, SignedIn, may

router = APIRouter()
CHANNEL = "console"
DONE = {
    "seen": "Noted; thank you.",
    "reopened": "The gate was evaluated anew on the files as they are now; its state stands below.",
}
UNTICKED = "Tick that the gate is to be evaluated again; signatures given before the stop count no more."
# What a gate that was opened again comes to when it has to be opened once more.
CAME_TO_NOTHING = frozenset({GateState.HELD, GateState.REJECTED, GateState.EXPIRED, GateState.VOID})
REFUSALS = (
    AlreadyRejected,
    CannotResume,
    ConfigurationRefused,
    EvidenceChanged,
    RegistrationRefused,
    SourceRefused,
    TrackingUnreachable,
    UnknownPerson,
)
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
    may_reopen: bool
    why_not_reopen: str
    in_force: bool
    done: str
    trouble: str


@router.get("/rollouts/{rollout}/suspension")
def shown(request: Request, reader: ReadBy, rollout: str, done: str = "") -> Response:
    """Show the suspension in force, or the last one."""
    reader.admit(rollout)
    return _page(request, reader, rollout, done=DONE.get(done, ""))


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


@router.post("/rollouts/{rollout}/suspension/reopen")
def reopen(
    request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, confirmed: Annotated[str, Form()] = ""
) -> Response:
    """Evaluate anew the gate that let a stopped rollout in, and ask its seats; it promotes nothing."""
    may(visitor, Scope.SIGN)
    reader.admit(rollout)
    if not confirmed:
        return _page(request, reader, rollout, trouble=UNTICKED)
    try:
        reopening.reopen(rollout=rollout, person=reader.person, at=reader.at, workplace=reader.workplace)
    except REFUSALS as refused:
        return _page(request, reader, rollout, trouble=str(refused))
    return RedirectResponse(f"/rollouts/{rollout}/suspension?done=reopened", status_code=303)


def _page(request: Request, reader: Reader, rollout: str, *, done: str = "", trouble: str = "") -> Response:
    found = acknowledgements.standing_of(rollout=rollout, at=reader.at, workplace=reader.workplace)
    gate, asks = gate_for(rollout, found.suspension, reader=reader) if found else (None, False)
    page = SuspensionPage(
        rollout=rollout,
        facts=_facts(found, reader) if found else (),
        sites=tuple(_site(one, reader) for one in found.sites) if found else (),
        counts=tuple(FactView(name=site, value=count) for site, count in found.counts) if found else (),
        gate=gate[0] if gate else "",
        gate_mark=state_mark(gate[1]) if gate else None,
        asks_gate=asks,
        may_reopen=asks and (gate is None or gate[1] in CAME_TO_NOTHING),
        why_not_reopen=_why_not_reopen(rollout, reader),
        in_force=bool(found and found.lifted_at is None),
        done=done,
        trouble=trouble,
    )
    return show("console/suspension.html", request=request, page=page, status=409 if trouble else 200)


def _why_not_reopen(rollout: str, reader: Reader) -> str:
    known = suspension.people_who_may_stop(rollout=rollout, workplace=reader.workplace)
    if reader.person in {one.id for one in known}:
        return ""
    return f"{reader.name} is not among the people of this rollout; its people have the gate evaluated again."


def gate_for(rollout: str, suspension: str, *, reader: Reader) -> tuple[tuple[str, str] | None, bool]:
    """Return the gate that was asked anew for a suspension with its state, and whether going on needs one."""
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
