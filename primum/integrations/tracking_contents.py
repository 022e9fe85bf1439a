"""What one evaluation looks like in MLflow: names, numbers and files, before anything is sent."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import rfc8785

from primum.integrations.figures import Figure
from primum.roadmap.estimates import Estimate
from primum.roadmap.evaluations import Evaluation, TableFacts
from primum.roadmap.model_card import ModelCard
from primum.roadmap.rollout import Rollout
from primum.roadmap.scopes import levels_of
from primum.roadmap.suppression import publishable

SNAPSHOT, MANIFEST = "evaluation.json", "manifest.json"
LONGEST_NAME = 120
LONGEST_TAG = 2_000


@dataclass(frozen=True, kw_only=True)
class Contents:
    """
    Everything of one MLflow run, as plain values.

    ``metrics`` are finite numbers only; what is not known, or rests on too few people, is among the
    ``tags`` under ``unknown.<name>``. ``inputs`` is table name to facts; ``files`` path to bytes.
    """

    parameters: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    inputs: dict[str, TableFacts]
    files: dict[str, bytes]

    @property
    def snapshot_digest(self) -> str:
        """The digest of the evaluation as it was recorded."""
        return sha256(self.files[SNAPSHOT])

    def manifest(self) -> bytes:
        """Return canonical JSON that names everything of the run with its digest."""
        files = {path: {"sha256": sha256(content), "bytes": len(content)} for path, content in self.files.items()}
        inputs = {name: facts.digest for name, facts in self.inputs.items()}
        plain = {"parameters": self.parameters, "metrics": self.metrics, "tags": self.tags}
        return canonical({**plain, "inputs": inputs, "files": files})


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes as Primum writes it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def canonical(value: object) -> bytes:
    """Return canonical JSON (RFC 8785); a float that JSON does not know becomes its name, such as ``"nan"``."""
    return rfc8785.dumps(_finite(value))  # type: ignore[arg-type]  # _finite leaves only what JSON knows


def snapshot_of(evaluation: Evaluation, *, smallest_cell: int) -> bytes:
    """Return an evaluation as canonical JSON, small cells emptied (P9)."""
    return canonical(publishable(evaluation, smallest_cell=smallest_cell).plain())


def contents_of(
    *, evaluation: Evaluation, rollout: Rollout, figures: Sequence[Figure], card: ModelCard, smallest_cell: int
) -> Contents:
    """Return everything that is recorded of one evaluation."""
    outside = publishable(evaluation, smallest_cell=smallest_cell)
    named = dict(_named(outside))
    snapshot = snapshot_of(evaluation, smallest_cell=smallest_cell)
    return Contents(
        parameters=_parameters(outside, rollout, smallest_cell),
        metrics={name: value for key, estimate in named.items() for name, value in _metrics(key, estimate)},
        tags=_tags(outside, snapshot) | _unknown(named),
        inputs={facts.name: facts for facts in outside.tables},
        files={
            SNAPSHOT: snapshot,
            "verdict.json": _verdict(outside),
            "model_card.md": card.as_markdown().encode(),
            "model_card.json": card.as_json().encode(),
            **{f"figures/{figure.name}.svg": figure.svg.encode() for figure in figures},
            **{f"figures/{figure.name}.png": figure.png for figure in figures},
        },
    )


def metric_name(estimate: Estimate) -> str:
    """Return the name of an estimate that MLflow accepts: ``sensitivity`` or ``sensitivity/site/New York``."""
    if estimate.scope == "all":
        return estimate.metric
    parts = (part for pair in levels_of(estimate.scope).items() for part in pair if part)
    return "/".join((estimate.metric, *(_safe(part) for part in parts)))


def _safe(part: str) -> str:
    """Return a part of a name with plain letters only; what was changed keeps apart by a few digits of its hash."""
    plain = re.sub(r"[^\w -]", "_", part).strip()[:LONGEST_NAME]
    return plain if plain == part else f"{plain}-{hashlib.sha256(part.encode()).hexdigest()[:6]}"


def _named(evaluation: Evaluation) -> Iterable[tuple[str, Estimate]]:
    """Give every estimate one name; a second, different estimate of a name carries its criterion too."""
    seen: dict[str, Estimate] = {}
    for finding in evaluation.verdict.findings:
        for estimate in finding.estimates:
            name = metric_name(estimate)
            if name in seen and seen[name] != estimate:
                name = f"{name}/{_safe(finding.check)}"
            if name not in seen:
                seen[name] = estimate
                yield name, estimate


def _metrics(name: str, estimate: Estimate) -> Iterable[tuple[str, float]]:
    if estimate.suppressed or not _number(estimate.value):
        return
    parts = {"": estimate.value, ".lower": estimate.lower, ".upper": estimate.upper, ".n": estimate.n}
    for suffix, number in {**parts, ".events": estimate.events}.items():
        if number is not None and _number(number):
            yield f"{name}{suffix}", float(number)


def _unknown(named: Mapping[str, Estimate]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for name, estimate in named.items():
        if estimate.suppressed:
            tags[f"unknown.{name}"] = f"suppressed: {estimate.note or 'too few people'}"[:LONGEST_TAG]
        elif not _number(estimate.value):
            tags[f"unknown.{name}"] = (estimate.note or "not known")[:LONGEST_TAG]
        else:
            ends = {"lower": estimate.lower, "upper": estimate.upper}
            tags |= {f"unknown.{name}.{end}": "not finite" for end, number in ends.items() if not _number(number)}
    return tags


def _number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _parameters(evaluation: Evaluation, rollout: Rollout, smallest_cell: int) -> dict[str, str]:
    named = {
        "rollout": evaluation.rollout,
        "stage": evaluation.stage,
        "gate": evaluation.gate,
        "policy": evaluation.policy_id,
        "analysis_version": evaluation.analysis_version,
        "model": rollout.model.name,
        "model_version": rollout.model.version,
        "risk_tier": rollout.risk_tier,
        "smallest_cell": smallest_cell,
    }
    return {name: str(value) for name, value in {**named, **_protocol(rollout)}.items()}


def _protocol(rollout: Rollout) -> dict[str, object]:
    protocol = rollout.protocol
    if protocol is None:
        return {"protocol": "none"}
    return {
        "protocol": protocol.design,
        "protocol.question": protocol.question,
        "protocol.unit": protocol.unit,
        "protocol.primary": protocol.primary.event,
        "protocol.margin": protocol.margin or "none",
        "protocol.alpha_one_sided": protocol.alpha_one_sided,
        "protocol.spending": protocol.spending,
        "protocol.looks": ", ".join(str(look.at) for look in protocol.looks) or "none",
        "protocol.planned_units": protocol.planned_units,
    }


def _tags(evaluation: Evaluation, snapshot: bytes) -> dict[str, str]:
    suites = {f"primum.suites.{check.evidence}": check.suite_digest for check in evaluation.data_checks}
    return {
        "primum.outcome": str(evaluation.verdict.outcome),
        "primum.policy": evaluation.policy_digest,
        "primum.bundle": evaluation.bundle_digest,
        "primum.snapshot": sha256(snapshot),
        **suites,
    }


def _verdict(evaluation: Evaluation) -> bytes:
    plain = {
        "outcome": str(evaluation.verdict.outcome),
        "opens": evaluation.verdict.opens,
        "reasons": list(evaluation.verdict.reasons),
        "checks": [
            {
                "check": finding.check,
                "outcome": str(finding.outcome),
                "level": str(finding.level),
                "sentence": finding.sentence,
                "requirements": list(finding.requirements),
            }
            for finding in evaluation.verdict.findings
        ],
    }
    return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False).encode()


def _finite(value: object) -> object:
    """Return a value with every float that JSON does not know written as its name."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
