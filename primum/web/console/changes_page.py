"""The pages of guideline changes: which there are, and one with its steps as a checklist, to be taken and closed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from primum.actions import change_telling, change_training, guideline_changes
from primum.actions.change_steps import CannotChange
from primum.actions.change_telling import SiteTold
from primum.actions.guideline_changes import ChangeView
from primum.actions.model_cards import CannotPublish
from primum.actions.relabelling import CannotRelabel
from primum.actions.submission import Submission, UnknownPerson
from primum.roadmap.changes import Step
from primum.roadmap.people import Person
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, when
from primum.web.showing import show
from primum.web.views import FactView, Mark
from primum.web.visitors import Scope, SignedIn, may

router = APIRouter()
CHANNEL = "console"
TAKEN = Mark(word="Taken", symbol="✓", kind="pass")
MISSING = Mark(word="Missing", symbol="○", kind="wait")
KNOWS = Mark(word="Knows of it", symbol="✓", kind="pass")
SILENT = Mark(word="Not acknowledged yet", symbol="○", kind="wait")
OVERDUE = Mark(word="Overdue: people are told", symbol="!", kind="fail")
DONE = {
    "taken": "The step is taken.",
    "acknowledged": "Noted: the site knows of the change.",
    "closed": "The change is closed.",
}
REFUSALS = (CannotChange, CannotPublish, CannotRelabel, UnknownPerson)
NOT_HERE = "This step is not taken here; the page of the change says how it is."
# What a machine does in a moment is done from the page; training and comparing take longer and are begun elsewhere.
FROM_HERE: dict[str, Callable[..., object]] = {
    Step.SCOPED: guideline_changes.scope,
    Step.RELABELLED: change_training.relabel,
    Step.TOLD: change_telling.tell,
    Step.CARD: guideline_changes.write_card,
}
ELSEWHERE = {
    Step.RETRAINED: "primum change retrain {change} --as YOU",
    Step.COMPARED: "primum change compare {change} FILE --as YOU",
    Step.LOOKED_BACK: "primum lookback make {rollout} --table TABLE --old {before} --new {now} --as YOU",
}


@dataclass(frozen=True, kw_only=True)
class ShownStep:
    """One line of the checklist; ``action`` is what its button takes, ``typed`` what is typed in a terminal."""

    title: str
    mark: Mark
    missing: str
    action: str
    typed: str


@dataclass(frozen=True, kw_only=True)
class ShownSite:
    """One site that was told."""

    site: str
    mark: Mark
    words: str
    due: When
    waits: bool


@dataclass(frozen=True, kw_only=True)
class ShownChange:
    """One line of the list."""

    change: str
    title: str
    guideline: str
    mark: Mark
    missing: str


@dataclass(frozen=True, kw_only=True)
class ChangesPage:
    """The list."""

    changes: tuple[ShownChange, ...]


@dataclass(frozen=True, kw_only=True)
class ChangePage:
    """One change."""

    change: str
    rollout: str
    title: str
    gate: str
    is_open: bool
    missing: str
    facts: tuple[FactView, ...]
    steps: tuple[ShownStep, ...]
    sites: tuple[ShownSite, ...]
    done: str
    trouble: str
    reason: str


@router.get("/changes")
def changes(request: Request, reader: ReadBy) -> Response:
    """Show the guideline changes of the rollouts that the reader may see."""
    rows = guideline_changes.listed(rollouts=reader.rollouts, workplace=reader.workplace)
    page = ChangesPage(changes=tuple(_line(row) for row in rows))
    return show("console/changes.html", request=request, page=page)


@router.get("/changes/{change}")
def change_page(request: Request, reader: ReadBy, change: str, done: str = "") -> Response:
    """Show one change with its steps."""
    return _shown(request, reader, change, done=DONE.get(done, ""))


@router.post("/changes/{change}/steps")
def take(
    request: Request, visitor: SignedIn, reader: ReadBy, change: str, step: Annotated[str, Form()] = ""
) -> Response:
    """Take a step that is done in a moment."""
    may(visitor, Scope.SIGN)

    def doing(submission: Submission, person: Person) -> None:
        take_step(change=change, step=step, submission=submission, person=person, reader=reader)

    return _done(request, reader, change, "taken", doing)


def take_step(*, change: str, step: str, submission: Submission, person: Person, reader: Reader) -> None:
    """
    Take a step that is done in a moment.

    :raises CannotChange: if it is another one, or with the one reason
    """
    action = FROM_HERE.get(step)
    if action is None:
        raise CannotChange(NOT_HERE)
    more = {} if action is guideline_changes.write_card else {"submission": submission}
    action(change=change, person=person, at=reader.at, **more, workplace=reader.workplace)


@router.post("/changes/{change}/acknowledge")
def acknowledge(
    request: Request, visitor: SignedIn, reader: ReadBy, change: str, site: Annotated[str, Form()] = ""
) -> Response:
    """Say for a site that it knows of the change."""
    may(visitor, Scope.SIGN)

    def doing(_: Submission, person: Person) -> None:
        change_telling.acknowledge(
            change=change, site=site, person=person, channel=CHANNEL, at=reader.at, workplace=reader.workplace
        )

    return _done(request, reader, change, "acknowledged", doing)


@router.post("/changes/{change}/close")
def close(
    request: Request, visitor: SignedIn, reader: ReadBy, change: str, reason: Annotated[str, Form()] = ""
) -> Response:
    """Close the change; with a step missing it stays open and says which."""
    may(visitor, Scope.SIGN)

    def doing(_: Submission, person: Person) -> None:
        guideline_changes.close(change=change, person=person, reason=reason, at=reader.at, workplace=reader.workplace)

    return _done(request, reader, change, "closed", doing, reason=reason)


def _done(
    request: Request,
    reader: Reader,
    change: str,
    done: str,
    doing: Callable[[Submission, Person], None],
    reason: str = "",
) -> Response:
    """Do one thing as whoever reads; a refusal is shown on the page it came from, with the reason they wrote."""
    rollout = _rollout_of(change, reader)
    try:
        submission = reader.submission(rollout)
        doing(submission, submission.person(reader.person))
    except REFUSALS as refused:
        return _shown(request, reader, change, trouble=str(refused), reason=reason, status=409)
    return RedirectResponse(f"/changes/{change}?done={done}", status_code=303)


def _rollout_of(change: str, reader: Reader) -> str:
    """The rollout that a change's id begins with, if the reader may see it."""
    rollout = change.partition(".")[0]
    reader.admit(rollout)
    return rollout


