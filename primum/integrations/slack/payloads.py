"""
What Slack tells us, as values: each says who, where, and by which key a second delivery is known.

A person is a pair of team and user id: two organisations in one channel may have the same user id. The team of a
click is ``user.team_id``; ``team.id`` is the app's own, whoever clicked (V18).
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from primum.integrations.slack.fields import Malformed


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody in Slack; the user id means something with the team alone."""

    team: str
    user: str


@dataclass(frozen=True, kw_only=True)
class FieldValue:
    """What one input of a form held: the text written, or the values chosen."""

    block: str
    action: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Click:
    """A button pressed, or an option chosen, on a message, a form or the Home tab."""

    key: str
    app: str
    team: str
    member: Member
    trigger: str
    action: str
    block: str
    values: tuple[str, ...]
    channel: str
    message: str
    view: str
    view_hash: str

    @property
    def value(self) -> str:
        """The value of the button, or of the first option; empty if there is none."""
        return next(iter(self.values), "")


@dataclass(frozen=True, kw_only=True)
class FormSent:
    """A form submitted; ``metadata`` is what we wrote into it and is never a proof of anything."""

    key: str
    app: str
    team: str
    member: Member
    trigger: str
    view: str
    view_hash: str
    callback: str
    metadata: str
    fields: tuple[FieldValue, ...]

    def chosen(self, block: str) -> tuple[str, ...]:
        """Return the values given in this block, none if it was left empty."""
        return tuple(value for field in self.fields if field.block == block for value in field.values)

    def written(self, block: str) -> str:
        """Return the text written, or the first value chosen, in this block; empty if there is none."""
        return next(iter(self.chosen(block)), "")


@dataclass(frozen=True, kw_only=True)
class FormClosed:
    """A form closed without submitting it."""

    key: str
    app: str
    team: str
    member: Member
    view: str
    callback: str
    metadata: str


@dataclass(frozen=True, kw_only=True)
class Command:
    """A slash command: its name with the slash, and the rest of the line."""

    key: str
    app: str
    team: str
    member: Member
    trigger: str
    name: str
    words: str
    channel: str


@dataclass(frozen=True, kw_only=True)
class HomeOpened:
    """Somebody looks at the app's Home tab."""

    key: str
    app: str
    team: str
    member: Member
    tab: str


@dataclass(frozen=True, kw_only=True)
class ChannelChanged:
    """A channel was shared outside, no longer is, or has another id now; ``change`` is Slack's name for it."""

    key: str
    app: str
    team: str
    change: str
    channel: str
    becomes: str


@dataclass(frozen=True, kw_only=True)
class MemberChanged:
    """A member's profile changed: may be deactivated or a guest now."""

    key: str
    app: str
    team: str
    member: Member
    deleted: bool
    guest: bool
    bot: bool


@dataclass(frozen=True, kw_only=True)
class Uninstalled:
    """The app was removed, or tokens were revoked; ``change`` is Slack's name for it."""

    key: str
    app: str
    team: str
    change: str


@dataclass(frozen=True, kw_only=True)
class Handshake:
    """Slack asks whether we are here: ``challenge`` is to be sent back; it is empty for a probe of the certificate."""

    key: str
    challenge: str


@dataclass(frozen=True, kw_only=True)
class NotForUs:
    """Something Slack sends and we have no use for; it is acknowledged and forgotten."""

    key: str
    app: str
    team: str
    kind: str


Payload = (
    Click
    | FormSent
    | FormClosed
    | Command
    | HomeOpened
    | ChannelChanged
    | MemberChanged
    | Uninstalled
    | Handshake
    | NotForUs
)
KINDS: Mapping[str, type[Payload]] = {
    kind.__name__: kind
    for kind in (
        Click,
        FormSent,
        FormClosed,
        Command,
        HomeOpened,
        ChannelChanged,
        MemberChanged,
        Uninstalled,
        Handshake,
        NotForUs,
    )
}


def plain(payload: Payload) -> dict[str, Any]:
    """Return the payload as JSON values, with its kind, to keep in a receipt."""
    return {"payload": type(payload).__name__, **dataclasses.asdict(payload)}


def from_plain(kept: Mapping[str, Any]) -> Payload:
    """
    Return the payload that ``plain`` gave, also after it went through JSON.

    :raises Malformed: if its kind or a field is unknown or missing
    """
    fields = dict(kept)
    kind = KINDS.get(str(fields.pop("payload", "")))
    if kind is None:
        raise Malformed("The kept payload is of no known kind; it was written by another version.")
    try:
        return kind(**{name: _rebuilt(name, value) for name, value in fields.items()})
    except (TypeError, ValueError):
        raise Malformed(f"The kept {kind.__name__} has other fields; it was written by another version.") from None


def _rebuilt(name: str, value: Any) -> Any:  # noqa: ANN401 -- a JSON value in, the field's own value out
    if name == "member":
        return Member(**value)
    if name == "fields":
        return tuple(FieldValue(**{**one, "values": tuple(one["values"])}) for one in value)
    return tuple(value) if name == "values" else value
