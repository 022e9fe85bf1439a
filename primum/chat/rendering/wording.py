"""The words of the messages: roles, outcomes, states and answers as a clinician says them."""

from primum.chat.rendering.texts import listed
from primum.chat.rendering.views import Tally
from primum.roadmap.gates import GateState
from primum.roadmap.roles import Role
from primum.roadmap.seats import Answer, Meaning
from primum.roadmap.stages import NEXT_STAGE, GateName, Stage
from primum.roadmap.verdicts import Outcome

OUTCOMES = {
    Outcome.PASS: "PASS",
    Outcome.FAIL: "FAIL",
    Outcome.INSUFFICIENT: "NOT YET KNOWN",
    Outcome.ERROR: "NOT CHECKED",
}
NOT_PASSED = {
    Outcome.PASS: "met",
    Outcome.FAIL: "not met",
    Outcome.INSUFFICIENT: "not yet known",
    Outcome.ERROR: "could not be checked",
}
HEADINGS = {
    GateState.COLLECTING: "Evidence is being gathered",
    GateState.HELD: "On hold",
    GateState.READY: "Ready to be signed",
    GateState.AWAITING_SEATS: "Waiting for signatures",
    GateState.GRANTED: "All seats have signed",
    GateState.APPLIED: "Approved and in effect",
    GateState.REJECTED: "Rejected",
    GateState.EXPIRED: "Expired without a decision",
    GateState.VOID: "No longer valid",
}
NEXT = {
    GateState.COLLECTING: "Nothing to sign yet.",
    GateState.HELD: "Nothing moves on. A new evaluation opens a new gate.",
    GateState.READY: "The seats will be asked to sign.",
    GateState.GRANTED: "The rollout moves on once everything has been checked again.",
    GateState.APPLIED: "The rollout has moved on.",
    GateState.REJECTED: "The rollout stays where it is. The same evidence is not accepted again.",
    GateState.EXPIRED: "The rollout stays where it is. A new evaluation opens a new gate.",
    GateState.VOID: "Signatures on it no longer count. A new evaluation opens a new gate.",
}
ANSWERS = {
    Answer.APPROVE: "approved",
    Answer.REJECT: "rejected",
    Answer.REQUEST_EVIDENCE: "asked for more evidence",
}
MEANINGS = {
    Meaning.APPROVAL: "I approve this",
    Meaning.REVIEW: "I have reviewed this",
    Meaning.RESPONSIBILITY: "I take clinical responsibility for this",
    Meaning.AUTHORSHIP: "I wrote what I sign for",
}
SPELT = {Role.ML_OPS: "ML ops"}


def role_words(role: Role) -> str:
    """Return a role as people say it: ``clinical lead``."""
    return SPELT.get(role, str(role).replace("-", " "))


def way(*, stage: Stage, name: GateName) -> str:
    """Return where a gate leads: ``pilot to scale``; a recurring gate or an update leads nowhere new."""
    if name is GateName.G0:
        return "intake"
    if name is GateName.GU:
        return f"update in {stage}"
    then = NEXT_STAGE[stage]
    return f"{stage} to {then}" if then is not stage else f"review in {stage}"


def recommendation(outcome: Outcome) -> str:
    """Return what the evidence recommends: only a pass is a pass (P8)."""
    return "PASS" if outcome is Outcome.PASS else "HOLD"


def tally_words(tally: Tally) -> str:
    """Return how many binding checks are met, in one sentence."""
    total = tally.met + tally.not_met + tally.not_known + tally.not_checked
    if not total:
        return "Nothing that binds was checked, and that is never a pass."
    if tally.met == total:
        return f"All {total} binding checks are met." if total > 1 else "The one binding check is met."
    parts = (
        (tally.not_met, "{verb} not met"),
        (tally.not_known, "{verb} not yet known"),
        (tally.not_checked, "could not be checked"),
    )
    told = [f"{number} {said.format(verb='is' if number == 1 else 'are')}" for number, said in parts if number]
    return f"Of {total} binding checks, {listed(told)}."


def signer(*, name: str, on_behalf_of: str) -> str:
    """Return who signed, with the person they stand in for: ``Dr B for Dr A``."""
    return f"{name} for {on_behalf_of}" if on_behalf_of else name
