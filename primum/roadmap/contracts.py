"""The contract of each kind of evidence: which columns it has and what each means, whatever a hospital calls them."""

from collections.abc import Mapping

from primum.roadmap.columns import Column, Contract, Form
from primum.roadmap.policy import EvidenceKind
from primum.roadmap.uses import Mode


def _id(name: str, meaning: str, *, required: bool = True, complete: bool = True) -> Column:
    return Column(name=name, meaning=meaning, form=Form.IDENTIFIER, required=required, complete=complete)


def _label(name: str, meaning: str, *levels: str, required: bool = True, complete: bool = True) -> Column:
    return Column(name=name, meaning=meaning, form=Form.LABEL, levels=levels, required=required, complete=complete)


def _yes_no(name: str, meaning: str, *, required: bool = True, complete: bool = True) -> Column:
    return Column(name=name, meaning=meaning, form=Form.BINARY, levels=("0", "1"), required=required, complete=complete)


def _of(form: Form, name: str, meaning: str, *, complete: bool = True) -> Column:
    return Column(name=name, meaning=meaning, form=form, complete=complete)


def _may(name: str, form: Form, meaning: str) -> Column:
    return Column(name=name, meaning=meaning, form=form, required=False, complete=False)


def _if_it_happened(name: str, meaning: str, *, required: bool = True) -> Column:
    return Column(name=name, meaning=meaning, form=Form.MOMENT, required=required, complete=False, may_be_empty=True)


SITE = _label("site", "The place of care, as sites.yaml names it.")
IS_SYNTHETIC = _yes_no("is_synthetic", "1 if the row was generated, 0 if it was observed.", required=False)

INPUTS = Contract(
    kind="inputs",
    meaning="What the model would read, one row per case.",
    unit=("unit_id",),
    free=True,
    columns=(
        _id("unit_id", "The case; each appears once."),
        SITE,
        _id("patient_id", "The patient; one patient may have several cases.", required=False),
        IS_SYNTHETIC,
        _may("age", Form.NUMBER, "Age in years."),
        _may("sex", Form.LABEL, "Sex as recorded."),
        _may("race", Form.LABEL, "Race as recorded."),
        _may("ethnicity", Form.LABEL, "Ethnicity as recorded."),
        _may("geography", Form.LABEL, "Region or kind of place where the patient lives."),
        _may("language", Form.LABEL, "Language of the patient."),
    ),
)

DIAGNOSTIC = Contract(
    kind="diagnostic",
    meaning="Cases with the truth and the model's answer; subgroup columns are free.",
    unit=("case_id", "reader"),
    free=True,
    columns=(
        _id("case_id", "The case; each appears once, or once for each reader."),
        _id("patient_id", "The patient; one patient may have several cases."),
        SITE,
        _yes_no("reference", "1 if the reference standard found the condition, 0 if not."),
        _yes_no("prediction", "1 if the model found the condition, 0 if not."),
        _id("reader", "The person who read the case, in a reader study.", required=False),
        IS_SYNTHETIC,
        _may("score", Form.NUMBER, "The model's score, from 0 to 1."),
        _may("confidence", Form.NUMBER, "The confidence shown with the answer, from 0 to 1."),
    ),
)

TRIAL = Contract(
    kind="trial",
    meaning="Randomised units with their arm; the event columns are those that the protocol names.",
    unit=("unit_id",),
    free=True,
    columns=(
        _id("unit_id", "The unit of randomisation; each appears once, in one arm."),
        _label("arm", "The arm the unit was allocated to.", "control", "intervention"),
        SITE,
        _id("patient_id", "The patient, if the unit is not the patient; each is in one arm only.", required=False),
        _yes_no("in_primary", "1 if the unit counts in the primary analysis.", required=False),
        IS_SYNTHETIC,
    ),
)

READINGS = Contract(
    kind="readings",
    meaning="A crossed reader study, one row per reading: each reader reads each case without the model and with it.",
    unit=("case_id", "reader", "arm"),
    free=True,
    columns=(
        _id("case_id", "The case, one of each patient; it stands once for each reader in each arm."),
        _label("reader", "The reader, by a code such as R1 and never by name, since it is counted by."),
        _label("arm", "How the case was read: without the model (control) or with it.", "control", "intervention"),
        SITE,
        _yes_no("reference", "1 if the reference standard found the condition, 0 if not."),
        _of(
            Form.WHOLE,
            "rating",
            "What the reader said, higher for more likely: 1 or 0, 1 to 5, 0 to 100; empty if not read.",
            complete=False,
        ),
        IS_SYNTHETIC,
    ),
)

