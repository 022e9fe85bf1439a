"""What a policy says about incidents and suspensions: how soon people confirm, acknowledge, and who hears next."""

from pydantic import Field, model_validator

from primum.roadmap.parts import Part, Source
from primum.roadmap.roles import Role
from primum.roadmap.signing_rules import OURS, ReminderRule, ReminderStep, Requirements

ESCALATION = (
    ReminderStep(after="1/2", to="seat"),
    ReminderStep(after="9/10", to="seat"),
    ReminderStep(after="93/100", to="deputy"),
    ReminderStep(after="97/100", to="governance", role=Role.EXECUTIVE_SPONSOR),
)


class IncidentRule(Part):
    """How soon a serious report is confirmed and a suspension acknowledged; harm waits for no waking hour."""

    confirm_hours: int = Field(default=24, ge=1, le=240, description="A serious report is confirmed or graded by then.")
    acknowledge_minutes: int = Field(
        default=240, ge=5, le=10_080, description="After a suspension each site says by then that it has seen it."
    )
    steps: tuple[ReminderStep, ...] = Field(
        default=ESCALATION,
        min_length=1,
        description="After which part of the time who is told: of these two, and of a regulator's clock.",
    )
    requirements: Requirements = ("P4.5", "V19")
    source: Source = Field(default=OURS, description="Where the numbers come from.")

    @model_validator(mode="after")
    def _rises(self) -> "IncidentRule":
        ReminderRule(steps=self.steps)
        return self
