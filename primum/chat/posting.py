"""
Our messages in Slack: each has a name of its own and is posted once, as far as Slack lets us know.

Slack has no promised key against posting twice, and we ask for no scope that reads messages. So a message's row says
``unknown`` before it is posted: whatever cuts the answer off, a process that dies included, leaves that behind. The
next attempt carries the same key; where Slack looks at it, the first message answers. Where it does not, the later one
counts and says so. What is posted as a gate's first version is one line without a button, a number or a figure that
stays true, so that a copy whose answer was lost misleads nobody.
"""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime

from primum.chat.office import Office
from primum.chat.rendering.blocks import Message, context
from primum.integrations.slack.refusals import RateLimited, Refused, Unreachable
from primum.ledger import slack_reading
from primum.ledger.slack_tables import SlackPost

PENDING, SENT, REPEATED, UNKNOWN, ENDED = "pending", "sent", "repeated", "unknown", "ended"
STANDS = frozenset({SENT, REPEATED})
NAMES = uuid.UUID("6f1b7c1e-0d3a-5a86-9d3f-2f0a5a3d7a41")
# Slack looked the key up and its message is gone: a new key is needed.
KEY_SPENT = frozenset({"duplicate_message_not_found", "duplicate_channel_not_found"})
AGAIN = "Sent again: an earlier copy of this message may have arrived."


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a message is called, where it goes, and what it is about."""

    name: str
    channel: str
    thread: str | None = None
    gate: str | None = None
    person: str | None = None


def digest_of(message: Message) -> str:
    """Return what a message is compared by: the same content has the same digest."""
    text = json.dumps(message, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def standing(name: str, *, office: Office) -> SlackPost | None:
    """Return where a message of ours stands, if it was ever begun."""
    with office.workplace.ledger.reading() as session:
        return slack_reading.post(session, post=name)


def stands(row: SlackPost | None, *, channel: str) -> bool:
    """True if a message is in this channel, and we know where."""
    return row is not None and row.state in STANDS and row.channel == channel and row.ts is not None


def post(place: Place, *, message: Message, at: datetime, office: Office) -> SlackPost:
    """
    Post a message unless it stands already, and return where it does.

    :raises NotSent: if Slack did not take it; after ``Unknown`` it may stand all the same
    """
    before = standing(place.name, office=office)
    if before is not None and stands(before, channel=place.channel):
        return before
    again = before is not None and before.state == UNKNOWN and before.channel == place.channel
    row = _begun(place, anew=not again, at=at, office=office)
    try:
        posted = office.slack.post_message(
            channel=place.channel,
            text=message["text"],
            blocks=_marked(message) if again else message.get("blocks", ()),
            thread=place.thread,
            event=place.name,
            key=str(uuid.uuid5(NAMES, f"{place.channel} {place.name} {row.made_at.isoformat()}")),
        )
    except (RateLimited, Refused, Unreachable) as no:
        spent = isinstance(no, Refused) and no.error in KEY_SPENT
        if spent or not again:
            _change(place.name, state=PENDING, at=at, office=office)
        raise
    return _change(place.name, state=REPEATED if again else SENT, ts=posted.ts, at=at, office=office) or row


def end(name: str, *, at: datetime, office: Office) -> None:
    """Write down that a message of ours is gone or counts no more; it may be posted anew."""
    _change(name, state=ENDED, at=at, office=office)


def shown(name: str, *, digest: str, figure: str | None, at: datetime, office: Office) -> None:
    """Write down what a message says now, by its digest, and which figure it shows."""
    with office.workplace.ledger.transaction() as tx:
        row = slack_reading.post(tx.session, post=name)
        if row is not None:
            row.digest, row.figure, row.updated_at = digest, figure, at
            tx.session.add(row)


def _marked(message: Message) -> list[dict[str, object]]:
    blocks = message.get("blocks", ())
    return [*blocks, context(AGAIN)] if blocks else []


def _begun(place: Place, *, anew: bool, at: datetime, office: Office) -> SlackPost:
    """Write down that a message is about to be posted, before it is."""
    with office.workplace.ledger.transaction() as tx:
        row = slack_reading.post(tx.session, post=place.name)
        if row is None:
            row = SlackPost(id=place.name, channel=place.channel, state=UNKNOWN, made_at=at)
        if anew:
            row.made_at = at
        row.channel, row.thread_ts, row.gate, row.person = place.channel, place.thread, place.gate, place.person
        row.state, row.ts, row.digest, row.updated_at = UNKNOWN, None, None, at
        tx.session.add(row)
    return row


def _change(name: str, *, state: str, at: datetime, office: Office, ts: str | None = None) -> SlackPost | None:
    with office.workplace.ledger.transaction() as tx:
        row = slack_reading.post(tx.session, post=name)
        if row is not None:
            row.state, row.ts, row.digest, row.updated_at = state, ts, None, at
            tx.session.add(row)
    return row
