"""One evaluation of one gate, as a value: what was read, what was found."""

from dataclasses import asdict, dataclass

from primum.roadmap.data_checks import DataCheck
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Verdict


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """What is known of a registered table without reading a patient's value."""

    name: str
    kind: str
    location: str
    digest: str
    rows: int
    columns: tuple[str, ...]
    author: str
    measured_on: str


@dataclass(frozen=True, kw_only=True)
class DocumentFacts:
    """A document as it was read: kind, digest, how long it is in force."""

    kind: str
    title: str
    digest: str
    author: str
    issued_on: str
    expires_on: str | None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Everything a gate rests on. ``at`` is ISO 8601 with its offset."""

    rollout: str
    stage: Stage
    gate: GateName
    at: str
    analysis_version: str
    policy_id: str
    policy_digest: str
    bundle_digest: str
    tables: tuple[TableFacts, ...]
    documents: tuple[DocumentFacts, ...]
    data_checks: tuple[DataCheck, ...]
    verdict: Verdict

    def plain(self) -> dict[str, object]:
        """Return the evaluation as JSON-ready dicts and lists; the outcome is included."""
        return {**asdict(self), "outcome": str(self.verdict.outcome), "reasons": list(self.verdict.reasons)}
