"""Outcomes and states as a word and a symbol, so that nobody needs to see a colour."""

from datetime import datetime

from primum.roadmap.gates import GateState
from primum.roadmap.seats import Answer
from primum.roadmap.verdicts import Finding, Outcome
from primum.web.views import Mark

OUTCOMES = {
    Outcome.PASS: Mark(word="Met", symbol="✓", kind="pass"),
    Outcome.FAIL: Mark(word="Not met", symbol="✕", kind="fail"),
    Outcome.INSUFFICIENT: Mark(word="Not yet known", symbol="?", kind="unknown"),
    Outcome.ERROR: Mark(word="Could not be checked", symbol="!", kind="fail"),
}
SHOWN = Mark(word="Shown", symbol="i", kind="plain")
WAIVED = Mark(word="Waived", symbol="~", kind="unknown")
OPEN_SEAT = Mark(word="Open", symbol="○", kind="plain")
ANSWERS = {
    Answer.APPROVE: Mark(word="Approved", symbol="✓", kind="pass"),
    Answer.REQUEST_EVIDENCE: Mark(word="Asked for evidence", symbol="?", kind="unknown"),
    Answer.REJECT: Mark(word="Rejected", symbol="✕", kind="fail"),
}
STATES = {
    GateState.COLLECTING: Mark(word="Collecting evidence", symbol="…", kind="plain"),
    GateState.HELD: Mark(word="Held", symbol="✕", kind="fail"),
    GateState.READY: Mark(word="Ready", symbol="✓", kind="pass"),
    GateState.AWAITING_SEATS: Mark(word="Waiting for signatures", symbol="✎", kind="wait"),
    GateState.GRANTED: Mark(word="Granted", symbol="✓", kind="pass"),
    GateState.APPLIED: Mark(word="Moved on", symbol="→", kind="pass"),
    GateState.REJECTED: Mark(word="Rejected", symbol="✕", kind="fail"),
    GateState.EXPIRED: Mark(word="Expired", symbol="⌛", kind="unknown"),
    GateState.VOID: Mark(word="Void", symbol="∅", kind="unknown"),
}
SUSPENDED = Mark(word="Suspended", symbol="■", kind="fail")
NOT_ASKED = Mark(word="Not asked yet", symbol="○", kind="plain")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def mark_of(finding: Finding) -> Mark:
    """Return the mark of a finding; a waived one says so instead of its outcome."""
    return WAIVED if finding.waived and finding.outcome is not Outcome.PASS else OUTCOMES[finding.outcome]


def state_mark(state: str) -> Mark:
    """Return the mark of a gate's or rollout's state; an unknown word is shown as it is."""
    if state == "suspended":
        return SUSPENDED
    known = next((mark for name, mark in STATES.items() if name == state), None)
    return known or NOT_ASKED


def moment(at: str) -> str:
    """Return an ISO 8601 moment as people write it: ``21 November 2026, 14:05 (UTC+01:00)``."""
    when = datetime.fromisoformat(at)
    zone = when.isoformat()[-6:] if when.utcoffset() else "+00:00"
    return f"{day(at)}, {when:%H:%M} (UTC{'' if zone == '+00:00' else zone})"


def day(at: str) -> str:
    """Return the day of an ISO 8601 moment: ``21 November 2026``."""
    when = datetime.fromisoformat(at)
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"
