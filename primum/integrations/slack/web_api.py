"""Slack's Web API, as far as we use it: one method each, values back, and four ways to fail."""

import logging
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from primum.integrations.slack.refusals import Refused, Unknown, told_apart

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web.slack_response import SlackResponse

SLACK = "https://slack.com/api/"
SECONDS = 10
# The library writes the bodies of its requests, people's reasons among them, at DEBUG.
LOGGER = "slack_sdk"

Blocks = Sequence[Mapping[str, Any]]
View = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """Who we are in Slack: the workspace, our bot there, and the scopes it was given."""

    team: str
    user: str
    bot: str
    scopes: frozenset[str]
    date: str


@dataclass(frozen=True, kw_only=True)
class Posted:
    """Where a message is: its channel and its time, which is its name."""

    channel: str
    ts: str


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A form or a Home tab as Slack keeps it; the hash changes with every change."""

    view: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class SlackUser:
    """A member as Slack knows them; ``guest`` and ``stranger`` (of another organisation) never count."""

    team: str
    user: str
    name: str
    email: str
    deleted: bool
    is_bot: bool
    guest: bool
    stranger: bool
    zone: str


@dataclass(frozen=True, kw_only=True)
class SlackChannel:
    """A channel as Slack knows it; the flags count, never the first letter of the id."""

    channel: str
    private: bool
    shared: bool
    member: bool
    archived: bool


class SlackWeb:
    """
    A thin client of Slack's Web API: never repeats a request by itself, and is safe to use from several threads.

    Every method raises ``RateLimited``, ``Refused``, ``Unreachable`` or ``Unknown`` (see ``refusals``). Requests go
    through the proxy of the environment unless its ``NO_PROXY`` names the host.
    """

    def __init__(
        self,
        *,
        token: str,
        base_url: str = SLACK,
        timeout: float = SECONDS,
        proxy: str | None = None,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        """Make a client; ``trusted`` is for a proxy that inspects TLS with a certificate of its own."""
        self._client = _client(token=token, base_url=base_url, timeout=timeout, proxy=proxy, trusted=trusted)

    def auth_test(self) -> Workspace:
        """Return who we are, and what we may, by the headers of the answer; also Slack's own time."""
        with told_apart("auth.test"):
            answer = self._client.auth_test()
            return Workspace(
                team=_text(answer, "team_id"),
                user=_text(answer, "user_id"),
                bot=str(answer.get("bot_id") or ""),
                scopes=frozenset(_header(answer, "x-oauth-scopes").replace(" ", "").split(",")) - {""},
                date=_header(answer, "date"),
            )

    def post_message(
        self,
        *,
        channel: str,
        text: str,
        blocks: Blocks = (),
        thread: str | None = None,
        event: str | None = None,
        key: str | None = None,
    ) -> Posted:
        """
        Post a message, and say where it is; ``event`` is our own name for it, kept as its metadata.

        ``key`` is a UUID by which Slack may know a second attempt and answer with the first message. Only the names of
        two errors of chat.postMessage say so (``duplicate_message_not_found``): it may help, and nothing rests on it.

        ``text`` is what a phone shows and a screen reader reads; it is never empty. Links are not unfolded.
        """
        with told_apart("chat.postMessage"):
            answer = self._client.chat_postMessage(
                channel=channel,
                text=text,
                blocks=[dict(block) for block in blocks],
                thread_ts=thread,
                metadata={"event_type": "primum", "event_payload": {"name": event}} if event else None,
                unfurl_links=False,
                unfurl_media=False,
                client_msg_id=key,
            )
            return Posted(channel=_text(answer, "channel"), ts=_text(answer, "ts"))

    def update_message(self, *, posted: Posted, text: str, blocks: Blocks) -> None:
        """Change a message of ours; always with its blocks, since a text alone would take them away."""
        with told_apart("chat.update"):
            self._client.chat_update(
                channel=posted.channel,
                ts=posted.ts,
                text=text,
                blocks=[dict(block) for block in blocks],
            )

    def post_ephemeral(self, *, channel: str, user: str, text: str, blocks: Blocks = ()) -> None:
        """Say something in a channel to one person alone; it is gone when they reload."""
        with told_apart("chat.postEphemeral"):
            self._client.chat_postEphemeral(
                channel=channel,
                user=user,
                text=text,
                blocks=[dict(block) for block in blocks],
            )

    def open_dm(self, *, user: str) -> str:
        """Return the id of our direct channel with a member."""
        with told_apart("conversations.open"):
            answer = self._client.conversations_open(users=user)
            return _text(_object(answer.get("channel")), "id")

    def open_view(self, *, trigger: str, view: View) -> Opened:
        """Open a form; the trigger is good once and for three seconds."""
        with told_apart("views.open"):
            return _opened(self._client.views_open(trigger_id=trigger, view=dict(view)))

    def update_view(self, *, opened: Opened, view: View) -> Opened:
        """Change an open form; refused with ``hash_conflict`` if it changed since."""
        with told_apart("views.update"):
            answer = self._client.views_update(view_id=opened.view, hash=opened.hash or None, view=dict(view))
            return _opened(answer)

    def publish_view(self, *, user: str, view: View) -> Opened:
        """Show a member this Home tab."""
        with told_apart("views.publish"):
            return _opened(self._client.views_publish(user_id=user, view=dict(view)))

    def user(self, *, user: str) -> SlackUser:
        """Return a member as they are now."""
        with told_apart("users.info"):
            return _user(_object(self._client.users_info(user=user).get("user")))

    def channel(self, *, channel: str) -> SlackChannel:
        """Return a channel as it is now; shared also means that sharing was begun."""
        with told_apart("conversations.info"):
            return _channel(_object(self._client.conversations_info(channel=channel).get("channel")))

    def upload_figure(self, *, content: bytes, filename: str, alt: str, title: str) -> str:
        """Upload a picture that only messages of ours show, and return its file id; nobody is told."""
        with told_apart("files.upload"):
            answer = self._client.files_upload_v2(content=content, filename=filename, alt_txt=alt, title=title)
            return _text(_object(answer.get("file")), "id")

    def validate_blocks(self, *, message: View | None = None, view: View | None = None) -> tuple[str, ...]:
        """Return what Slack itself finds wrong with a message or a form, one line each."""
        try:
            with told_apart("blocks.validate"):
                self._client.blocks_validate(
                    message=None if message is None else dict(message), view=None if view is None else dict(view)
                )
        except Refused as problem:
            if problem.error != "invalid_blocks":
                raise
            return problem.details or (str(problem),)
        return ()


