"""What exactly a trial asks, in the five attributes of ICH E9(R1); without it no analysis is started."""

from typing import Literal

from pydantic import Field

from primum.roadmap.policy import Part

Strategy = Literal["treatment-policy", "composite", "hypothetical", "principal-stratum", "while-on-treatment"]
Event = Literal["override", "contamination", "downtime", "version-change", "other"]
EVENTS: tuple[Event, ...] = ("override", "contamination", "downtime", "version-change")
"""What may come between allocation and outcome in a pilot of an LMM, and needs a strategy before it begins."""


class IntercurrentEvent(Part):
    """Something that happens after allocation and changes what the outcome means, and how it is dealt with."""

    event: Event = Field(description="Kind of event; an override is a clinician who does otherwise.")
    strategy: Strategy = Field(description="How outcomes after it count.")
    words: str = Field(default="", description="What it is in this trial.")


class Estimand(Part):
    """Population, treatment, variable, intercurrent events and summary (ICH E9(R1), A.3.3)."""

    population: str = Field(default="", description="Whom the answer is about.")
    treatment: str = Field(default="", description="What is compared with what.")
    variable: str = Field(default="", description="What is measured on each unit, and when.")
    summary: str = Field(default="", description="How the arms are compared, such as a risk difference.")
    events: tuple[IntercurrentEvent, ...] = Field(default=(), description="Intercurrent events with a strategy each.")


def why_incomplete(estimand: Estimand | None) -> str | None:
    """Return the one reason why nobody can tell yet what is to be estimated, if there is one."""
    if estimand is None:
        return "the protocol declares no estimand; say population, treatment, variable, events and summary first"
    for name in ("population", "treatment", "variable", "summary"):
        if not getattr(estimand, name).strip():
            return f"the estimand says nothing of its {name}"
    handled = {one.event for one in estimand.events}
    absent = [event for event in EVENTS if event not in handled]
    if absent:
        return f"the estimand has no strategy for {absent[0].replace('-', ' ')}"
    return None
