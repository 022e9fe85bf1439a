"""Pass, fail, insufficient, error: what a criterion and a gate can say."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from primum.roadmap.estimates import Estimate


class Outcome(StrEnum):
    """What one check says; order of badness is ``BADNESS``."""

    PASS = "pass"
    INSUFFICIENT = "insufficient"
    FAIL = "fail"
    ERROR = "error"


class Level(StrEnum):
    """How much a criterion binds (design.md section 5)."""

    MANDATORY = "mandatory"
    OVERRIDABLE = "overridable"
    ADVISORY = "advisory"
    SHADOW = "shadow"


BADNESS = {Outcome.PASS: 0, Outcome.INSUFFICIENT: 1, Outcome.FAIL: 2, Outcome.ERROR: 3}
BINDING = frozenset({Level.MANDATORY, Level.OVERRIDABLE})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check, with one sentence a clinician can read."""

    check: str
    outcome: Outcome
    level: Level
    sentence: str
    requirements: tuple[str, ...]
    kind: str = "criterion"
    estimates: tuple[Estimate, ...] = ()
    waived: bool = False

    @property
    def binds(self) -> bool:
        """True if a bad outcome of this check holds the gate."""
        return self.level in BINDING and not self.waived


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """All findings of one gate; its outcome is the worst binding one."""

    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """Return the worst outcome among binding findings; no findings is an error (P8)."""
        binding = [finding.outcome for finding in self.findings if finding.binds]
        if not binding:
            return Outcome.ERROR
        return worst(binding)

    @property
    def opens(self) -> bool:
        """True only if every binding finding passes and there is at least one."""
        return self.outcome is Outcome.PASS

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return one sentence for each binding finding that is not a pass, worst first."""
        held = [f for f in self.findings if f.binds and f.outcome is not Outcome.PASS]
        held.sort(key=lambda finding: -BADNESS[finding.outcome])
        return tuple(finding.sentence for finding in held)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of several outcomes; of none, an error."""
    return max(outcomes, key=BADNESS.__getitem__, default=Outcome.ERROR)
