"""Where the outputs that were really shown are logged (P4.6)."""

from pydantic import Field

from primum.roadmap.parts import Part


class ShownOutputs(Part):
    """Where the hospital's software logs each output that it showed."""

    log: str = Field(
        min_length=1,
        description="A Parquet or CSV file, or a folder of them, relative to this file: unit, site, shown_at.",
    )
    within_hours: int = Field(
        default=24, ge=1, description="How long before an output the point of care may have answered for it."
    )