def proxy_for(address: str) -> str | None:
    """Return the proxy of the environment for this address, none if ``NO_PROXY`` names its host."""
    place = urlsplit(address)
    scheme = {"wss": "https", "ws": "http"}.get(place.scheme, place.scheme)
    return None if proxy_bypass(place.netloc) else getproxies().get(scheme)


def quiet(name: str = LOGGER) -> logging.Logger:
    """Return a logger of the library that never writes bodies, whatever the root logger is set to."""
    found = logging.getLogger(name)
    found.setLevel(max(found.level, logging.WARNING))
    return found


def _client(
    *, token: str, base_url: str, timeout: float, proxy: str | None, trusted: ssl.SSLContext | None
) -> "WebClient":
    from slack_sdk import WebClient

    client = WebClient(
        token=token,
        base_url=base_url,
        timeout=timeout,  # type: ignore[arg-type]
        ssl=trusted,
        logger=quiet(),
        retry_handlers=[],
    )
    # The library would take the proxy of the environment for every host.
    client.proxy = proxy or proxy_for(base_url)
    return client


def _text(answer: "SlackResponse | Mapping[str, Any]", name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        raise Unknown(f"The answer of Slack has no {name}; it may have been done.")
    return found


def _object(found: object) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise Unknown("The answer of Slack is incomplete; it may have been done.")
    return found


def _header(answer: "SlackResponse", name: str) -> str:
    return next((str(value) for key, value in answer.headers.items() if key.lower() == name), "")


def _opened(answer: "SlackResponse") -> Opened:
    view = _object(answer.get("view"))
    return Opened(view=_text(view, "id"), hash=str(view.get("hash") or ""))


def _user(found: Mapping[str, Any]) -> SlackUser:
    profile = found.get("profile") or {}
    return SlackUser(
        team=_text(found, "team_id"),
        user=_text(found, "id"),
        name=str(profile.get("real_name") or found.get("real_name") or ""),
        email=str(profile.get("email") or ""),
        # What is not told is taken as the worse: who may sign is never guessed.
        deleted=found.get("deleted", True) is not False,
        is_bot=bool(found.get("is_bot")) or found.get("id") == "USLACKBOT",
        guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted")),
        stranger=bool(found.get("is_stranger")),
        zone=str(found.get("tz") or ""),
    )


def _channel(found: Mapping[str, Any]) -> SlackChannel:
    # Sharing begins when it is asked for, and the id changes then.
    outside = ("is_ext_shared", "is_pending_ext_shared")
    return SlackChannel(
        channel=_text(found, "id"),
        private=found.get("is_private") is True,
        shared=any(found.get(name) for name in outside),
        member=found.get("is_member") is True,
        archived=found.get("is_archived") is True,
    )
