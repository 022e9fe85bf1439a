"""Outputs that were shown, held against what the point of care had answered; counts come out, and nobody's row."""

from datetime import timedelta
from pathlib import Path

from primum.actions.workplace import Workplace
from primum.integrations.answers import FOLDER
from primum.integrations.answers_compared import SiteOutputs, compared, outputs_in


def reconciled(*, rollout: str, outputs: Path, within: timedelta, workplace: Workplace) -> tuple[SiteOutputs, ...]:
    """
    Return, by site, how many outputs were shown after an ``lmm`` answer, after another one, or after none (P4.6).

    :raises OutputsRefused: if the file cannot be read or lacks a column
    """
    table = outputs_in(outputs)
    return compared(outputs=table, answers=workplace.home / FOLDER, rollout=rollout, within=within)
