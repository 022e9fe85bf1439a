"""
Every action but signing and promoting, tried by somebody who may not or when it cannot be: one refusal each.

Nothing of it changes anything, so that all are tried in one scene. A page's path and form, a call's path and body, and
what is typed, all mean the same; ``{incident}`` and its like stand for what the scene holds. The sentence is part of
what each entrance says, and terminal and API say the very same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.refusal_scenes import DEPUTY, LEAD, SAFETY

ETHICIST, DEBTOR, TECHNOLOGIST = "leila-haddad", "mei-lin", "noah-kim"
R, E, OF_ONE, CHANGE = "/rollouts/small-trial", "/rollouts/small-trial/exposure", "/incidents/{incident}", "{change}"
WHY, NOTE = "So that it is looked at with care.", "Two people have read it again."
REASON = {"reason": WHY}
HAPPENED = {
    "site": "north", "severity": "minor", "category": "use", "what": "The patient with MRN 12345678 fell.",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One action as each entrance is asked for it; nothing typed where a terminal has no such entrance."""

    name: str
    refusal: str
    person: str
    sentence: str
    page: tuple[str, Mapping[str, Any]] | None
    call: tuple[str, Mapping[str, Any]]
    typed: tuple[str, ...] = field(default=())


def tried(name: str, refusal: str, person: str, sentence: str, **ways: Any) -> Tried:
    return Tried(name=name, refusal=refusal, person=person, sentence=sentence, **ways)


