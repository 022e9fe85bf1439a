"""The one message of each gate: posted small, then brought up to what the ledger says, again and again."""

from datetime import datetime, timedelta

from primum.actions import reporting
from primum.actions.resubmission import submitted
from primum.actions.submission import Submission
from primum.actions.unfinished import rollout_of
from primum.chat import channels, gate_figures, posting
from primum.chat.gate_views import gate_view
from primum.chat.office import Office
from primum.chat.posting import Place
from primum.chat.rendering.blocks import message
from primum.chat.rendering.gate_message import LONGEST_TITLE, gate_message
from primum.chat.rendering.texts import shortened
from primum.chat.rendering.views import Figure
from primum.integrations.slack.refusals import Refused
from primum.integrations.slack.web_api import Posted
from primum.ledger import reading, slack_reading
from primum.ledger.slack_tables import SlackPost
from primum.roadmap.gates import OPEN_STATES, GateState

# The message was taken away, or is not ours any more: the gate gets another.
LOST = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
# A file that was just uploaded may not be ready, and one that is gone never is.
NOT_SHOWN = frozenset({"invalid_blocks", "invalid_blocks_format"})


# What was decided before Slack was set up is history, and not posted.
STILL_NEWS = timedelta(days=3)


def name_of(gate: str) -> str:
    """Return what the message of a gate is called."""
    return f"gate:{gate}"


def bring_up(*, gate: str, at: datetime, office: Office, submission: Submission | None = None) -> SlackPost | None:
    """
    Bring the message of a gate to what the ledger says now; ``None`` where there is nothing to show yet.

    The same content is not sent again, so that a burst of votes makes one update.

    :raises NotSent: if Slack did not take it; the next time it catches up
    """
    row = posting.standing(name_of(gate), office=office)
    frozen = channels.look(at=at, office=office) is not None
    if not posting.stands(row, channel=office.channel) and (frozen or not _is_news(gate, at, office)):
        return None
    submission = submission or submitted(rollout=rollout_of(gate), workplace=office.workplace)
    if row is None or not posting.stands(row, channel=office.channel):
        row = _first(gate, submission, at, office)
    return _update(row, submission, at, office, safe=not frozen)


def repair(*, at: datetime, office: Office) -> int:
    """
    Compare the message of every gate that is open, or was lately, and bring up those that differ.

    Returns how many differed.

    :raises NotSent: if Slack does not take one of them
    """
    with office.workplace.ledger.reading() as session:
        shown = slack_reading.gates_shown(session)
    gates = [one.id for one in shown if one.state in OPEN_STATES or at - one.state_since < STILL_NEWS]
    before = {gate: _digest(gate, office) for gate in gates}
    for gate in gates:
        bring_up(gate=gate, at=at, office=office)
    return sum(_digest(gate, office) != digest for gate, digest in before.items())


def _digest(gate: str, office: Office) -> str | None:
    row = posting.standing(name_of(gate), office=office)
    return row.digest if row else None


def _is_news(gate: str, at: datetime, office: Office) -> bool:
    """True for a gate whose seats were asked and that is open, or was decided in the last days."""
    with office.workplace.ledger.reading() as session:
        row = reading.gate(session, gate=gate)
        states = {one.state_to for one in reading.transitions(session, gate=gate)}
    if row is None or GateState.AWAITING_SEATS not in states:
        return False
    return row.state in OPEN_STATES or at - row.state_since < STILL_NEWS


def _first(gate: str, submission: Submission, at: datetime, office: Office) -> SlackPost:
    """Post one line that stays true; where its answer is lost, the copy that stays says nothing wrong."""
    title = shortened(submission.rollout.title, longest=LONGEST_TITLE)
    line = message(f"Gate {gate}, {title}: how it stands is in its message in this channel.", blocks=())
    place = Place(name=name_of(gate), channel=office.channel, gate=gate)
    return posting.post(place, message=line, at=at, office=office)


def _update(row: SlackPost, submission: Submission, at: datetime, office: Office, *, safe: bool) -> SlackPost:
    figure = _figure(row, submission, at, office) if safe else None
    try:
        return _say(row, submission, at, office, safe=safe, figure=figure)
    except Refused as refused:
        if refused.error in LOST:
            posting.end(row.id, at=at, office=office)
        if figure is None or refused.error not in NOT_SHOWN:
            raise
        return _say(row, submission, at, office, safe=safe, figure=None)


def _figure(row: SlackPost, submission: Submission, at: datetime, office: Office) -> Figure | None:
    gate = row.gate or ""
    with office.workplace.ledger.reading() as session:
        found = reading.gate(session, gate=gate)
        evaluation = reporting.evaluation_of(gate=found, session=session) if found else None
    if evaluation is None:
        return None
    return gate_figures.figure_of(gate=gate, evaluation=evaluation, submission=submission, at=at, office=office)


def _say(
    row: SlackPost, submission: Submission, at: datetime, office: Office, *, safe: bool, figure: Figure | None
) -> SlackPost:
    view = gate_view(
        gate=row.gate or "",
        submission=submission,
        office=office,
        figure=figure,
        safe=safe,
        repeated=row.state == posting.REPEATED,
    )
    content = gate_message(view)
    digest = posting.digest_of(content)
    if digest != row.digest:
        posted = Posted(channel=row.channel, ts=row.ts or "")
        office.slack.update_message(posted=posted, text=content["text"], blocks=content["blocks"])
        posting.shown(row.id, digest=digest, figure=figure.file if figure else None, at=at, office=office)
    return row
