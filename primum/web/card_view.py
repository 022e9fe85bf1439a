"""A model card as plain strings for its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from primum.actions.cards_kept import CardVersion
from primum.roadmap.card_guide import GUIDE, WRITTEN_BY_PRIMUM, Advice
from primum.roadmap.model_card import results_in_words
from primum.roadmap.scorecard import Scored
from primum.web.marks import OUTCOMES, moment
from primum.web.rendering import filled
from primum.web.views import FactView, Mark

COLUMNS = ("Measure", "Group", "Value", "Interval", "Events", "n", "Method")
FORMS = {"md": "text/markdown", "json": "application/json", "html": "text/html"}
CAUSES = {
    "gate": "Gate {} was granted",
    "incident": "Incident {} was confirmed",
    "guardrail": "A guardrail failed: {}",
    "monitor": "Alarm {} held or stopped the rollout",
    "guideline": "Guideline change {}",
}


@dataclass(frozen=True, kw_only=True)
class SectionView:
    """One heading and its lines."""

    id: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ScoredView:
    """One of the six minimum items."""

    title: str
    asks: str
    mark: Mark
    lines: tuple[tuple[Mark, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class VersionView:
    """One version in the list."""

    number: int
    at: str
    why: str
    by: str
    changes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CardPage:
    """The whole page; without a version only how one is written, and the six items."""

    rollout: str
    title: str
    above: str
    gaps: tuple[str, ...]
    model: tuple[FactView, ...]
    sections: tuple[SectionView, ...]
    limits: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    results: tuple[tuple[str, ...], ...]
    suppressed: int
    record: tuple[FactView, ...]
    items: tuple[ScoredView, ...]
    versions: tuple[VersionView, ...]
    guide: tuple[Advice, ...] = GUIDE
    by_itself: str = WRITTEN_BY_PRIMUM


def card_page(
    version: CardVersion, *, items: Sequence[Scored], versions: Sequence[CardVersion], names: Mapping[str, str]
) -> CardPage:
    """Return the page of one version of a card; ``names`` are printed names by id."""
    card = version.card
    declared = [
        SectionView(id=_id(name), title=name.capitalize(), lines=texts) for name, texts in card.declared.items()
    ]
    return CardPage(
        rollout=version.rollout,
        title=card.title,
        above=f"Model card · {version.rollout} · version {version.number} · {moment(version.at.isoformat())}",
        gaps=card.gaps,
        model=_facts(card.model),
        sections=(
            *declared,
            SectionView(id="found", title="What the evaluation found wanting", lines=card.found),
            SectionView(
                id="in-use", title="What happened in use", lines=tuple(one["sentence"] for one in card.happened)
            ),
        ),
        limits=tuple((one["words"], one["kept"]) for one in card.limits),
        columns=COLUMNS,
        results=results_in_words(card),
        suppressed=card.suppressed,
        record=_record(version, names),
        items=tuple(_item(one) for one in items),
        versions=tuple(_version(one, names) for one in versions),
    )


def page_without_card(*, rollout: str, title: str, items: Sequence[Scored]) -> CardPage:
    """Return the page of a rollout whose first version is not written yet."""
    return CardPage(
        rollout=rollout,
        title=title,
        above=f"Model card · {rollout} · no version yet",
        gaps=(),
        model=(),
        sections=(),
        limits=(),
        columns=COLUMNS,
        results=(),
        suppressed=0,
        record=(),
        items=tuple(_item(one) for one in items),
        versions=(),
    )


def card_file(page: CardPage, version: CardVersion, *, form: str) -> str:
    """Return a version of a card as a file: ``md``, ``json``, or one page of HTML that needs nothing else."""
    if form == "html":
        return filled("card.html", page=page)
    return version.card.as_json() if form == "json" else version.card.as_markdown()


def _item(one: Scored) -> ScoredView:
    lines = tuple((OUTCOMES[each.finding.outcome], each.finding.sentence, each.gate) for each in one.found)
    return ScoredView(title=f"{one.name} ({one.id})", asks=one.asks, mark=OUTCOMES[one.outcome], lines=lines)


def _version(one: CardVersion, names: Mapping[str, str]) -> VersionView:
    return VersionView(
        number=one.number,
        at=moment(one.at.isoformat()),
        why=why(one),
        by=", ".join(names.get(id_, id_) for id_ in one.approvers),
        changes=one.changes,
    )


def why(one: CardVersion) -> str:
    """Return what made a version necessary, in words."""
    said = CAUSES.get(one.cause, "{}").format(one.subject)
    return f"{said}, after {', '.join(one.guidelines)}" if one.guidelines else said


def _record(version: CardVersion, names: Mapping[str, str]) -> tuple[FactView, ...]:
    known = {
        **version.card.basis,
        **{f"table {name}": digest for name, digest in version.card.datasets.items()},
        "written because": why(version),
        "approved by": ", ".join(names.get(id_, id_) for id_ in version.approvers),
        "digest of this version": version.digest,
        "digest of the version before": version.previous,
    }
    return _facts({name: value for name, value in known.items() if value})


def _facts(named: Mapping[str, str]) -> tuple[FactView, ...]:
    return tuple(
        FactView(name=name.capitalize(), value=value, code=value.startswith("sha256:")) for name, value in named.items()
    )


def _id(name: str) -> str:
    return name.replace(" ", "-")
