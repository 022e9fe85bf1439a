"""May this encounter see LMM output, and in which arm? Everything that is not sure is off (design.md section 6)."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from primum.roadmap.conditions import Conditions
from primum.roadmap.exclusions import Exclusion, Facts, why_excluded

# Older knowledge of what is suspended is none (P10): a replica that cannot see the ledger answers off.
STALE_AFTER = timedelta(seconds=1)
# An answer leaves this soon after the ledger was asked for it, or is made again. Whoever suspends is told twice as
# long after it was written down; by then every answer that did not know of it has left.
HANDED_OUT_WITHIN = timedelta(milliseconds=50)
UNLIMITED = Conditions()
_WHOLE = 1 << 64


class Shown(StrEnum):
    """What an encounter may see."""

    LMM = "lmm"
    CONTROL = "control"
    OFF = "off"


class Reason(StrEnum):
    """Why, in the words of OpenFeature."""

    SPLIT = "SPLIT"
    TARGETING_MATCH = "TARGETING_MATCH"
    DISABLED = "DISABLED"
    STALE = "STALE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a rollout stands, as the ledger said it at ``read_at``; ``approved`` is the bundle that was promoted."""

    rollout: str
    stage: str
    state: str
    read_at: datetime
    suspended: bool = False
    replay: bool = False
    sites: frozenset[str] = frozenset()
    bundle: str = ""
    approved: str = ""
    gate: str = ""
    protocol: str = ""
    wave: str = ""
    conditions: Conditions = UNLIMITED
    exclusions: tuple[Exclusion, ...] = ()
    holdout: bool = False


@dataclass(frozen=True, kw_only=True)
class Encounter:
    """Who asks for whom: the unit that is randomised, its site and kind, and what exclusions need to know."""

    unit: str
    site: str
    at: datetime
    kind: str = ""
    facts: Facts


@dataclass(frozen=True, kw_only=True)
class Exposed:
    """The answer, why in the words of the protocol, and why in a sentence."""

    shown: Shown
    reason: Reason
    sentence: str


def exposed(*, standing: Standing, encounter: Encounter, arm: str | None, seed: bytes) -> Exposed:
    """
    Return what an encounter may see now; every doubt ends in ``off`` (P8, P10, P4.6).

    Any release but the one that was approved is a doubt (V3).

    :param arm: ``intervention`` or ``control`` as allocated, or ``None`` if this unit was not
    :param seed: the rollout's secret, from which the share that is exposed follows
    """
    off = _why_closed(standing, encounter.at) or _why_not_here(standing, encounter)
    if off is not None:
        return off
    if standing.state == "pilot":
        return _by_arm(arm)
    return _by_share(standing, encounter.unit, seed)


def _off(reason: Reason, sentence: str) -> Exposed:
    return Exposed(shown=Shown.OFF, reason=reason, sentence=sentence)


def _why_closed(standing: Standing, at: datetime) -> Exposed | None:
    if at - standing.read_at > STALE_AFTER:
        return _off(Reason.STALE, "This replica has not seen the ledger for more than a second.")
    until = standing.conditions.until
    closed = (
        (standing.replay, "A replay of a finished study exposes nobody."),
        (standing.suspended, "The rollout is suspended: standard care."),
        (standing.state not in ("pilot", "scale", "sustain"), f"Nobody is exposed in stage {standing.stage} yet."),
        (until is not None and at >= until, f"The approval counted until {until:%Y-%m-%d %H:%M %Z}." if until else ""),
        (
            not standing.approved or standing.bundle != standing.approved,
            "The release is not the one that was approved.",
        ),
    )
    return next((_off(Reason.DISABLED, sentence) for holds, sentence in closed if holds), None)


def _why_not_here(standing: Standing, encounter: Encounter) -> Exposed | None:
    limits = standing.conditions
    if encounter.site not in standing.sites:
        return _off(Reason.DISABLED, "The site is not one of this rollout's.")
    if limits.sites is not None and encounter.site not in limits.sites:
        return _off(Reason.DISABLED, "The site is outside what was approved.")
    if limits.units is not None and encounter.kind not in limits.units:
        return _off(Reason.DISABLED, "This kind of unit is outside what was approved.")
    why = why_excluded(exclusions=standing.exclusions, facts=encounter.facts)
    return None if why is None else _off(Reason.TARGETING_MATCH, why)


def _by_arm(arm: str | None) -> Exposed:
    # Always the same value, so that a caller may tell by it that nothing but an arm is missing.
    return BY_ARM.get(arm or "", NOT_ENROLLED)


BY_ARM = {
    "intervention": Exposed(shown=Shown.LMM, reason=Reason.SPLIT, sentence="Allocated to the intervention."),
    "control": Exposed(shown=Shown.CONTROL, reason=Reason.SPLIT, sentence="Allocated to control: usual care."),
}
NOT_ENROLLED = _off(Reason.UNKNOWN, "Not enrolled: this unit was not allocated to an arm.")


def _by_share(standing: Standing, unit: str, seed: bytes) -> Exposed:
    share = Fraction(standing.conditions.share or 1)
    if in_share(rollout=standing.rollout, unit=unit, share=share, seed=seed):
        return Exposed(shown=Shown.LMM, reason=Reason.TARGETING_MATCH, sentence="Within what was approved.")
    if standing.holdout:
        return Exposed(shown=Shown.CONTROL, reason=Reason.SPLIT, sentence="In the holdout: usual care.")
    return _off(Reason.SPLIT, "Outside the share that was approved.")


def in_share(*, rollout: str, unit: str, share: Fraction, seed: bytes) -> bool:
    """
    Return whether a unit is within a share; one that is in stays in while the share grows.

    A keyed hash of rollout and unit (HMAC-SHA256), so that nobody without the seed can tell who is next.
    """
    if share >= 1:
        return True
    drawn = hmac.new(seed, f"{rollout}\n{unit}".encode(), hashlib.sha256).digest()
    return int.from_bytes(drawn[:8], "big") < share * _WHOLE
