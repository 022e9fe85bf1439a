"""What a policy says of interim looks: when one is blocked, who sees it, and what follows from a boundary."""

from typing import Literal

from pydantic import Field

from primum.roadmap.parts import Part, RequirementId, Share, Source
from primum.roadmap.roles import Role


class LookRule(Part):
    """How interim looks are taken, shown and followed."""

    sample_ratio: Share = Field(
        description="A look is blocked when the planned ratio of the arms has a p below it, and outcomes stay unread."
    )
    near: Share = Field(description="Data within this share of the plan around a planned look belong to that look.")
    blinded: bool = Field(default=True, description="Whether only the monitoring board sees outcomes by arm.")
    board: tuple[Role, ...] = Field(
        default=(), description="Roles that are the monitoring board; whoever holds another role too is of the team."
    )
    unplanned_by: tuple[Role, ...] = Field(
        default=(), description="Roles that may ask for a look nobody planned; it is charged."
    )
    on_harm: Literal["suspend", "tell"] = Field(
        default="suspend", description="What a crossed safety boundary does: back to standard care, or only told."
    )
    on_efficacy: Literal["ask-gate", "tell"] = Field(
        default="ask-gate", description="What a crossed efficacy boundary does; it never promotes."
    )
    on_futility: Literal["suspend", "tell"] = Field(
        default="tell", description="What a crossed futility boundary does: stop, or tell the board."
    )
    calendar_days: int | None = Field(
        default=None, ge=1, description="Days after which a look that is not due yet is called late; it is not taken."
    )
    requirements: tuple[RequirementId, ...] = Field(min_length=1, description="Rows of the catalogue it serves.")
    source: Source = Field(description="Where these numbers come from.")
