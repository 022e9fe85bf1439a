"""Whether the gate channel is one where gates may be shown: private, ours alone, and we are in it."""

from datetime import datetime, timedelta

from primum.chat.office import Office
from primum.integrations.slack.refusals import Refused
from primum.integrations.slack.web_api import SlackChannel
from primum.ledger import slack_reading
from primum.ledger.slack_tables import SlackPost

OPEN, FROZEN = "sent", "ended"
# Events tell of a change at once; this is for those that are lost.
LOOKED_AT_FOR = timedelta(seconds=60)
GONE = frozenset({"channel_not_found", "not_in_channel", "is_archived"})


def why_not_show(found: SlackChannel) -> str | None:
    """Return the one reason gates may not be shown in a channel, if there is one."""
    if not found.private:
        return "The gate channel is public; gates are shown in a private channel only."
    if found.shared:
        return "The gate channel is shared with another organisation, or is about to be."
    if found.archived:
        return "The gate channel is archived."
    if not found.member:
        return "Primum is not a member of the gate channel; invite it."
    return None


def look(*, at: datetime, office: Office, anew: bool = False) -> str | None:
    """
    Return why nothing may be shown in the gate channel now, if so; asked of Slack at most once a minute.

    :raises NotSent: if Slack does not say; then nothing is shown either
    """
    row = _row(office)
    if not anew and row is not None and row.updated_at is not None and at - row.updated_at < LOOKED_AT_FOR:
        return row.digest if row.state == FROZEN else None
    try:
        problem = why_not_show(office.slack.channel(channel=office.channel))
    except Refused as refused:
        if refused.error not in GONE:
            raise
        problem = "The gate channel is gone, or Primum is not a member of it."
    remember(problem, at=at, office=office)
    return problem


def is_frozen(*, office: Office) -> bool:
    """True if the last look said that nothing may be shown in the gate channel."""
    row = _row(office)
    return row is not None and row.state == FROZEN


def since(*, office: Office) -> str:
    """Return since when the channel is as it was found last, as a text."""
    row = _row(office)
    return row.made_at.isoformat() if row else ""


def remember(problem: str | None, *, at: datetime, office: Office) -> None:
    """Write down how the channel was found; clicks are refused by it without asking Slack."""
    with office.workplace.ledger.transaction() as tx:
        name = _name(office)
        row = slack_reading.post(tx.session, post=name) or SlackPost(
            id=name, channel=office.channel, state=OPEN, made_at=at
        )
        state = FROZEN if problem else OPEN
        if row.state != state:
            row.made_at = at
        row.state, row.digest, row.updated_at = state, problem, at
        tx.session.add(row)


def _name(office: Office) -> str:
    return f"channel:{office.channel}"


def _row(office: Office) -> SlackPost | None:
    with office.workplace.ledger.reading() as session:
        return slack_reading.post(session, post=_name(office))