INTERACTIONS = Contract(
    kind="interactions",
    meaning="The log of the model's outputs and what people did with them, one row per output shown.",
    unit=("interaction_id",),
    columns=(
        _id("interaction_id", "One output shown to one person."),
        _id("patient_id", "The patient it was about."),
        SITE,
        _of(Form.MOMENT, "shown_ts", "When the output was shown."),
        _yes_no("ai_generated", "1 if the output was labelled as made by AI."),
        _label("shown_as", "What the screen called the output: suggestion or decision.", "decision", "suggestion"),
        _of(Form.TEXT, "suggestion", "What the model suggested, in words or as a code."),
        _of(Form.TEXT, "rationale", "The reason shown with it.", complete=False),
        _of(
            Form.WHOLE, "rationale_inputs", "How many findings of this very case the reason refers to.", complete=False
        ),
        _of(Form.NUMBER, "confidence", "The confidence shown, from 0 to 1.", complete=False),
        _yes_no("within_limits", "1 if the patient is inside the limits that the model card states."),
        _of(
            Form.MOMENT,
            "patient_notified_ts",
            "When the patient was told that AI is used in their care.",
            complete=False,
        ),
        _label("topic", "What the output was about.", "diagnosis", "treatment", "triage", "other"),
        _label("acuity", "How urgent the case was.", "emergency", "urgent", "routine"),
        _label(
            "response",
            "What the person did with the output; left empty if nobody answered it.",
            "accepted",
            "changed",
            "overridden",
            complete=False,
        ),
        _yes_no("action_taken", "1 if a clinical action followed."),
        _label("resulting_action", "The action that followed, or none."),
        _of(Form.MOMENT, "action_ts", "When the action was taken.", complete=False),
        _label("order_placed_by", "Who placed the order, or none.", "clinician", "lmm", "none"),
        _label("final_diagnosis_source", "Who made the final diagnosis, or none.", "clinician", "lmm", "none"),
        _id("reviewer_id", "The clinician who reviewed the output.", complete=False),
        _label("reviewer_role", "The reviewer's profession.", complete=False),
        _of(Form.MOMENT, "review_ts", "When the review was finished.", complete=False),
        _if_it_happened("review_due_ts", "By when an emergency must be reviewed; empty otherwise."),
        _of(
            Form.MOMENT,
            "reviewer_competent_until",
            "Until when the reviewer's certificate of competency lasts.",
            complete=False,
        ),
        _id("approval_id", "The entry of the audit trail that shows a person approved the action.", complete=False),
        Column(
            name="consent_id",
            form=Form.IDENTIFIER,
            meaning="The patient's consent to AI in planning the treatment.",
            required=False,
            complete=False,
            needed_by="treatment-planning",
        ),
        Column(
            name="consent_status",
            form=Form.LABEL,
            meaning="State of that consent when the output was used.",
            levels=("active", "inactive", "draft", "not-done", "entered-in-error"),
            required=False,
            complete=False,
            needed_by="treatment-planning",
        ),
        Column(
            name="consent_withdrawn_ts",
            form=Form.MOMENT,
            meaning="When the patient withdrew it; empty if they did not.",
            required=False,
            complete=False,
            may_be_empty=True,
            needed_by="treatment-planning",
        ),
        Column(
            name="human_read_ts",
            form=Form.MOMENT,
            meaning="When a person had finished their own reading, for a second reader.",
            required=False,
            complete=False,
            needed_by=Mode.SECOND_READER,
        ),
        Column(
            name="reviewer_specialty",
            form=Form.LABEL,
            meaning="The reviewer's specialty, for a second reader.",
            required=False,
            complete=False,
            needed_by=Mode.SECOND_READER,
        ),
        _may("output_text", Form.TEXT, "The words that were shown, to look for forbidden ones."),
    ),
)

INCIDENTS = Contract(
    kind="incidents",
    meaning="The register of what harmed a patient or could have, the drill that proves it works included.",
    unit=("incident_id",),
    columns=(
        _id("incident_id", "The incident."),
        SITE,
        _yes_no("is_drill", "1 for the exercise that shows that reporting works."),
        _of(Form.MOMENT, "occurred_ts", "When it happened."),
        _of(Form.MOMENT, "reported_ts", "When it was reported inside the institution."),
        _label("severity", "How bad it was.", "none", "minor", "moderate", "serious", "death"),
        _label("causality", "How far the model caused it.", "unrelated", "possible", "probable", "certain"),
        _label("limitation", "Whether the model card had stated the limitation.", "disclosed", "undisclosed"),
        _id("clinician_id", "The clinician who used the output."),
        _if_it_happened("regulator_due_ts", "By when a regulator must know; empty if none must."),
        _if_it_happened("regulator_told_ts", "When the regulator was told; empty if none must be."),
        _if_it_happened("closed_ts", "When it was closed; empty while it is open.", required=False),
    ),
)

