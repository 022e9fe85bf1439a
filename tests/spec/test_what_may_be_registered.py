"""What may be registered, and at which tier."""

import pytest

from primum.roadmap.uses import Mode, Purpose, Tier, computed_tier, why_not_register, why_not_tier

title = "What may be registered"
DECISION = "The physician decides."


@pytest.mark.parametrize(
    ("purpose", "requirement"),
    [
        (Purpose.FINAL_DIAGNOSIS, "U5"),
        (Purpose.TREATMENT_DECISION, "U6"),
        (Purpose.EMERGENCY_TRIAGE, "U7"),
        (Purpose.REPLACING_SPECIALIST, "U8"),
    ],
)
def test_the_four_inappropriate_uses_are_refused_with_their_requirement(purpose, requirement):
    reason = why_not_register(purpose=purpose, mode=Mode.ASSISTIVE, human_decision=DECISION)

    assert reason is not None
    assert requirement in reason


@pytest.mark.parametrize("purpose", list(Purpose))
def test_autonomous_use_is_refused_whatever_the_purpose(purpose):
    reason = why_not_register(purpose=purpose, mode=Mode.AUTONOMOUS, human_decision=DECISION)

    assert reason is not None
    assert "I7" in reason


def test_a_use_that_names_no_human_decision_is_refused():
    reason = why_not_register(purpose=Purpose.TRIAGE, mode=Mode.ASSISTIVE, human_decision="  ")

    assert reason is not None
    assert "P1.0" in reason


@pytest.mark.parametrize(
    ("purpose", "tier"),
    [
        (Purpose.IMAGE_INTERPRETATION, Tier.HIGH),
        (Purpose.TREATMENT_PLANNING, Tier.HIGH),
        (Purpose.TRIAGE, Tier.MEDIUM),
        (Purpose.ADHERENCE_REMINDERS, Tier.MEDIUM),
        (Purpose.HEALTH_EDUCATION, Tier.LOW),
        (Purpose.SCHEDULING, Tier.LOW),
    ],
)
def test_the_tier_follows_from_the_use_as_in_the_sources_table(purpose, tier):
    assert computed_tier(purpose) is tier


def test_raising_a_tier_is_free():
    assert why_not_tier(declared=Tier.HIGH, purpose=Purpose.SCHEDULING, approvers=frozenset(), reason="") is None


@pytest.mark.parametrize(
    ("approvers", "reason", "fine"),
    [
        ({"a"}, "because it only schedules", False),
        ({"a", "b"}, "", False),
        ({"a", "b"}, "because it only reminds", True),
    ],
)
def test_lowering_a_tier_takes_two_people_and_a_reason(approvers, reason, fine):
    refused = why_not_tier(declared=Tier.LOW, purpose=Purpose.TRIAGE, approvers=frozenset(approvers), reason=reason)

    assert (refused is None) is fine