def _shown(
    request: Request,
    reader: Reader,
    change: str,
    *,
    done: str = "",
    trouble: str = "",
    reason: str = "",
    status: int = 200,
) -> Response:
    _rollout_of(change, reader)
    view = guideline_changes.view(change=change, workplace=reader.workplace)
    told = change_telling.sites_told(change=change, workplace=reader.workplace)
    page = ChangePage(
        change=view.change,
        rollout=view.rollout,
        title=view.title,
        gate=view.gate or "",
        is_open=view.closed_at is None,
        missing=view.missing or "",
        facts=_facts(view, reader),
        steps=tuple(_steps(view)),
        sites=tuple(_site(one, reader) for one in told),
        done=done,
        trouble=trouble,
        reason=reason,
    )
    return show("console/change.html", request=request, page=page, status=status)


def _line(row: ChangeView) -> ShownChange:
    closed = row.closed_at is not None
    return ShownChange(
        change=row.change,
        title=row.title,
        guideline=row.guideline,
        mark=Mark(word="Closed", symbol="✓", kind="pass") if closed else Mark(word="Open", symbol="○", kind="wait"),
        missing=row.missing or ("" if closed else "No step is missing; somebody closes it."),
    )


def _facts(view: ChangeView, reader: Reader) -> tuple[FactView, ...]:
    changed = view.counts.get("changed")
    found = [
        FactView(name="From", value=view.guideline_before, code=True),
        FactView(name="To", value=view.guideline, code=True),
        FactView(name="Since", value=str(when(view.opened_at, zone=reader.zone))),
    ]
    if view.scope:
        found.append(FactView(name="Change plan", value=f"{'inside' if view.inside else 'outside'}: {view.scope}"))
    if isinstance(changed, int):
        found.append(FactView(name="Labels that change", value=f"{changed:,} of {view.counts.get('n'):,}"))
    if view.closed_at:
        found.append(FactView(name="Closed", value=str(when(view.closed_at, zone=reader.zone))))
    return tuple(found)


def _site(one: SiteTold, reader: Reader) -> ShownSite:
    at = one.acknowledged_at
    late = at is None and reader.at >= one.due_at
    return ShownSite(
        site=one.site,
        mark=KNOWS if at else (OVERDUE if late else SILENT),
        words=f"by {one.person}, {when(at, zone=reader.zone)}" if at else "",
        due=when(one.due_at, zone=reader.zone),
        waits=at is None,
    )


def _steps(view: ChangeView) -> list[ShownStep]:
    is_open = view.closed_at is None
    return [
        ShownStep(
            title=one.title,
            mark=TAKEN if one.done else MISSING,
            missing=one.missing or "",
            action=str(one.step) if is_open and one.step is view.next_step and one.step in FROM_HERE else "",
            typed=_typed(view, one.step) if not one.done else "",
        )
        for one in view.steps
    ]


def _typed(view: ChangeView, step: Step) -> str:
    named = {"change": view.change, "rollout": view.rollout, "before": view.guideline_before, "now": view.guideline}
    return ELSEWHERE.get(step, "").format(**named)
