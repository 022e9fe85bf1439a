"""Guideline changes over the API: what keeps each open, taking a step, acknowledging for a site, closing."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from primum.actions import change_telling, guideline_changes
from primum.actions.guideline_changes import ChangeView
from primum.roadmap.changes import Step
from primum.web.api.callers import CHANNEL, Reads, Signs, person_at
from primum.web.api.shapes import Asked, Done, Id, Limit, Offset, Page, Shape, paged
from primum.web.console.changes_page import take_step
from primum.web.console.readers import Reader

router = APIRouter(prefix="/changes", tags=["guideline changes"])


class StepShape(Shape):
    """One step."""

    step: str
    title: str
    done: bool
    missing: str | None = Field(description="Why it is missing, in a sentence.")


class SiteShape(Shape):
    """One site that was told."""

    site: str
    due_at: datetime = Field(description="Until when it is to acknowledge.")
    acknowledged_at: datetime | None
    person: str = Field(description="Who acknowledged; empty where nobody has.")


class ChangeLine(Shape):
    """One change in a list."""

    change: str
    rollout: str
    guideline: str
    guideline_before: str
    opened_at: datetime
    closed_at: datetime | None
    gate: str | None = Field(description="The gate of its last comparison.")
    missing: str | None = Field(description="The first step that is missing; none when it may be closed, or is.")


class ChangeShape(ChangeLine):
    """One change with its steps."""

    inside: bool | None = Field(description="Whether the change plan foresaw it.")
    scope: str
    steps: list[StepShape]
    sites: list[SiteShape]


class StepAsked(Asked):
    """Which step is taken: scoped, relabelled, told or card; training and comparing take longer and run elsewhere."""

    step: Step


class SiteAsked(Shape):
    """Which site knows of the change."""

    site: str = Field(min_length=1)


class ClosingAsked(Shape):
    """Why a change may be closed."""

    reason: str = Field(description="At least 20 characters, in your own words.")


@router.get("")
def changes(caller: Reads, limit: Limit = 50, offset: Offset = 0) -> Page[ChangeLine]:
    """List guideline changes, the newest first."""
    rows = guideline_changes.listed(rollouts=caller.rollouts, workplace=caller.workplace)
    told = [{name: getattr(row, name) for name in ChangeLine.model_fields} for row in rows]
    return paged(ChangeLine, told, limit=limit, offset=offset)


@router.get("/{change}")
def change(caller: Reads, change: Id) -> ChangeShape:
    """Show one change: each step, and each site that was told."""
    view = _view(change, caller)
    sites = change_telling.sites_told(change=change, workplace=caller.workplace)
    kept = {name: getattr(view, name) for name in (*ChangeLine.model_fields, "inside", "scope")}
    return ChangeShape(
        **kept,
        steps=[
            StepShape(step=str(one.step), title=one.title, done=one.done, missing=one.missing) for one in view.steps
        ],
        sites=[
            SiteShape.model_validate({name: getattr(one, name) for name in SiteShape.model_fields}) for one in sites
        ],
    )


@router.post("/{change}/steps")
def take(caller: Signs, change: Id, asked: StepAsked) -> Done:
    """Take a step that is done in a moment; one whose turn has not come is refused with the step before it."""
    submission = caller.submission(_rollout_of(change))
    person = submission.person(caller.person)
    take_step(change=change, step=asked.step, submission=submission, person=person, reader=caller)
    return Done(id=change, sentence="The step is taken.")


@router.post("/{change}/acknowledgements")
def acknowledge(caller: Signs, change: Id, asked: SiteAsked) -> Done:
    """Say for a site that it knows of the change; a second time changes nothing."""
    person = person_at(_rollout_of(change), caller=caller)
    change_telling.acknowledge(
        change=change, site=asked.site, person=person, channel=CHANNEL, at=caller.at, workplace=caller.workplace
    )
    return Done(id=change, sentence=f"Noted: {asked.site} knows of the change.")


@router.post("/{change}/closing")
def close(caller: Signs, change: Id, asked: ClosingAsked) -> Done:
    """Close a change; with a step missing it stays open and the answer says which."""
    person = person_at(_rollout_of(change), caller=caller)
    guideline_changes.close(change=change, person=person, reason=asked.reason, at=caller.at, workplace=caller.workplace)
    return Done(id=change, sentence="The change is closed.")


def _rollout_of(change: str) -> str:
    return change.partition(".")[0]


def _view(change: str, caller: Reader) -> ChangeView:
    caller.admit(_rollout_of(change))
    return guideline_changes.view(change=change, workplace=caller.workplace)
