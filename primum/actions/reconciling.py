"""Outputs that were shown, held against what the point of care had answered; counts come out, and nobody's row."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from primum.actions.smallest_cells import smallest_cell_of, told_count
from primum.actions.workplace import Workplace
from primum.integrations.answers import FOLDER
from primum.integrations.answers_compared import SiteOutputs, compared, outputs_in


@dataclass(frozen=True, kw_only=True)
class ToldOutputs:
    """The outputs of a site as they may be told: a small count is ``fewer than`` the policy's smallest cell."""

    site: str
    outputs: str
    allowed: str
    unasked: str
    refused: str
    deviations: bool

    def plain(self) -> dict[str, str]:
        """Return site and counts by name."""
        names = ("site", "outputs", "allowed", "unasked", "refused")
        return {name: getattr(self, name) for name in names}


def reconciled(*, rollout: str, outputs: Path, within: timedelta, workplace: Workplace) -> tuple[ToldOutputs, ...]:
    """
    Return, by site, how many outputs were shown after an ``lmm`` answer, after another one, or after none (P4.6).

    :raises OutputsRefused: if the file cannot be read or lacks a column
    """
    table = outputs_in(outputs)
    found = compared(outputs=table, answers=workplace.home / FOLDER, rollout=rollout, within=within)
    smallest = smallest_cell_of(rollout=rollout, workplace=workplace)
    return tuple(_told(one, smallest) for one in found)


def _told(one: SiteOutputs, smallest: int) -> ToldOutputs:
    parts = (one.allowed, one.unasked, one.refused)
    allowed, unasked, refused = (told_count(count, smallest_cell=smallest) for count in parts)
    if any(0 < count < smallest for count in parts):
        # Beside the others, the small one would follow by subtraction.
        allowed, unasked, refused = (
            told if count < smallest else "not shown"
            for told, count in zip((allowed, unasked, refused), parts, strict=True)
        )
    return ToldOutputs(
        site=one.site,
        outputs=told_count(one.outputs, smallest_cell=smallest),
        allowed=allowed,
        unasked=unasked,
        refused=refused,
        deviations=one.deviations > 0,
    )
