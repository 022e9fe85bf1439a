"""The first-day check of a Slack workspace: who we are, what we may, who hears us; read-only except for one message."""

import asyncio
import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from primum.integrations.slack.blocks_lint import problems
from primum.integrations.slack.manifest import SCOPES
from primum.integrations.slack.payloads import Member
from primum.integrations.slack.refusals import NotSent, Refused
from primum.integrations.slack.signing import OLDEST_SECONDS
from primum.integrations.slack.socket_line import NOT_CONNECTED, SocketAccess, trouble
from primum.integrations.slack.socket_mode import NoHello, greeting
from primum.integrations.slack.web_api import SlackChannel, SlackUser, SlackWeb, Workspace

# Half of Slack's own limit would be noticed too late; a clock kept by NTP is within one second.
NOTICEABLE_SECONDS = 60
PROCESSING_SECONDS = (1.0, 3.0)
# One white pixel.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
)
SHOWN = "Primum can show you figures here."

Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing looked at, whether it is as it should be, and a sentence for the person who asked."""

    name: str
    holds: bool
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Somebody who is to sign from Slack: their name here, their pinned member, and the e-mail of the directory."""

    name: str
    member: Member
    email: str = ""


def examine(
    *,
    web: SlackWeb,
    clock: Clock,
    channels: Sequence[str],
    people: Sequence[Expected] = (),
    templates: Mapping[str, Mapping[str, Any]] | None = None,
    socket: SocketAccess | None = None,
) -> tuple[Check, ...]:
    """
    Return every check of a workspace, in the order in which a person would mend things; raises nothing of Slack's.

    ``templates`` are our messages and forms in their largest form, by name. ``socket`` is given where Socket Mode is
    used; without it the clock matters to every request. Writes nothing: see ``show_figure``.
    """
    try:
        before = clock()
        who = web.auth_test()
        between = before + (clock() - before) / 2
    except NotSent as problem:
        return (Check(name="Workspace", holds=False, sentence=str(problem)),)
    return (
        Check(name="Workspace", holds=True, sentence=f"We are {who.user} in the workspace {who.team}."),
        _scopes(who),
        _clock(who, at=between, is_signed=socket is None),
        *([_connection(socket)] if socket is not None else []),
        *(_template(web, name, body) for name, body in (templates or {}).items()),
        *(_channel(web, channel) for channel in channels),
        *(_person(web, person) for person in people),
    )


def show_figure(*, web: SlackWeb, user: str, pause: Callable[[float], None]) -> Check:
    """Send one person a picture in a direct message, uploaded as private; Slack may need a moment to process it."""
    words = {"type": "section", "text": {"type": "plain_text", "text": SHOWN}}
    try:
        file = web.upload_figure(content=PICTURE, filename="primum.png", alt="One white pixel", title="A test")
        picture = {"type": "image", "slack_file": {"id": file}, "alt_text": "One white pixel, to see that it arrives"}
        channel = web.open_dm(user=user)
        for seconds in PROCESSING_SECONDS:
            if _is_posted(web, channel=channel, blocks=(words, picture)):
                break
            pause(seconds)
        else:
            web.post_message(channel=channel, text=SHOWN, blocks=(words, picture))
    except NotSent as problem:
        return Check(name="Figures", holds=False, sentence=str(problem))
    return Check(name="Figures", holds=True, sentence=f"A picture was sent to {user}; ask whether it is there.")


def _is_posted(web: SlackWeb, *, channel: str, blocks: Sequence[Mapping[str, Any]]) -> bool:
    try:
        web.post_message(channel=channel, text=SHOWN, blocks=blocks)
    except Refused as problem:
        if problem.error != "invalid_blocks":
            raise
        return False
    return True


def _scopes(who: Workspace) -> Check:
    missing, more = sorted(set(SCOPES) - who.scopes), sorted(who.scopes - set(SCOPES))
    if missing:
        said = f"The app lacks {', '.join(missing)}; install it again with the manifest that Primum prints."
    elif more:
        said = f"The app may {', '.join(more)}, which Primum never uses; take it away."
    else:
        said = f"The app has the {len(SCOPES)} scopes it needs and no other."
    return Check(name="Scopes", holds=not missing and not more, sentence=said)


