"""The registry of guidelines: what is published, what each version changed, who still follows another, what is left."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.actions import directory
from primum.actions.declared_guidelines import DeclaredGuideline, Dependent, declared_guidelines
from primum.actions.guideline_registry import ListedVersion, registry
from primum.actions.guidelines import REGISTRY, AffectedRollout
from primum.actions.look_back import LookBackState, states
from primum.evidence.scores.guideline_labels import OPEN
from primum.roadmap.guidelines import said
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, when
from primum.web.showing import show
from primum.web.views import Mark

router = APIRouter()
NEWEST = Mark(word="Newest", symbol="✓", kind="pass")
SUPERSEDED = Mark(word="Superseded", symbol="~", kind="plain")
COMPLETE = Mark(word="Complete", symbol="✓", kind="pass")
UNDER_WAY = Mark(word="Under way", symbol="…", kind="unknown")
NOT_SHOWN = "not shown"


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One published version."""

    name: str
    title: str
    mark: Mark
    issuer: str
    source: str
    summary: str
    published_on: str
    effective_on: str
    publisher: str
    kept: When
    digest: str
    changed: str
    affected: tuple[AffectedRollout, ...]


@dataclass(frozen=True, kw_only=True)
class GuidelinesPage:
    """The whole page."""

    versions: tuple[VersionRow, ...]
    declared: tuple[DeclaredGuideline, ...]
    without: tuple[Dependent, ...]


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """How one group of a look-back moved, in counts that may be shown."""

    attribute: str
    level: str
    n: str
    moves: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class LookBackRow:
    """One look-back in counts."""

    id: str
    rollout: str
    title: str
    mark: Mark
    words: str
    listed: str
    evidence: str
    smallest: int
    made: When
    worked_on: When | None
    groups: tuple[GroupRow, ...]


@dataclass(frozen=True, kw_only=True)
class LookBacksPage:
    """The whole page."""

    rows: tuple[LookBackRow, ...]


@router.get("/guidelines")
def guidelines(request: Request, reader: ReadBy) -> Response:
    """Show the registry, and which guideline versions the rollouts follow."""
    listed = registry(rollouts=reader.rollouts, at=reader.at, workplace=reader.workplace)
    declared, without = declared_guidelines(rollouts=reader.rollouts, workplace=reader.workplace)
    page = GuidelinesPage(versions=tuple(_version(one, reader) for one in listed), declared=declared, without=without)
    return show("console/guidelines.html", request=request, page=page)


@router.get("/look-backs")
def look_backs(request: Request, reader: ReadBy) -> Response:
    """Show how far the look-backs are: counts alone, since the worklists stay where the data are (P9)."""
    with reader.workplace.ledger.reading() as session:
        found = states(session, rollouts=reader.rollouts)
    page = LookBacksPage(rows=tuple(_look_back(one, reader) for one in reversed(found)))
    return show("console/look_backs.html", request=request, page=page)


def _version(one: ListedVersion, reader: Reader) -> VersionRow:
    by_registry = one.publisher == REGISTRY
    return VersionRow(
        name=one.name,
        title=one.title,
        mark=NEWEST if one.is_newest else SUPERSEDED,
        issuer=one.issuer,
        source=one.source,
        summary=one.summary,
        published_on=one.published_on,
        effective_on=one.effective_on,
        publisher="the outside registry"
        if by_registry
        else directory.name_of(one.publisher, workplace=reader.workplace),
        kept=when(one.at, zone=reader.zone),
        digest=one.digest,
        changed=one.changed,
        affected=one.affected,
    )


def _look_back(one: LookBackState, reader: Reader) -> LookBackRow:
    groups = [("all", "", one.counts["all"])]
    groups += [(name, level, row) for name, levels in one.counts["groups"].items() for level, row in levels.items()]
    return LookBackRow(
        id=one.id,
        rollout=one.rollout,
        title=f"{one.rollout}: {one.old} to {one.new}",
        mark=COMPLETE if one.complete else UNDER_WAY,
        words=one.words,
        listed=_number(one.listed),
        evidence=one.evidence,
        smallest=one.counts["smallest_cell"],
        made=when(one.made_at, zone=reader.zone),
        worked_on=when(one.worked_on_at, zone=reader.zone) if one.worked_on_at else None,
        groups=tuple(
            GroupRow(
                attribute=name,
                level=level,
                n=_number(row["n"]),
                moves=tuple(
                    (move.replace("->", "to").replace("-", " "), _number(n)) for move, n in row["moves"].items()
                ),
            )
            for name, level, row in groups
        ),
    )


def _in_words(move: str) -> str:
    """Say ``at-target -> open`` as a reader would."""
    before, after = (said(label) for label in move.split(" -> "))
    if before == after:
        return "not known before or now" if before == OPEN else f"stays {before}"
    return f"{before} to not known" if after == OPEN else f"{before} to {after}"


def _number(n: int | None) -> str:
    return NOT_SHOWN if n is None else f"{n:,}"
