"""The page of a gate: everything a person needs before signing, and the list that a promotion will ask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.actions import voting
from primum.actions.explaining import Condition, World, conditions, explain
from primum.actions.reporting import GateReport, Promise, SeatStanding, gate_report
from primum.actions.submission import Submission, UnknownPerson
from primum.ledger import reading
from primum.ledger.tables import Gate
from primum.roadmap.bundle import ReleaseBundle
from primum.roadmap.gates import GateState
from primum.roadmap.seats import LABELS
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import left_until, when
from primum.web.drawings import figures_kept
from primum.web.gate_page import page_of
from primum.web.marks import ANSWERS, OPEN_SEAT
from primum.web.pages import gate_view
from primum.web.showing import show
from primum.web.views import FactView, GatePage, GateView, Mark

router = APIRouter()
ANSWERED = Mark(word="Answered", symbol="●", kind="plain")
PROMISED = Mark(word="Open", symbol="○", kind="wait")
OVERDUE = Mark(word="Overdue", symbol="!", kind="fail")
KEPT = Mark(word="Done", symbol="✓", kind="pass")
HOLDS = Mark(word="Holds", symbol="✓", kind="pass")
HOLDS_NOT = Mark(word="Does not hold", symbol="✕", kind="fail")
TELL_ANSWERS = frozenset({"limits of the approval"})
DONE = {
    "signed": "Your answer is recorded.",
    "granted": "Your answer is recorded; with it every seat has signed.",
    "rejected": "Your answer is recorded; the gate is closed.",
    "held": "Your answer is recorded; the gate is held until there is other evidence.",
    "interest": "Your interest is recorded; you are not asked to sign on this rollout.",
    "delegated": "Your seat is handed over for that time.",
    "closed": "Recorded as done.",
    "applied": "Applied; the rollout moved on.",
    "applied-alone": "Applied; the rollout moved on. MLflow did not answer, so its alias is set later.",
}


@dataclass(frozen=True, kw_only=True)
class SeatRow:
    """One seat and what was said on it."""

    role: str
    mark: Mark
    person: str
    said: tuple[str, ...]
    at: str


@dataclass(frozen=True, kw_only=True)
class PromiseRow:
    """What an approval leaves to be done."""

    id: str
    mark: Mark
    what: str
    owner: str
    due: str
    note: str
    closable: bool


@dataclass(frozen=True, kw_only=True)
class ConditionRow:
    """One thing that a promotion asks."""

    name: str
    mark: Mark
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ConsoleGate:
    """The page of a gate in the console: the page of its file, and what only somebody signed in sees."""

    gate: GatePage
    rollout: str
    done: str
    trouble: str
    may_apply: bool
    may_sign: bool
    why_not: str
    signing: str
    seats: tuple[SeatRow, ...]
    blinded: bool
    open_until: str
    promises: tuple[PromiseRow, ...]
    asked: tuple[ConditionRow, ...]
    bundle: tuple[FactView, ...]
    run_link: str


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Everything a promotion asks, asked now."""

    gate: str
    title: str
    rollout: str
    rows: tuple[ConditionRow, ...]
    sentence: str
    at: str


@router.get("/gates/{gate}")
def gate(request: Request, reader: ReadBy, gate: str, done: str = "") -> Response:
    """Show one gate."""
    row = reader.gate(gate)
    submission = reader.submission(row.rollout)
    page = console_gate(row, submission=submission, reader=reader, done=DONE.get(done, ""))
    return show("console/gate.html", request=request, page=page)


@router.get("/gates/{gate}/explain")
def explained(request: Request, reader: ReadBy, gate: str) -> Response:
    """Ask everything that a promotion asks, tables, documents and MLflow included, and show each answer."""
    row = reader.gate(gate)
    submission = reader.submission(row.rollout)
    found = explain(gate=gate, submission=submission, at=reader.at, workplace=reader.workplace)
    asked = without_answers(found, blinded=voting.is_blinded(gate=row, submission=submission))
    held = sum(not one.holds for one in asked)
    page = Explained(
        gate=gate,
        title=submission.rollout.title,
        rollout=row.rollout,
        rows=_conditions(asked),
        sentence=f"{held} of {len(asked)} do not hold." if held else f"All {len(asked)} hold.",
        at=str(when(reader.at, zone=reader.zone)),
    )
    return show("console/explain.html", request=request, page=page)


def console_gate(
    row: Gate, *, submission: Submission, reader: Reader, done: str = "", trouble: str = ""
) -> ConsoleGate:
    """Return everything on the page of a gate, for one reader."""
    place = reader.workplace
    report = gate_report(gate=row.id, submission=submission, workplace=place, reader=reader.person)
    figures = figures_kept(
        evaluation=report.evaluation,
        known_as=report.evaluation_digest,
        rollout=submission.rollout,
        policy=submission.policy,
        folder=place.settings.artifacts / "figures",
    )
    why_not = why_not_sign(row, submission=submission, reader=reader)
    page = page_of(
        evaluation=report.evaluation,
        gate=_view(report, submission, reader.zone),
        policy=submission.policy,
        say=lambda at: str(when(datetime.fromisoformat(at), zone=reader.zone)),
    )
    return ConsoleGate(
        gate=replace(page, figures=figures),
        rollout=row.rollout,
        done=done,
        trouble=trouble,
        may_apply=row.state == GateState.GRANTED,
        may_sign=why_not is None,
        why_not=why_not or "",
        signing=LABELS["step_up" if report.step_up else "click"],
        seats=tuple(_seat(one, reader.zone) for one in report.seats),
        blinded=report.blinded,
        open_until=_open_until(report, reader),
        promises=tuple(_promise(one, reader) for one in report.promises),
        asked=_conditions(without_answers(_known(row, submission, reader), blinded=report.blinded)),
        bundle=_bundle(report, reader),
        run_link=_run_link(report, reader),
    )