STOPPING = (
    tried(
        "stops without the authority", "CannotSuspend", ETHICIST, "holds none of the roles that may suspend",
        page=(f"{R}/suspend", REASON), call=(f"{R}/suspension", REASON),
        typed=("suspend", "small-trial", "--reason", WHY),
    ),
    tried(
        "goes on where nothing is stopped", "CannotResume", LEAD, "is not suspended",
        page=(f"{R}/resume", REASON), call=(f"{R}/resumption", REASON),
        typed=("resume", "small-trial", "--reason", WHY),
    ),
    tried(
        "asks the gate anew where nothing is stopped", "CannotResume", LEAD, "there is nothing to go on from",
        page=(f"{R}/suspension/reopen", {"confirmed": "yes"}), call=(f"{R}/suspension/reopening", {}),
        typed=("resume", "small-trial", "--reopen"),
    ),
    tried(
        "has seen a stop that is none", "acknowledgements.CannotAcknowledge", LEAD, "is not suspended",
        page=(f"{R}/acknowledge", {"site": "north"}), call=(f"{R}/suspension/acknowledgements", {"site": "north"}),
        typed=("acknowledge", "small-trial", "--site", "north"),
    ),
)  # fmt: skip
WIDENING = (
    tried(
        "holds without the authority", "CannotHold", ETHICIST, "holds none of the roles that may hold",
        page=(f"{E}/hold", REASON), call=(f"{E}/hold", REASON), typed=("wave", "hold", "small-trial", "--reason", WHY),
    ),
    tried(
        "lifts where nothing is held", "CannotHold", LEAD, "Nobody holds rollout",
        page=(f"{E}/lift", REASON), call=(f"{E}/hold/lifting", REASON),
        typed=("wave", "lift", "small-trial", "--reason", WHY),
    ),
    tried(
        "widens without waves", "CannotWiden", LEAD, "is not in stage scale; waves are for that stage",
        page=(f"{E}/next", REASON), call=(f"{E}/waves", REASON), typed=("wave", "next", "small-trial", "--reason", WHY),
    ),
    tried(
        "goes back without waves", "CannotWiden", LEAD, "is not in stage scale; waves are for that stage",
        page=(f"{E}/back", REASON), call=(f"{E}/waves/back", REASON),
        typed=("wave", "back", "small-trial", "--reason", WHY),
    ),
    tried(
        "makes a key without the role", "KeyRefusedForSite", ETHICIST, "holds none of the roles that make keys",
        page=(f"{E}/keys", {"site": ["north"], "days": "30"}), call=(f"{E}/keys", {"sites": ["north"], "days": 30}),
        typed=("exposure", "key", "north", "--days", "30"),
    ),
    tried(
        "ends a key that is none", "KeyRefusedForSite", TECHNOLOGIST, "There is no such key for a site of this rollout",
        page=(f"{E}/keys/ab12/end", {}), call=(f"{E}/keys/ab12/end", {}),
        typed=("exposure", "end-key", "small-trial", "ab12"),
    ),
    tried(
        "reviews a deviation without the role", "CannotReview", ETHICIST, "is no safety officer of",
        page=(f"{E}/deviations/{{deviation}}/review", {"reason": NOTE}),
        call=(f"{E}/deviations/{{deviation}}/review", {"reason": NOTE}),
        typed=("exposure", "review", "{deviation}", "--reason", NOTE),
    ),
)  # fmt: skip
SEATS = (
    tried(
        "hands a seat over for ever", "CannotDelegate", LEAD, "A delegation lasts at most 30 days",
        page=(f"{R}/delegate", {"role": "clinical-lead", "deputy": SAFETY, "until": "2199-01-31", "reason": WHY}),
        call=(f"{R}/delegations", {
            "role": "clinical-lead", "deputy": SAFETY, "ends_at": "2199-02-01T00:00:00Z", "reason": WHY,
        }),
        typed=("gate", "delegate", "small-trial", "--seat", "clinical-lead", "--to", SAFETY, "--until", "2199-01-31",
               "--reason", WHY),
    ),
    tried(
        "declares an interest in two letters", "CannotDeclare", LEAD, "Say in at least 10 characters",
        page=(f"{R}/interest", {"reason": "no"}), call=(f"{R}/conflicts", {"reason": "no"}),
        typed=("gate", "conflict", "small-trial", "--reason", "no"),
    ),
    tried(
        "withdraws an interest that was not declared", "CannotDeclare", LEAD, "declared",
        page=(f"{R}/interest/withdraw", {}), call=(f"{R}/conflicts/end", {}),
        typed=("gate", "conflict", "small-trial", "--withdraw"),
    ),
    tried(
        "closes what they owe themselves", "CannotClose", DEBTOR, "somebody else",
        page=("/contingencies/{contingency}/close", {"note": NOTE}),
        call=(f"{R}/contingencies/{{contingency}}/closing", {"note": NOTE}),
        typed=("gate", "contingency", "close", "{contingency}", "--note", NOTE),
    ),
    tried(
        "sets a check aside that is none", "CannotWaive", LEAD, "none", page=None,
        call=(f"{R}/waivers", {"check": "none", "days": 2, "second": "{token}", "reason": WHY}),
        typed=("gate", "waive", "small-trial", "none", "--by", LEAD, "--by", DEPUTY, "--days", "2", "--reason", WHY),
    ),
)  # fmt: skip
CARE = (
    tried(
        "reports in words that name a patient", "CannotReport", LEAD, "seem to hold a record number",
        page=("/incidents/report", {"rollout": "small-trial", "occurred": "2026-03-01T12:00", **HAPPENED}),
        call=(f"{R}/incidents", {"occurred_at": "2026-03-01T12:00:00Z", **HAPPENED}),
        typed=("incident", "report", "small-trial", "--site", "north", "--severity", "minor", "--category", "use",
               "--what", HAPPENED["what"], "--occurred", "2026-03-01T12:00"),
    ),
    tried(
        "confirms without the role", "CannotReport", ETHICIST, "holds none of the roles",
        page=(f"{OF_ONE}/confirm", {}), call=(f"{OF_ONE}/confirmation", {}),
        typed=("incident", "confirm", "{incident}"),
    ),
    tried(
        "grades without the role", "CannotReport", ETHICIST, "holds none of the roles",
        page=(f"{OF_ONE}/findings", {"kind": "severity", "value": "minor", "note": NOTE}),
        call=(f"{OF_ONE}/grading", {"severity": "minor", "note": NOTE}),
        typed=("incident", "grade", "{incident}", "--severity", "minor", "--note", NOTE),
    ),
    tried(
        "closes an incident without the role", "CannotReport", ETHICIST, "holds none of the roles",
        page=(f"{OF_ONE}/close", {"note": NOTE}), call=(f"{OF_ONE}/closing", {"note": NOTE}),
        typed=("incident", "close", "{incident}", "--note", NOTE),
    ),
    tried(
        "finds a cause without the role", "CannotReport", ETHICIST, "holds none of the roles",
        page=(f"{OF_ONE}/findings", {"kind": "causality", "value": "probable", "note": NOTE}),
        call=(f"{OF_ONE}/findings", {"kind": "causality", "value": "probable", "note": NOTE}),
        typed=("incident", "cause", "{incident}", "--is", "probable", "--note", NOTE),
    ),
    tried(
        "submits a report without the role", "CannotSubmit", ETHICIST, "holds none of the roles",
        page=(f"{OF_ONE}/clocks/{{clock}}/submit", {"sent": "2026-03-01T13:00", "reference": "2026-0042"}),
        call=("/clocks/{clock}/submission", {"submitted_at": "2026-03-01T13:00:00Z", "reference": "2026-0042"}),
        typed=("incident", "submit", "{clock}", "--reference", "2026-0042"),
    ),
    tried(
        "answers an alarm without the role", "alarm_answers.CannotAcknowledge", "tomas-silva", "does not own this",
        page=(f"{R}/alarms/{{alarm}}/acknowledge", {"found": "real", "done": NOTE}),
        call=(f"{R}/alarms/{{alarm}}/acknowledgement", {"found": "real", "done": NOTE}),
        typed=("monitor", "acknowledge", "{alarm}", "--found", "real", "--done", NOTE),
    ),
)  # fmt: skip
CHANGING = (
    tried(
        "takes a step without the role", "CannotChange", ETHICIST, "holds none of the roles that may change",
        page=(f"/changes/{CHANGE}/steps", {"step": "scoped"}), call=(f"/changes/{CHANGE}/steps", {"step": "scoped"}),
        typed=("change", "scope", CHANGE),
    ),
    tried(
        "closes a change with a step missing", "CannotChange", LEAD, "is not published",
        page=(f"/changes/{CHANGE}/close", REASON), call=(f"/changes/{CHANGE}/closing", REASON),
        typed=("change", "close", CHANGE, "--reason", WHY),
    ),
    tried(
        "knows of a change that no site was told of", "CannotChange", LEAD, "told",
        page=(f"/changes/{CHANGE}/acknowledge", {"site": "north"}),
        call=(f"/changes/{CHANGE}/acknowledgements", {"site": "north"}),
        typed=("change", "acknowledge", CHANGE, "--site", "north"),
    ),
    tried(
        "looks where the policy has no looks", "CannotLook", LEAD, "look",
        page=(f"{R}/looks/take", {"confirmed": "yes"}), call=(f"{R}/looks", {}), typed=("look", "take", "small-trial"),
    ),
)  # fmt: skip
CASES = (*STOPPING, *WIDENING, *SEATS, *CARE, *CHANGING)
