"""News of guideline changes as messages, for the channel and for one person alike."""

from urllib.parse import quote

from primum.actions import guideline_changes
from primum.actions.change_steps import UnknownChange
from primum.actions.outbox import Letter
from primum.chat.office import Office
from primum.chat.rendering.blocks import Message
from primum.chat.rendering.change_notes import change_told

# Each step as it is told; {rollout} and {guideline} are ids.
TOLD = {
    "change.opened": "{rollout} follows an older version than {guideline}: a guideline change is open.",
    "change.scoped": "The change of {rollout} to {guideline} was held against its change plan.",
    "change.relabelled": "The stored cases of {rollout} are labelled by {guideline}.",
    "change.retrained": "A challenger to the model of {rollout} is trained for {guideline}.",
    "change.training-failed": "The trainer of {rollout} failed; nothing was changed.",
    "change.compared": "The challenger is compared with the model of {rollout}.",
    "change.told": "{rollout} follows {guideline} now; every site is asked to acknowledge.",
    "change.acknowledged": "A site of {rollout} has acknowledged the change to {guideline}.",
    "change.escalated": "A site of {rollout} has not acknowledged the change to {guideline} in time.",
    "change.suspended": "{rollout} is back to standard care: a site never acknowledged the change to {guideline}.",
    "change.closed": "The change of {rollout} to {guideline} is closed: no step is missing.",
}
KINDS = frozenset(TOLD)


def change_news(letter: Letter, *, office: Office) -> Message | None:
    """Return what a message of the outbox about a guideline change says; ``None`` for every other one."""
    if letter.kind not in KINDS:
        return None
    change = str(letter.body.get("change", ""))
    try:
        view = guideline_changes.view(change=change, workplace=office.workplace)
    except UnknownChange:
        return None
    told = TOLD[letter.kind].format(rollout=view.rollout, guideline=view.guideline)
    page = office.page(f"/changes/{quote(change)}", label="its steps")
    return change_told(told=told, missing=view.missing or "", page=page)
