"""Questions asked of guideline versions, relabellings and look-backs; nothing here writes."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from primum.ledger.guideline_tables import GuidelineRequest, GuidelineVersion, LookBack, LookBackProgress, Relabelling
from primum.roadmap.guideline_versions import Guideline


def versions(session: Session, *, guideline: str | None = None) -> Sequence[GuidelineVersion]:
    """Return the versions of one guideline, or of all, each guideline's in the order of their publication."""
    query = select(GuidelineVersion)
    if guideline is not None:
        query = query.where(GuidelineVersion.guideline == guideline)
    order = (col(GuidelineVersion.guideline), col(GuidelineVersion.published_on), col(GuidelineVersion.at))
    return session.exec(query.order_by(*order)).all()


def version(session: Session, *, name: str) -> GuidelineVersion | None:
    """Return a version by its name, ``hypertension@2025``."""
    guideline, _, number = name.partition("@")
    query = select(GuidelineVersion).where(GuidelineVersion.guideline == guideline, GuidelineVersion.version == number)
    return session.exec(query).first()


def newest(session: Session, *, guideline: str) -> GuidelineVersion | None:
    """Return the version of a guideline that was published last."""
    found = versions(session, guideline=guideline)
    return found[-1] if found else None


def content(row: GuidelineVersion) -> Guideline:
    """Return what a version says."""
    return Guideline.model_validate_json(row.content)


def request(session: Session, *, fingerprint: str) -> GuidelineRequest | None:
    """Return whether a signed request was taken before."""
    return session.get(GuidelineRequest, fingerprint)


def relabellings(session: Session, *, rollout: str, new: str | None = None) -> Sequence[Relabelling]:
    """Return how tables of a rollout were labelled again, oldest first; by one version when it is named."""
    query = select(Relabelling).where(Relabelling.rollout == rollout)
    if new is not None:
        query = query.where(Relabelling.new == new)
    return session.exec(query.order_by(col(Relabelling.at))).all()


def look_back(session: Session, *, look_back: str) -> LookBack | None:
    """Return a look-back by its id."""
    return session.get(LookBack, look_back)


def look_backs(session: Session, *, rollout: str | None = None, new: str | None = None) -> Sequence[LookBack]:
    """Return the look-backs of a rollout, or of all, oldest first; those of one version when it is named."""
    query = select(LookBack)
    if rollout is not None:
        query = query.where(LookBack.rollout == rollout)
    if new is not None:
        query = query.where(LookBack.new == new)
    return session.exec(query.order_by(col(LookBack.at))).all()


def progress(session: Session, *, look_back: str) -> LookBackProgress | None:
    """Return the count of a look-back that was written last; ``None`` before the first unit is done."""
    query = select(LookBackProgress).where(LookBackProgress.look_back == look_back)
    return session.exec(query.order_by(col(LookBackProgress.number).desc())).first()
