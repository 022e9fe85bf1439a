"""Rows of every kind of evidence that keep every rule, and each way to break one."""

from tests import table_factories as tables

NINE, TEN, NOON = (f"2026-03-01T{hour:02d}:00:00Z" for hour in (9, 10, 12))

SOUND = {
    "inputs": {
        "unit_id": "#",
        "site": "North",
        "age": "40",
        "sex": "F",
        "race": "A",
        "ethnicity": "B",
        "geography": "rural",
        "language": "fr",
        "is_synthetic": "0",
    },
    "diagnostic": {
        "case_id": "#",
        "patient_id": "#",
        "site": "North",
        "reference": "%",
        "prediction": "1",
        "reader": "R1",
        "score": "0.5",
        "confidence": "0.5",
        "is_synthetic": "0",
    },
    "trial": {"unit_id": "#", "arm": "%", "site": "North", "in_primary": "1", "is_synthetic": "0"},
    "incidents": {
        "incident_id": "#",
        "site": "North",
        "is_drill": "%",
        "occurred_ts": NINE,
        "reported_ts": TEN,
        "severity": "serious",
        "causality": "possible",
        "limitation": "disclosed",
        "clinician_id": "C7",
        "regulator_due_ts": NOON,
        "regulator_told_ts": TEN,
    },
    "conversations": {
        "conversation_id": "#",
        "turn": "1",
        "site": "North",
        "language": "fr",
        "disclaimer_shown": "1",
        "emergency": "1",
        "escalated": "1",
        "escalation_wording": "1",
        "advice_after_escalation": "0",
        "personal_data": "0",
        "dosing_advice": "0",
        "diagnosis_given": "0",
        "treatment_plan": "0",
        "emergency_flow_first": "1",
    },
    "checks": {"check_id": "#", "tool": "%", "check": "emergency-escalated", "met": "1", "language": "fr"},
    "survey": {
        "response_id": "#",
        "site": "North",
        "respondent": "%",
        "instrument": "comprehension",
        "score": "80",
    },
    "outcomes": {
        "record_id": "#",
        "site": "North",
        "period": "2026-Q1",
        "cases": "10",
        "events": "2",
        "expected": "1.5",
    },
    "energy": {
        "record_id": "#",
        "phase": "%",
        "kwh": "1.5",
        "kg_co2e": "0.5",
        "method": "measured",
        "requests": "9",
    },
    "documents": {
        "document_id": "#",
        "document_kind": "insurance",
        "title": "Insurance",
        "author": "Legal",
        "version": "1",
        "issued_ts": NINE,
        "expires_ts": NOON,
        "sha256": "ab" * 32,
    },
}
SOUND["readings"] = {
    "case_id": "#",
    "reader": "R1",
    "arm": "%",
    "site": "North",
    "reference": "1",
    "rating": "4",
    "is_synthetic": "0",
}
TURNS = {
    "readings": ("control", "intervention"),
    "diagnostic": ("0", "1"),
    "trial": ("control", "intervention"),
    "incidents": ("0", "1"),
    "survey": ("clinician", "patient"),
    "checks": ("conversations", "giskard"),
    "energy": ("training", "inference"),
}
BREACHES = {
    "inputs": [({"age": "400"}, "age-possible"), ({"is_synthetic": "1"}, "no-synthetic-rows")],
    "diagnostic": [
        ({"is_synthetic": "1"}, "no-synthetic-rows"),
        ({"score": "1.5"}, "score-range"),
        ({"confidence": "-0.1"}, "confidence-range"),
        ({"confidence": ""}, "confidence-shown"),
    ],
    "trial": [({"is_synthetic": "1"}, "no-synthetic-rows")],
    "readings": [
        ({"rating": "101"}, "rating-range"),
        ({"rating": ""}, ""),
        ({"is_synthetic": "1"}, "no-synthetic-rows"),
    ],
    "incidents": [
        ({"reported_ts": "2026-02-01T00:00:00Z"}, "reported-after-it-happened"),
        ({"regulator_due_ts": "", "is_drill": "0"}, "serious-has-a-deadline"),
        ({"regulator_due_ts": "", "is_drill": "1"}, ""),
        ({"regulator_told_ts": "2026-03-02T00:00:00Z"}, "regulator-told-in-time"),
        ({"regulator_told_ts": ""}, ""),
    ],
    "conversations": [
        ({"disclaimer_shown": "0"}, "disclaimer-shown"),
        ({"escalated": "0", "escalation_wording": "0"}, "emergency-escalated"),
        ({"emergency": "0", "escalated": "0", "escalation_wording": "0", "advice_after_escalation": "1"}, ""),
        ({"escalation_wording": "0"}, "emergency-wording"),
        ({"advice_after_escalation": "1"}, "silent-after-escalation"),
        ({"personal_data": "2"}, "no-personal-data"),
        ({"dosing_advice": "1"}, "no-dosing"),
        ({"diagnosis_given": "1"}, "no-diagnosis"),
        ({"treatment_plan": "1"}, "no-treatment-plan"),
        ({"emergency_flow_first": "0"}, "emergency-flow-first"),
    ],
    "checks": [({"met": ""}, "")],
    "survey": [({"score": "101"}, "score-range")],
    "outcomes": [
        ({"cases": "0", "events": "0"}, "some-cases"),
        ({"events": "11"}, "events-among-cases"),
        ({"events": "-1"}, "events-not-negative"),
        ({"expected": "0"}, "expected-positive"),
    ],
    "energy": [
        ({"kwh": "-1"}, "energy-not-negative"),
        ({"kg_co2e": "-1"}, "emissions-not-negative"),
        ({"phase": "inference", "requests": "0"}, "use-has-requests"),
        ({"phase": "training", "requests": "0"}, ""),
    ],
    "documents": [
        ({"sha256": "ab" * 31}, "digest-written"),
        ({"sha256": "ab" * 32 + "\n"}, "digest-written"),
        ({"sha256": "AB" * 32}, "digest-written"),
        ({"expires_ts": "2026-02-01T00:00:00Z"}, "ends-after-it-begins"),
        ({"expires_ts": ""}, ""),
    ],
}


