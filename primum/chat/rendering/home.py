"""The Home tab of a person: what waits for them, what they decided, who stands in for whom."""

from collections.abc import Iterator, Sequence

from primum.chat.rendering.blocks import Block, Modal, context, header, section
from primum.chat.rendering.lines import (
    alarm_line,
    decided_line,
    delegation_line,
    incident_line,
    stopped_line,
    task_line,
    waiting_line,
)
from primum.chat.rendering.personal_views import HomeView
from primum.chat.rendering.texts import escaped, link, listed, moment
from primum.chat.rendering.wording import role_words

MOST_LINES = 24
LINES_IN_A_PARAGRAPH = 6
LONGEST_NAME = 80
STOPPING = "*Stop a rollout at once:* `/gates suspend` with its name and a few words. One person is enough."
UNREADABLE = (
    "*The files of {number} of your rollouts cannot be read,* so what waits there is not shown; the page says why."
)
DELEGATING = "*Delegate:* the button under a gate's message, or `/gates delegate`."


def home(view: HomeView) -> Modal:
    """Return the view to publish on a person's Home tab."""
    return {"type": "home", "blocks": list(_blocks(view))}


def nobody_known(*, page: str) -> Modal:
    """Return the Home tab of somebody whom nobody enrolled: nothing is shown to them."""
    text = (
        "This Slack account is not tied to anybody known to Primum, so there is nothing to show. "
        f"Ask whoever looks after Primum to enrol you, or sign in on {link(page, label='the page')}."
    )
    return {"type": "home", "blocks": [header("Not enrolled"), section(text)]}


def _blocks(view: HomeView) -> Iterator[Block]:
    yield header("Waiting for you")
    yield from _list([waiting_line(one) for one in view.waiting], nothing="Nothing waits for your signature.")
    if view.unreadable:
        yield section(UNREADABLE.format(number=view.unreadable))
    if view.alarms:
        yield header("Alarms to answer")
        yield from _list([alarm_line(one) for one in view.alarms], nothing="")
    if view.tasks:
        yield header("Left to do")
        yield from _list([task_line(one) for one in view.tasks], nothing="")
    if view.stopped:
        yield header("Suspended")
        yield from _list([stopped_line(one) for one in view.stopped], nothing="")
    if view.incidents:
        yield header("Open incidents")
        yield from _list([incident_line(one) for one in view.incidents], nothing="")
    yield header("Your decisions of the last 30 days")
    yield from _list([decided_line(one) for one in view.decisions], nothing="None.")
    yield header("Standing in")
    yield from _list([delegation_line(one) for one in view.delegations], nothing="Nobody stands in for anybody here.")
    yield section(DELEGATING, *([STOPPING] if view.can_suspend else []))
    yield from _end(view)


def _list(lines: Sequence[str], *, nothing: str) -> Iterator[Block]:
    """Yield the lines, a few to a paragraph since one holds 3,000 characters, and how many more there are."""
    shown = lines[:MOST_LINES] or [nothing]
    for first in range(0, len(shown), LINES_IN_A_PARAGRAPH):
        yield section(*shown[first : first + LINES_IN_A_PARAGRAPH])
    if len(lines) > MOST_LINES:
        yield context(f"And {len(lines) - MOST_LINES:,} more on the page.")


def _end(view: HomeView) -> Iterator[Block]:
    roles = listed(role_words(role) for role in view.roles) or "no role"
    sent = f"The digest comes {escaped(view.digest)}." if view.digest else "No digest is sent."
    yield context(
        f"{escaped(view.person, longest=LONGEST_NAME)}, {roles}. {sent} {link(view.page.url, label=view.page.label)}",
        f"As of {moment(view.read_at)}. The ledger is the record; this is a copy.",
    )
