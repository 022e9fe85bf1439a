"""What the registry of guidelines holds: versions, what each changed, and which rollouts follow an older one."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session

from primum.actions.directory import Directory, directory
from primum.actions.guidelines import AffectedRollout, affected_by
from primum.actions.workplace import Workplace
from primum.ledger import guideline_reading
from primum.ledger.guideline_tables import GuidelineVersion
from primum.roadmap.guidelines import CannotCompare, Guideline, changed
from primum.roadmap.parts import Source


@dataclass(frozen=True, kw_only=True)
class ListedVersion:
    """One version as it stands in the registry; ``affected`` only for the newest of its guideline."""

    name: str
    title: str
    issuer: str
    summary: str
    source: str
    published_on: str
    effective_on: str
    digest: str
    publisher: str
    channel: str
    at: datetime
    is_newest: bool
    changed: str
    affected: tuple[AffectedRollout, ...]

    def plain(self) -> dict[str, object]:
        """Return it as JSON-ready values."""
        return asdict(self)


def registry(*, rollouts: Collection[str] | None, at: datetime, workplace: Workplace) -> tuple[ListedVersion, ...]:
    """
    Return every version, each guideline's newest first, with what it changed against the one before (P6.9).

    :param rollouts: those the reader may see; ``None`` for all
    """
    known = directory(workplace)
    with workplace.ledger.reading() as session:
        rows = guideline_reading.versions(session)
        listed = []
        for place, row in enumerate(rows):
            before = rows[place - 1] if place and rows[place - 1].guideline == row.guideline else None
            after = rows[place + 1] if place + 1 < len(rows) and rows[place + 1].guideline == row.guideline else None
            affected = () if after else _affected(row, rollouts, known, at, session)
            listed.append(_listed(row, before=before, is_newest=after is None, affected=affected))
    listed.reverse()
    return tuple(sorted(listed, key=lambda one: one.name.partition("@")[0]))


def difference_in_words(*, old: Guideline, new: Guideline) -> str:
    """Return what a new version changes, or why that cannot be said."""
    try:
        return changed(old=old, new=new).words
    except CannotCompare as problem:
        return f"Not compared: {problem}"


def change_since(*, follows: str, name: str, session: Session) -> str:
    """Return what a published version changes for who follows another; says so where that one was never published."""
    new = guideline_reading.version(session, name=name)
    old = guideline_reading.version(session, name=follows)
    if new is None or old is None:
        return f"{follows} was never published here, so what changes cannot be said."
    return difference_in_words(old=guideline_reading.content(old), new=guideline_reading.content(new))


def cited(source: Source) -> str:
    """Return where a version stands, in one line."""
    if source.file == "local":
        return source.words
    lines = f"lines {source.line} to {source.to_line}" if source.to_line else f"line {source.line}"
    return f"{source.file}, {lines}" + (f": {source.words}" if source.words else "")


def _affected(
    row: GuidelineVersion, rollouts: Collection[str] | None, known: Directory, at: datetime, session: Session
) -> tuple[AffectedRollout, ...]:
    found = affected_by(guideline=guideline_reading.content(row), known=known, at=at, session=session)
    return tuple(one for one in found if rollouts is None or one.rollout in rollouts)


def _listed(
    row: GuidelineVersion, *, before: GuidelineVersion | None, is_newest: bool, affected: tuple[AffectedRollout, ...]
) -> ListedVersion:
    guideline = guideline_reading.content(row)
    words = difference_in_words(old=guideline_reading.content(before), new=guideline) if before else ""
    return ListedVersion(
        name=guideline.name,
        title=guideline.title,
        issuer=guideline.issuer,
        summary=guideline.summary,
        source=cited(guideline.source),
        published_on=row.published_on,
        effective_on=row.effective_on,
        digest=row.digest,
        publisher=row.publisher,
        channel=row.channel,
        at=row.at,
        is_newest=is_newest,
        changed=words,
        affected=affected,
    )
