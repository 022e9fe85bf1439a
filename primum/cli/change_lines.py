"""How a guideline change is printed: one line for each step."""

from typing import TYPE_CHECKING

from primum.cli import entrance

if TYPE_CHECKING:
    from primum.actions.guideline_changes import ChangeView


def show_steps(row: "ChangeView") -> None:
    """Print the steps of a change, one line each."""
    entrance.say(f"{row.rollout}: from {row.guideline_before} to {row.guideline}")
    for one in row.steps:
        entrance.say_item("✔" if one.done else "·", one.title if one.done else f"{one.title}: {one.missing}")
    entrance.say(f"Closed on {row.closed_at:%Y-%m-%d}." if row.closed_at else f"Open: {row.missing or 'close it.'}")
