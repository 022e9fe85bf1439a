"""The roles people hold, and which of them may stop a rollout at once."""

from enum import StrEnum


class Role(StrEnum):
    """A seat that a policy may ask to sign."""

    CLINICAL_LEAD = "clinical-lead"
    CLINICIAN = "clinician"
    ETHICIST = "ethicist"
    PATIENT_REPRESENTATIVE = "patient-representative"
    TECHNOLOGIST = "technologist"
    DATA_PROTECTION_OFFICER = "data-protection-officer"
    EQUITY_LEAD = "equity-lead"
    SAFETY_OFFICER = "safety-officer"
    AUDITOR = "independent-auditor"
    STATISTICIAN = "independent-statistician"
    GUIDELINE_STEWARD = "guideline-steward"
    EXECUTIVE_SPONSOR = "executive-sponsor"
    ML_OPS = "ml-ops"
    MONITORING_BOARD = "monitoring-board"


MAY_SUSPEND = frozenset({Role.CLINICAL_LEAD, Role.SAFETY_OFFICER, Role.CLINICIAN})
MAY_RESUME = frozenset({Role.CLINICAL_LEAD, Role.SAFETY_OFFICER, Role.ETHICIST})
MAY_PUBLISH_GUIDELINES = frozenset({Role.GUIDELINE_STEWARD})
MAY_LOOK_BACK = frozenset({Role.CLINICAL_LEAD, Role.SAFETY_OFFICER, Role.GUIDELINE_STEWARD, Role.ML_OPS})
MAY_CLOSE_LOOK_BACK = frozenset({Role.CLINICAL_LEAD, Role.SAFETY_OFFICER, Role.CLINICIAN})
