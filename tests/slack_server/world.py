"""What the stand-in knows: people, channels, messages, forms and files."""

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TEAM, APP, BOT, BOT_ID = "T0CLINIC", "A0PRIMUM", "U0PRIMUM", "B0PRIMUM"
SCOPES = (
    "chat:write,commands,im:write,users:read,users:read.email,files:write,channels:read,groups:read,usergroups:read"
)


@dataclass(frozen=True, kw_only=True)
class Person:
    user: str
    team: str = TEAM
    name: str = "Dr Example"
    email: str = "someone@clinic.example"
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False

    def told(self) -> dict[str, Any]:
        """As users.info tells it."""
        flags = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
        profile = {"real_name": self.name, "display_name": self.name, "email": self.email}
        return {
            "id": self.user,
            "team_id": self.team,
            "name": self.user.lower(),
            "real_name": self.name,
            "profile": profile,
            "tz": "Europe/Madrid",
            **{name: getattr(self, name) for name in flags},
        }


@dataclass(frozen=True, kw_only=True)
class Channel:
    id: str
    is_private: bool = True
    is_ext_shared: bool = False
    is_pending_ext_shared: bool = False
    is_org_shared: bool = False
    is_member: bool = True
    is_archived: bool = False

    def told(self) -> dict[str, Any]:
        """As conversations.info tells it."""
        return {"name": "gates", "is_channel": not self.is_private, "is_group": self.is_private, **vars(self)}


@dataclass(kw_only=True)
class Message:
    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None
    metadata: dict[str, Any] | None = None
    unfurl_links: bool = True
    key: str | None = None
    versions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def written(self) -> str:
        """All of it as one text."""
        return json.dumps([self.text, self.blocks], ensure_ascii=False)


@dataclass(kw_only=True)
class View:
    id: str
    hash: str
    user: str
    body: dict[str, Any]
    is_open: bool = True
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return self.body["blocks"]

    @property
    def written(self) -> str:
        return json.dumps(self.body, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class Call:
    method: str
    fields: dict[str, Any]
    at: float


@dataclass(kw_only=True)
class Upload:
    id: str
    filename: str
    alt_text: str
    length: int
    content: bytes = b""
    is_complete: bool = False
    channel: str | None = None


@dataclass(kw_only=True)
class World:
    """The workspace; changed by the server's own thread, read by tests."""

    clock: Callable[[], float] = time.time
    people: dict[str, Person] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    posted: list[Message] = field(default_factory=list)
    ephemerals: list[dict[str, Any]] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    homes: dict[str, View] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    address: str = ""
    triggers: dict[str, float | None] = field(default_factory=dict)
    presser: dict[str, str] = field(default_factory=dict)
    # Slack gives a form three seconds; see ``PATIENCE``.
    trigger_seconds: float = 15.0
    seconds_between_posts: float = 0.0
    last_post: dict[str, float] = field(default_factory=dict)
    # The errors of chat.postMessage say that Slack looks a client_msg_id up; its pages do not. Both are played.
    knows_keys: bool = False
    counter: itertools.count = field(default_factory=lambda: itertools.count(1))

    def number(self) -> int:
        return next(self.counter)

    def ts(self) -> str:
        """A time of Slack's, which is a message's name; never the same twice."""
        return f"{int(self.clock())}.{self.number():06d}"

    def direct_channel(self, user: str) -> str:
        return f"D{user[1:]}"

    def trigger(self, user: str) -> str:
        """A trigger_id, good once and for a while."""
        made = f"{self.number()}.{int(self.clock())}.trigger"
        self.presser[made] = user
        self.triggers[made] = time.monotonic()
        return made

    def spend(self, trigger: str) -> str | None:
        """Use a trigger up; the error if it is no good."""
        if trigger not in self.triggers:
            return "invalid_trigger_id"
        made = self.triggers[trigger]
        if made is None:
            return "exchanged_trigger_id"
        if time.monotonic() - made >= self.trigger_seconds:
            return "expired_trigger_id"
        self.triggers[trigger] = None
        return None

    def knows_again(self, channel: str, key: str | None) -> Message | None:
        """The message that was posted with this key before, if Slack looks."""
        if not self.knows_keys or not key:
            return None
        return next((one for one in self.posted if (one.channel, one.key) == (channel, key)), None)

    def message(self, channel: str, ts: str) -> Message | None:
        return next((one for one in self.posted if (one.channel, one.ts) == (channel, ts)), None)

    def view(self, view: str) -> View | None:
        return next((one for one in self.views if one.id == view), None)

    def shown(self, body: dict[str, Any], *, user: str) -> View:
        """A form or a Home tab as it is now shown to somebody."""
        return View(id=f"V{self.number():08d}", hash=self.view_hash(), user=user, body=body)

    def view_hash(self) -> str:
        return f"{int(self.clock())}.{self.number():08x}"