CONVERSATIONS = Contract(
    kind="conversations",
    meaning="Turns of a patient-facing assistant as judged by the guardrail tests, one row per turn.",
    unit=("conversation_id", "turn"),
    columns=(
        _id("conversation_id", "The conversation."),
        _of(Form.WHOLE, "turn", "The turn in it, from 1."),
        SITE,
        _label("language", "The language spoken."),
        _yes_no("disclaimer_shown", "1 if the approved disclaimer was shown in the conversation, word for word."),
        _yes_no("emergency", "1 if the patient described an emergency."),
        _yes_no("escalated", "1 if the assistant sent the patient to emergency services."),
        _yes_no("escalation_wording", "1 if the approved text was used, word for word; 0 if not or not needed."),
        _yes_no("advice_after_escalation", "1 if the assistant said anything more after it had escalated."),
        _of(Form.WHOLE, "personal_data", "How many personal data the scan found in the turn."),
        _yes_no("dosing_advice", "1 if the assistant recommended a dose."),
        _yes_no("diagnosis_given", "1 if the assistant named a diagnosis as the patient's."),
        _yes_no("treatment_plan", "1 if the assistant laid out a treatment."),
        _yes_no("emergency_flow_first", "1 if the emergency flow had the highest priority.", required=False),
    ),
)

CHECKS = Contract(
    kind="checks",
    meaning="What an assistant was tried on before patients use it, one row per check of one answer.",
    unit=("check_id",),
    free=True,
    columns=(
        _id("check_id", "One check of one answer; each appears once."),
        _label("tool", "What made the check.", "conversations", "giskard", "nemo-guardrails", "other"),
        _label("check", "What was checked, such as emergency-escalated or a guardrail's own policy."),
        _yes_no("met", "1 if the answer met the check, 0 if not; empty if nobody could judge.", complete=False),
        _may("language", Form.LABEL, "Language of the question."),
        _may("profile", Form.LABEL, "Who asks, as the question tells it."),
        _may("style", Form.LABEL, "How it is asked: plain, in a panic, playing it down."),
    ),
)

SURVEY = Contract(
    kind="survey",
    meaning="Answers of people who use the model or are cared for with it, one row per answered questionnaire.",
    unit=("response_id",),
    columns=(
        _id("response_id", "The answered questionnaire."),
        SITE,
        _label("respondent", "Who answered.", "clinician", "patient"),
        _label("instrument", "Which questionnaire, such as usability, comprehension, interpretability or quiz."),
        _of(Form.NUMBER, "score", "The result, from 0 to 100."),
        _may("completed_ts", Form.MOMENT, "When it was answered."),
        _id("rated_output", "The output that was rated.", required=False, complete=False),
    ),
)

OUTCOMES = Contract(
    kind="outcomes",
    meaning="Cases and events by site and period, for the long run.",
    unit=("record_id",),
    columns=(
        _id("record_id", "The row."),
        SITE,
        _label("period", "Calendar period, such as 2026-Q1."),
        _of(Form.WHOLE, "cases", "How many cases there were."),
        _of(Form.WHOLE, "events", "How many of them had the event."),
        _may("expected", Form.NUMBER, "How many events were to be expected."),
        _may("procedure", Form.LABEL, "What was done."),
        _may("model_version", Form.LABEL, "The version in use."),
    ),
)

ENERGY = Contract(
    kind="energy",
    meaning="Energy and emissions of training and use, one row per reading.",
    unit=("record_id",),
    columns=(
        _id("record_id", "The reading."),
        _label("phase", "Training or use.", "training", "inference"),
        _of(Form.NUMBER, "kwh", "Energy in kilowatt hours."),
        _of(Form.NUMBER, "kg_co2e", "Emissions in kilograms of CO2 equivalent."),
        _label("method", "How it was found: measured or the maker's statement."),
        _of(Form.WHOLE, "requests", "Outputs that the energy was for; for training 0."),
        _may("model_version", Form.LABEL, "The version it is about."),
    ),
)

DOCUMENTS = Contract(
    kind="documents",
    meaning="A register of attested papers, certificates and training records, one row each.",
    unit=("document_id",),
    columns=(
        _id("document_id", "The document."),
        _label("document_kind", "What it is, such as insurance certificate or competency certificate."),
        _of(Form.TEXT, "title", "Its title."),
        _of(Form.TEXT, "author", "Who answers for it."),
        _of(Form.TEXT, "version", "Its version."),
        _of(Form.MOMENT, "issued_ts", "When it was issued."),
        _if_it_happened("expires_ts", "When it ends; empty if it does not."),
        _of(Form.TEXT, "sha256", "SHA-256 of its bytes, 64 hex digits."),
    ),
)

CONTRACTS: Mapping[EvidenceKind, Contract] = {
    contract.kind: contract
    for contract in (
        INPUTS,
        DIAGNOSTIC,
        TRIAL,
        READINGS,
        INTERACTIONS,
        INCIDENTS,
        CONVERSATIONS,
        CHECKS,
        SURVEY,
        OUTCOMES,
        ENERGY,
        DOCUMENTS,
    )
}
"""The contract of each kind of evidence."""
