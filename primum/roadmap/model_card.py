"""The model card: what people declared, and results copied from the tracked evaluation (P3.8-P3.12, T3)."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from primum.roadmap.estimates import Estimate
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.limitations import kept_in_words, unkept, words_of
from primum.roadmap.rollout import Rollout
from primum.roadmap.suppression import publishable
from primum.roadmap.verdicts import Finding, Level, Outcome
from primum.roadmap.wording import shown

# P3.1 asks for a minimum length; shorter than this nothing has been described.
SHORTEST_TEXT = 40
PLACEHOLDER = re.compile(
    r"\bTODO\b|\bTBD\b|\bTBA\b|\bFIXME\b|\bXXX+\b"
    r"|(?i:\blorem ipsum\b|\bplaceholder\b|\bcoming soon\b|\bchange ?me\b|\bfill (this )?in\b)"
    r"|(?i:\bto be (added|announced|completed|decided|defined|described|determined|filled|provided|written)\b)"
    r"|(?i:\binsert\b.{0,40}\bhere\b)|(?i:^\s*(n/?a|none|unknown|not applicable|todo|tbd)\W*$)"
    r"|<[A-Za-z][^<>]*>|\[\s*(\.{2,}|…|[A-Za-z ]*text[A-Za-z ]*)?\s*\]|\?{3,}|_{3,}",
)


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """
    One version of a model card, bound to one exact model version and one evaluation.

    ``declared`` holds what the rollout file says, by field; ``performance`` the estimates of the
    evaluation with small cells emptied; ``found`` what this evaluation found wanting; ``gaps`` one
    sentence for each required field that nobody has described yet. ``limits`` says of each limitation
    how it is kept at the point of care, ``happened`` what went wrong in use.
    """

    title: str
    rollout: str
    model: dict[str, str]
    declared: dict[str, tuple[str, ...]]
    performance: tuple[Estimate, ...]
    suppressed: int
    found: tuple[str, ...]
    basis: dict[str, str]
    datasets: dict[str, str]
    gaps: tuple[str, ...]
    limits: tuple[dict[str, str], ...] = ()
    happened: tuple[dict[str, str], ...] = ()

    @property
    def complete(self) -> bool:
        """True if every required field is described."""
        return not self.gaps

    def plain(self) -> dict[str, object]:
        """Return the card as JSON-ready dicts and lists; a number that is not finite becomes null."""
        rows = [_plain_row(estimate) for estimate in self.performance]
        return {**asdict(replace(self, performance=())), "performance": rows, "complete": self.complete}

    def as_json(self) -> str:
        """Return the card as JSON with sorted keys."""
        return json.dumps(self.plain(), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"

    def as_markdown(self) -> str:
        """Return the card as Markdown."""
        return "\n".join(_markdown(self)) + "\n"


def card_of(*, rollout: Rollout, evaluation: Evaluation, smallest_cell: int) -> ModelCard:
    """
    Return the model card of a rollout as one evaluation found it (P3.10).

    Results come from the evaluation alone; cells under ``smallest_cell`` are emptied and counted. A
    required field that is missing or holds placeholder text is not printed: it is named in ``gaps``.
    """
    outside = publishable(evaluation, smallest_cell=smallest_cell)
    estimates = tuple(_each_once(outside.verdict.findings))
    return ModelCard(
        title=rollout.title,
        rollout=rollout.rollout,
        model=_model(rollout),
        declared={name: tuple(text for text in texts if _described(text)) for name, texts in _fields(rollout).items()},
        performance=estimates,
        suppressed=sum(estimate.suppressed for estimate in estimates),
        found=outside.verdict.reasons,
        basis=_basis(evaluation),
        datasets={facts.name: facts.digest for facts in outside.tables},
        gaps=gaps_in_card(rollout),
        limits=limits_of(rollout),
    )


def declared_only(rollout: Rollout) -> ModelCard:
    """Return the card of a rollout of which nothing was measured yet."""
    return ModelCard(
        title=rollout.title,
        rollout=rollout.rollout,
        model=_model(rollout),
        declared={name: tuple(text for text in texts if _described(text)) for name, texts in _fields(rollout).items()},
        performance=(),
        suppressed=0,
        found=(),
        basis={},
        datasets={},
        gaps=gaps_in_card(rollout),
        limits=limits_of(rollout),
    )


def card_from(plain: Mapping[str, Any]) -> ModelCard:
    """Return the card that ``ModelCard.plain`` gave; a version that was kept is shown again as it was."""
    return ModelCard(
        title=plain["title"],
        rollout=plain["rollout"],
        model={name: plain["model"][name] for name in sorted(plain["model"], key=_place_of)},
        declared={name: tuple(plain["declared"][name]) for name in REQUIRED if name in plain["declared"]},
        performance=tuple(Estimate(**row) for row in plain["performance"]),
        suppressed=plain["suppressed"],
        found=tuple(plain["found"]),
        basis=plain["basis"],
        datasets=plain["datasets"],
        gaps=tuple(plain["gaps"]),
        limits=tuple(plain["limits"]),
        happened=tuple(plain["happened"]),
    )


def _place_of(name: str) -> int:
    """Where a fact of the model stands on the card; canonical JSON has them by the alphabet."""
    return MODEL_FACTS.index(name) if name in MODEL_FACTS else len(MODEL_FACTS)


def unreadable(*, title: str, rollout: str) -> ModelCard:
    """Return the card of a rollout whose words cannot be read any more; it only carries what happened in use."""
    return ModelCard(
        title=title,
        rollout=rollout,
        model={"version": "not known"},
        declared={},
        performance=(),
        suppressed=0,
        found=(),
        basis={},
        datasets={},
        gaps=("What the rollout's file said when it was registered cannot be read; register it again.",),
    )


def limits_of(rollout: Rollout) -> tuple[dict[str, str], ...]:
    """Return each limitation with how it is kept at the point of care (V17)."""
    card = rollout.card
    return tuple(
        {"words": words_of(one), "kept": kept_in_words(one, exclusions=card.exclusions)} for one in card.limitations
    )


def gaps_in_card(rollout: Rollout) -> tuple[str, ...]:
    """Return one sentence for each required field that is not really described, and each limitation nothing keeps."""
    card = rollout.card
    undescribed = (
        f"The model card does not say {REQUIRED[name][0]}: {problem} ({REQUIRED[name][1]})."
        for name, texts in _fields(rollout).items()
        if (problem := _why_not_described(texts))
    )
    return (*undescribed, *unkept(card.limitations, exclusions=card.exclusions))


def card_finding(rollout: Rollout) -> Finding:
    """Return whether the card could be published; without one no gate opens (P3.12)."""
    gaps = gaps_in_card(rollout)
    complete = f"The model card of {rollout.model.name} {rollout.model.version} describes all that is required."
    return Finding(
        check="document:model-card",
        kind="document",
        outcome=Outcome.INSUFFICIENT if gaps else Outcome.PASS,
        level=Level.OVERRIDABLE,
        sentence=" ".join(gaps) or complete,
        requirements=("P3.1", "P3.8", "P3.9", "P3.11", "P3.12", "P3.4", "V17", "K3"),
    )


REQUIRED = {
    "intended use": ("what the model is for", "P3.8"),
    "out of scope": ("what the model is not for", "P3.8"),
    "architecture": ("how the model is built", "P3.1"),
    "training data": ("what data the model was trained on", "P3.9"),
    "known limitations": ("where the model is known to be limited", "P3.11"),
    "failure modes": ("how the model is known to fail", "P3.11"),
}


MODEL_FACTS = ("name", "version", "provider", "class", "reads", "weights", "risk tier", "mode", "guidelines")


def _fields(rollout: Rollout) -> dict[str, tuple[str, ...]]:
    card, use = rollout.card, rollout.use
    return {
        "intended use": (rollout.summary, use.human_decision),
        "out of scope": use.out_of_scope,
        "architecture": (card.architecture,),
        "training data": (card.training_data,),
        "known limitations": tuple(words_of(one) for one in card.limitations),
        "failure modes": card.failure_modes,
    }


def _why_not_described(texts: tuple[str, ...]) -> str | None:
    written = [text for text in texts if text.strip()]
    if not written:
        return "the field is empty"
    if placeholder := next((match for text in written if (match := PLACEHOLDER.search(text))), None):
        return f"'{placeholder.group().strip()}' stands in for a description"
    length = sum(len(text.strip()) for text in written)
    if length < SHORTEST_TEXT:
        return f"{length} characters are not a description, {SHORTEST_TEXT} are the least"
    return None


def _described(text: str) -> bool:
    return bool(text.strip()) and PLACEHOLDER.search(text) is None


def _model(rollout: Rollout) -> dict[str, str]:
    model = rollout.model
    named = {
        "name": model.name,
        "version": model.version,
        "provider": model.provider,
        "class": str(model.model_class),
        "reads": ", ".join(str(modality) for modality in model.modalities),
        "weights": model.weights_digest or "with the provider",
        "risk tier": str(rollout.risk_tier),
        "mode": str(rollout.use.mode),
    }
    guidelines = ", ".join(rollout.release.guidelines)
    return {**named, "guidelines": guidelines} if guidelines else named


def _basis(evaluation: Evaluation) -> dict[str, str]:
    return {
        "stage": str(evaluation.stage),
        "gate": str(evaluation.gate),
        "evaluated at": evaluation.at,
        "outcome": str(evaluation.verdict.outcome),
        "policy": f"{evaluation.policy_id} ({evaluation.policy_digest})",
        "release bundle": evaluation.bundle_digest,
        "analysis version": evaluation.analysis_version,
    }


def _each_once(findings: Iterable[Finding]) -> Iterable[Estimate]:
    """Two criteria may rest on the same estimate; the card shows it once."""
    return dict.fromkeys(estimate for finding in findings for estimate in finding.estimates)


def _finite(number: float | None) -> float | None:
    return number if number is not None and abs(number) < float("inf") else None


def _plain_row(estimate: Estimate) -> dict[str, object]:
    ends = {"value": estimate.value, "lower": estimate.lower, "upper": estimate.upper}
    return {**asdict(estimate), **{name: _finite(end) for name, end in ends.items()}}


def _markdown(card: ModelCard) -> Iterable[str]:
    yield f"# Model card: {_inline(card.title)}"
    if card.gaps:
        yield "\n**This card is not complete and cannot be published.**\n"
        yield from (f"- {_inline(gap)}" for gap in card.gaps)
    yield "\n## Model\n"
    yield from (f"- {name}: {_inline(value)}" for name, value in card.model.items())
    for name, texts in card.declared.items():
        yield f"\n## {name.capitalize()}\n"
        yield from ([f"- {_inline(text)}" for text in texts] or ["Not described."])
    yield "\n## How limitations are kept\n"
    yield from ([f"- {_inline(one['words'])} → {_inline(one['kept'])}" for one in card.limits] or ["None is stated."])
    yield "\n## Performance, overall and by group\n"
    yield from _performance(card)
    yield "\n## What this evaluation found wanting\n"
    yield from ([f"- {_inline(sentence)}" for sentence in card.found] or ["Nothing that the policy asks for."])
    yield "\n## What happened in use\n"
    yield from (
        [f"- {_inline(one['sentence'])}" for one in card.happened] or ["No incident, failed guardrail or alarm."]
    )
    yield "\n## What these results rest on\n"
    yield from (f"- {name}: {_inline(value)}" for name, value in {**card.basis, **card.datasets}.items())


def _performance(card: ModelCard) -> Iterable[str]:
    if not card.performance:
        yield "No result has been measured yet."
        return
    yield "| Measure | Group | Value | Interval | Events | n | Method |"
    yield "|---|---|---|---|---|---|---|"
    yield from (f"| {' | '.join(_cell(text) for text in row)} |" for row in results_in_words(card))
    yield f"\nCells too small to show: {card.suppressed}. They are counted in the verdict as not yet known."


def results_in_words(card: ModelCard) -> tuple[tuple[str, ...], ...]:
    """Return each result as measure, group, value, interval, events, n and method, in words."""
    return tuple(_row(estimate) for estimate in card.performance)


def _row(estimate: Estimate) -> tuple[str, ...]:
    group = "all" if estimate.scope == "all" else estimate.scope.replace("=", ": ")
    name, method = estimate.metric.replace("_", " "), f"{estimate.method}, {estimate.adjusted}"
    if estimate.suppressed:
        return (name, group, "too few to show", "", "", "", method)
    value = "not known" if _finite(estimate.value) is None else shown(estimate.metric, estimate.value or 0.0)
    events = "" if estimate.events is None else f"{estimate.events:,}"
    return (name, group, value, _interval(estimate), events, f"{estimate.n:,} {estimate.unit}", method)


def _interval(estimate: Estimate) -> str:
    lower, upper = _finite(estimate.lower), _finite(estimate.upper)
    if lower is None or upper is None:
        return "not known"
    ends = f"{shown(estimate.metric, lower)} to {shown(estimate.metric, upper)}"
    return f"{ends} ({100 * estimate.confidence:.3g}%)"


def _inline(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;")


def _cell(text: str) -> str:
    return _inline(text).replace("|", "\\|")