def rows_of(kind, breaches):
    """As many sound rows as breaches and some more, each breach in a row of its own."""
    rows = []
    for at in range(len(breaches) + 4):
        turn = TURNS.get(kind, ("",))[at % len(TURNS.get(kind, ("",)))]
        row = {name: value.replace("#", f"N{at}").replace("%", turn) for name, value in SOUND[kind].items()}
        rows.append(row | (breaches[at][0] if at < len(breaches) else {}))
    return rows


CONSENT = {"consent_id": "K1", "consent_status": "active", "consent_withdrawn_ts": ""}
SECOND = {"human_read_ts": "2026-03-01T09:05:00+01:00", "reviewer_specialty": "radiology"}
LATE = "2026-03-01T23:00:00+01:00"

# One row each: what is wrong in it, and every expectation that must say so.
LOG_BREACHES = [
    ({"reviewer_id": ""}, "action-reviewed diagnosis-reviewed"),
    ({"review_ts": LATE}, "review-before-action"),
    ({"review_ts": ""}, "review-before-action reviewer-competent"),
    ({"reviewer_role": "volunteer"}, "reviewer-role-allowed"),
    ({"reviewer_role": ""}, "reviewer-role-given"),
    ({"rationale": "  "}, "reason-given"),
    ({"rationale_inputs": "0"}, "reason-refers-to-the-case"),
    ({"rationale_inputs": ""}, "reason-counted"),
    ({"patient_notified_ts": ""}, "patient-told"),
    ({"final_diagnosis_source": "lmm"}, "diagnosis-by-a-person"),
    ({"order_placed_by": "lmm"}, "order-by-a-person"),
    ({"shown_as": "decision"}, "shown-as-suggestion"),
    ({"output_text": "CT was ordered."}, "no-words-of-decision"),
    ({"response": ""}, "response-recorded"),
    ({"approval_id": ""}, "approval-recorded"),
    ({"confidence": "1.5"}, "confidence-range"),
    ({"confidence": ""}, "confidence-shown"),
    ({"within_limits": "0"}, "within-stated-limits"),
    ({"ai_generated": "0"}, "labelled-as-ai"),
    ({"reviewer_competent_until": "2026-01-01T00:00Z"}, "reviewer-competent"),
    ({"reviewer_competent_until": ""}, "reviewer-competent"),
    ({"topic": "treatment", "reviewer_role": "nurse"}, "treatment-by-a-physician"),
    ({"topic": "treatment", "reviewer_role": ""}, "reviewer-role-given treatment-reviewer-known"),
    ({"acuity": "emergency", "review_due_ts": ""}, "emergency-validated-in-time"),
    ({"acuity": "emergency", "review_due_ts": "2026-03-01T08:15:00Z"}, "emergency-validated-in-time"),
    ({"acuity": "emergency", "review_due_ts": LATE}, ""),
    ({"acuity": "emergency", "review_due_ts": LATE, "action_taken": "0", "reviewer_id": ""}, "emergency-validated"),
    ({"topic": "treatment", "consent_id": ""}, "consent-given"),
    ({"topic": "treatment", "consent_status": "inactive"}, "consent-active"),
    ({"topic": "treatment", "consent_status": ""}, "consent-status-known"),
    ({"topic": "other", "consent_id": "", "consent_status": ""}, ""),
    ({"consent_withdrawn_ts": "2026-02-01T00:00Z"}, "consent-not-withdrawn"),
    ({"consent_withdrawn_ts": LATE}, ""),
    ({"human_read_ts": LATE}, "person-read-first"),
    ({"human_read_ts": ""}, "person-read-first-recorded person-read-first"),
    ({"reviewer_specialty": "dermatology"}, "specialist-reviewed"),
    ({"reviewer_specialty": ""}, "specialty-recorded"),
]


def rows_of_a_log(breaches):
    """As many interactions as breaches, each breach in a row of its own."""
    more = CONSENT | SECOND | {"output_text": "Consider pneumonia."}
    sound = tables.interaction_rows(len(breaches))
    return [row | more | wrong for row, (wrong, _) in zip(sound, breaches, strict=True)]