def why_not_sign(row: Gate, *, submission: Submission, reader: Reader) -> str | None:
    """Return the one reason the reader need not begin to sign a gate, if there is one."""
    try:
        with reader.workplace.ledger.reading() as session:
            return voting.why_not_begin(
                gate=row.id,
                person=reader.person,
                shown_digest=row.subject_digest or "",
                submission=submission,
                at=reader.at,
                session=session,
            )
    except UnknownPerson:
        return f"{reader.name} is not among the people of this rollout and signs nothing on it."


def _view(report: GateReport, submission: Submission, zone: str) -> GateView:
    """As on the page written to a file, times as the reader's clock has them; seats and buttons stand by themselves."""
    return replace(
        gate_view(report, submission=submission),
        opened=str(when(report.opened_at, zone=zone)),
        expires=str(when(report.expires_at, zone=zone)) if report.expires_at else "",
        commands=(),
        seats=(),
    )


def _seat(one: SeatStanding, zone: str) -> SeatRow:
    mark = ANSWERED if one.hidden else next((mark for said, mark in ANSWERS.items() if said == one.answer), OPEN_SEAT)
    said = [one.reason] if one.reason else []
    if one.answer:
        said += [f"Meaning: {one.meaning}; {LABELS['step_up' if one.stepped_up else 'click']}."]
    if one.conditions:
        said += [f"Only under these conditions: {'; '.join(one.conditions)}."]
    return SeatRow(
        role=one.role.replace("-", " ").capitalize(),
        mark=mark,
        person=f"{one.person} for {one.on_behalf_of}" if one.on_behalf_of else one.person,
        said=tuple(said),
        at=str(when(one.at, zone=zone)) if one.at else "",
    )


def _open_until(report: GateReport, reader: Reader) -> str:
    if report.state != GateState.AWAITING_SEATS or report.expires_at is None:
        return ""
    left = left_until(report.expires_at, at=reader.at)
    return f"Open until {when(report.expires_at, zone=reader.zone)}: {left} left."


def _promise(one: Promise, reader: Reader) -> PromiseRow:
    overdue = reader.at >= one.due_at
    return PromiseRow(
        id=one.id,
        mark=KEPT if one.closed_at else (OVERDUE if overdue else PROMISED),
        what=one.what,
        owner=one.owner_name,
        due=str(when(one.due_at, zone=reader.zone)),
        note=one.note,
        closable=one.owner != reader.person and one.closed_at is None,
    )


def _known(row: Gate, submission: Submission, reader: Reader) -> tuple[Condition, ...]:
    """Return what the ledger alone can say of the list; the rest takes a look at every table and at MLflow."""
    world = World(conditions=(), subject=row.subject_digest)
    with reader.workplace.ledger.reading() as session:
        return conditions(gate=row, world=world, session=session, submission=submission, at=reader.at)


def without_answers(asked: Sequence[Condition], *, blinded: bool) -> tuple[Condition, ...]:
    """Leave out what would tell others' answers while reviews are independent."""
    return tuple(one for one in asked if not (blinded and one.name in TELL_ANSWERS))


def _conditions(asked: Sequence[Condition]) -> tuple[ConditionRow, ...]:
    rows = (ConditionRow(name=one.name, mark=HOLDS if one.holds else HOLDS_NOT, sentence=one.sentence) for one in asked)
    return tuple(rows)


def _bundle(report: GateReport, reader: Reader) -> tuple[FactView, ...]:
    """Return the parts of the release bundle, where the registered one is the one evaluated."""
    with reader.workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=report.rollout)
    if record is None or record.bundle_digest != report.evaluation.bundle_digest:
        return ()
    bundle = ReleaseBundle.model_validate_json(record.bundle)
    named = (
        ("Model", bundle.model),
        ("Prompt", bundle.prompt),
        ("Retrieval corpus", bundle.retrieval_corpus),
        ("Guidelines", ", ".join(bundle.guidelines)),
        ("Policy", bundle.policy_digest),
        ("Protocol", bundle.protocol_digest),
        ("Model card", bundle.card_digest),
        *((f"Suite {number}", suite) for number, suite in enumerate(bundle.suite_digests, start=1)),
    )
    return tuple(FactView(name=name, value=value or "none declared", code=bool(value)) for name, value in named)


def _run_link(report: GateReport, reader: Reader) -> str:
    pages = reader.workplace.settings.tracking_pages
    return f"{pages.rstrip('/')}/#/runs/{report.tracking_run}" if pages and report.tracking_run else ""