def _clock(who: Workspace, *, at: datetime, is_signed: bool) -> Check:
    try:
        theirs = parsedate_to_datetime(who.date).astimezone(UTC)
    except ValueError:
        return Check(name="Clock", holds=False, sentence="Slack's answer has no Date; a proxy may take it away.")
    # The header has whole seconds.
    off = max(0.0, abs((at - theirs).total_seconds()) - 1)
    if off > NOTICEABLE_SECONDS:
        harm = f"Slack's requests are refused from {OLDEST_SECONDS} seconds on" if is_signed else "times here are wrong"
        return Check(
            name="Clock", holds=False, sentence=f"Our clock is {off:.0f} seconds away from Slack's; {harm}. Use NTP."
        )
    return Check(name="Clock", holds=True, sentence="Our clock agrees with Slack's.")


def _connection(socket: SocketAccess) -> Check:
    name = "Socket Mode"
    try:
        others = asyncio.run(greeting(socket))
    except NoHello as problem:
        return Check(name=name, holds=False, sentence=str(problem))
    except NOT_CONNECTED as problem:
        return Check(name=name, holds=False, sentence=trouble(problem))
    if others not in (0, socket.connections):
        said = (
            f"Slack counts {others} other connections of this app, and a Primum of this kind has {socket.connections}; "
            "some clicks go elsewhere. Make an app of its own for each Primum."
        )
        return Check(name=name, holds=False, sentence=said)
    running = "and a Primum is connected" if others else "and nobody else is connected"
    return Check(name=name, holds=True, sentence=f"Slack says hello on a connection, {running}.")


def _template(web: SlackWeb, name: str, body: Mapping[str, Any]) -> Check:
    found = problems(body)
    try:
        theirs = web.validate_blocks(view=body) if "type" in body else web.validate_blocks(message=body)
    except NotSent as problem:
        theirs = (str(problem),)
    first = next(iter((*found, *theirs)), None)
    said = f"Slack takes {name} in its largest form." if first is None else f"{name} in its largest form: {first}"
    return Check(name="Blocks", holds=first is None, sentence=said)


def _channel(web: SlackWeb, channel: str) -> Check:
    try:
        wrong = "; ".join(_wrong_with_channel(web.channel(channel=channel)))
    except NotSent as problem:
        wrong = str(problem).rstrip(".")
    said = f"The channel {channel} is private, inside the organisation, and the app is in it."
    return Check(name="Channel", holds=not wrong, sentence=f"The channel {channel}: {wrong}." if wrong else said)


def _wrong_with_channel(found: SlackChannel) -> Iterator[str]:
    if not found.private:
        yield "it is public, so that everybody reads the gates; make a private one"
    if found.shared:
        yield "it is shared with another organisation; use one that is not"
    if not found.member:
        yield "the app is not in it; invite it"
    if found.archived:
        yield "it is archived"


def _person(web: SlackWeb, person: Expected) -> Check:
    try:
        wrong = "; ".join(_wrong_with_person(web.user(user=person.member.user), person))
    except NotSent as problem:
        wrong = str(problem).rstrip(".")
    said = f"{person.name} is a full member of the workspace."
    return Check(name="Person", holds=not wrong, sentence=f"{person.name}: {wrong}." if wrong else said)


def _wrong_with_person(found: SlackUser, person: Expected) -> Iterator[str]:
    if found.team != person.member.team:
        yield f"the member belongs to {found.team}, and {person.member.team} was enrolled"
    if found.deleted:
        yield "the account is deactivated"
    if found.guest:
        yield "the account is a guest's"
    if found.stranger:
        yield "the account is of another organisation"
    if found.is_bot:
        yield "the account is a bot's"
    if person.email and found.email.casefold() != person.email.casefold():
        yield "the e-mail is not the one of the directory"
