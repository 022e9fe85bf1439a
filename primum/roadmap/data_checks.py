"""What the expectations said about one table: counts only, never values (P9)."""

from dataclasses import dataclass

from primum.roadmap.verdicts import Outcome, worst


@dataclass(frozen=True, kw_only=True)
class ExpectationResult:
    """One expectation on one table. ``evaluated`` and ``unexpected`` are row counts."""

    id: str
    notes: str
    requirements: tuple[str, ...]
    outcome: Outcome
    evaluated: int
    unexpected: int
    safety_event: bool = False
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class DataCheck:
    """All expectations of the suites that bind one table, with the digest of these suites."""

    evidence: str
    kind: str
    suites: tuple[str, ...]
    suite_digest: str
    rows: int
    results: tuple[ExpectationResult, ...]

    @property
    def outcome(self) -> Outcome:
        """Return the worst outcome; a check without results is an error (P8)."""
        return worst(result.outcome for result in self.results)
