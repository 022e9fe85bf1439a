"""How far a stage reaches: which sites and which share of patients it exposes (design.md section 6)."""

from fractions import Fraction

from pydantic import Field, model_validator

from primum.roadmap.parts import Part
from primum.roadmap.signing_rules import PartOfAll, SeatRule
from primum.roadmap.stages import Stage


class Widening(Part):
    """What one stage exposes when it is entered."""

    stage: Stage = Field(description="The stage that is entered.")
    sites: tuple[str, ...] = Field(min_length=1, description="Ids of the sites it reaches.")
    share: PartOfAll = Field(default="1", description="Share of the patients there, such as 1/4.")
    holdout: bool = Field(default=False, description="Whether the others stay a control group, for comparison.")

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "Widening":
        if self.stage is Stage.ASSESS:
            raise ValueError("assess is where a rollout begins; it exposes nobody")
        return self


def reaches(*, rule: SeatRule, widening: Widening | None) -> bool:
    """Return whether the next stage is big enough for a seat; a size nobody declared counts as the biggest."""
    if widening is None:
        return True
    enough_share = rule.from_share is None or Fraction(widening.share) >= Fraction(rule.from_share)
    enough_sites = rule.from_sites is None or len(set(widening.sites)) >= rule.from_sites
    return enough_share and enough_sites
