"""The stand-in itself: one thread with one loop, and the functions by which a test plays Slack."""

import asyncio
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from primum.integrations.slack.signing import signature
from tests.slack_server import people
from tests.slack_server.misbehaving import Fault, Faults
from tests.slack_server.people import Answered, Payload
from tests.slack_server.sockets import PATIENCE, Link, Socket
from tests.slack_server.web import Front
from tests.slack_server.world import APP, TEAM, Call, Channel, Message, Person, View, World

PATHS = {"interaction": "/slack/interactions", "command": "/slack/commands", "event": "/slack/events"}


class SlackServer:
    """See the package's docstring for how to use it."""

    app, team = APP, TEAM
    bot_token, app_token = "xoxb-" + "stand-in-bot", "xapp-" + "stand-in-app"
    signing_secret = "8f742231b10e8888abcd99stand85a5in"

    def __init__(self) -> None:
        self.world, self.link, self.faults = World(), Link(), Faults()
        self.front = Front(
            world=self.world, link=self.link, faults=self.faults, tokens=(self.bot_token, self.app_token)
        )
        self.address: str | None = None
        self.delivered: Counter[bytes] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="Slack's stand-in", daemon=True)

    # What the product sent

    def messages(self, channel: str) -> list[Message]:
        return [one for one in self.world.posted if one.channel == channel]

    def direct(self, person: Person) -> list[Message]:
        return self.messages(self.world.direct_channel(person.user))

    def form_of(self, person: Person) -> View | None:
        shown = [view for view in self.world.views if view.user == person.user and view.is_open]
        return shown[-1] if shown else None

    @property
    def calls(self) -> list[Call]:
        return self.front.calls

    def called(self, method: str) -> list[Call]:
        return [one for one in self.calls if one.method == method]

    @property
    def homes(self) -> dict[str, View]:
        return self.world.homes

    @property
    def ephemerals(self) -> list[dict[str, Any]]:
        return self.world.ephemerals

    @property
    def uploads(self) -> list[Any]:
        return list(self.world.uploads.values())

    @property
    def api(self) -> str:
        return f"{self.world.address}/api/"

    def everything_sent(self) -> str:
        return "\n".join(self.front.bodies)

    def wait(self, found: Callable[[], Any], *, seconds: float = 20) -> Any:
        """Return the first true answer; fail if there is none in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = found()
            if answer:
                return answer
            time.sleep(0.01)
        answer = found()
        assert answer, f"nothing came in {seconds} seconds; Slack heard {[one.method for one in self.calls][-20:]}"
        return answer

    # Who and where

    def member(self, user: str, **fields: Any) -> Person:
        self.world.people[user] = Person(user=user, **fields)
        return self.world.people[user]

    def channel(self, channel: str, **fields: Any) -> Channel:
        self.world.channels[channel] = Channel(id=channel, **fields)
        return self.world.channels[channel]

    # What people do

    def delivers_to(self, address: str | None) -> None:
        """Deliver over signed HTTP to the product at this address; None: over the sockets."""
        self.address = address

    def click(self, shown: Message | View, action: str, *, by: Person, **more: Any) -> Payload:
        return people.click(self.world, shown, action, by=by, **more)

    def press(self, shown: Message | View, action: str, *, by: Person, **more: Any) -> Answered:
        return self.deliver(self.click(shown, action, by=by, **more))

    def submission(self, shown: View, values: dict[str, Any], *, by: Person) -> Payload:
        return people.submission(self.world, shown, values, by=by)

    def submit(self, shown: View, values: dict[str, Any], *, by: Person) -> Answered:
        answered = self.deliver(self.submission(shown, values, by=by))
        if answered.is_acknowledged:
            self._applied(shown, answered.body or {})
        return answered

    def close_form(self, shown: View, *, by: Person) -> Answered:
        shown.is_open = False
        return self.deliver(people.closing(self.world, shown, by=by))

    def command(self, name: str, text: str = "", *, by: Person, channel: str = "C0GATES") -> Answered:
        made = people.command(self.world, name, text, by=by, channel=channel)
        return self.deliver(made, kind="command")

    def event(self, kind: str, **fields: Any) -> Answered:
        return self.deliver(people.event(self.world, kind, **fields), kind="event")

    def deliver(self, payload: Payload, *, kind: str = "interaction", on: Socket | None = None) -> Answered:
        """Deliver one payload once; again for a duplicate, which differs by envelope or signature only."""
        if self.address is None or on is not None:
            status, body, seconds = self._run(self.link.deliver(kind, payload, on=on))
            return Answered(status=status, body=body, seconds=seconds)
        body, content_type = people.as_http_body(kind, payload)
        return self.post(PATHS[kind], body, {"Content-Type": content_type, **self.signed(body, at=self._moment(body))})

    def signed(self, body: bytes, *, at: float | None = None, secret: str | None = None) -> dict[str, str]:
        sent = str(int(self.world.clock() if at is None else at))
        made = signature(secret=secret or self.signing_secret, sent=sent, body=body)
        return {"X-Slack-Request-Timestamp": sent, "X-Slack-Signature": made}

    def post(self, path: str, body: bytes, headers: dict[str, str], *, seconds: float = PATIENCE) -> Answered:
        assert self.address, "tell the stand-in where the product is: delivers_to(...)"
        place, start = urlsplit(self.address), time.monotonic()
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=seconds)
        try:
            connection.request("POST", place.path.rstrip("/") + path, body=body, headers=headers)
            answer = connection.getresponse()
            return Answered(status=answer.status, body=_read(answer.read()), seconds=people.since(start))
        except OSError:
            return Answered(status=0, body=None, seconds=people.since(start))
        finally:
            connection.close()

    # How it misbehaves

    def misbehave(self, method: str, fault: Fault, *, times: int | None = None) -> None:
        self.faults.plan(method, fault, times)

    def behave(self) -> None:
        self.faults.planned.clear()
        self._loop.call_soon_threadsafe(self.front.end_hanging)

    def go_down(self) -> None:
        self._run(self.front.stop())

    def come_back(self) -> None:
        self._run(self.front.start())

    @property
    def sockets(self) -> list[Socket]:
        return list(self.link.sockets)

    def refresh(self, socket: Socket, *, closes_after: float | None = 0.5) -> None:
        self._run(self.link.disconnect(socket, reason="refresh_requested", closes_after=closes_after))

    def warn(self, socket: Socket, *, closes_after: float | None = 2) -> None:
        self._run(self.link.disconnect(socket, reason="warning", closes_after=closes_after))

    def drop(self, socket: Socket) -> None:
        self._loop.call_soon_threadsafe(self.link.drop, socket)

    def hang_up(self, socket: Socket) -> None:
        self._run(socket.ws.close())

    def say(self, socket: Socket, frame: str | bytes) -> None:
        """Send any frame at all."""
        self._run(socket.ws.send_bytes(frame) if isinstance(frame, bytes) else socket.ws.send_str(frame))

    def freeze(self, socket: Socket) -> None:
        socket.is_frozen = True

    # Its thread

    def begin(self) -> None:
        self._thread.start()
        self._run(self.front.start())

    def end(self) -> None:
        self.behave()
        self._run(self.front.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _moment(self, body: bytes) -> float:
        """Now; a second delivery of the same is signed anew, in another second, and is no replay."""
        self.delivered[body] += 1
        return self.world.clock() - self.delivered[body] + 1

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _applied(self, shown: View, answer: dict[str, Any]) -> None:
        """Change what the person sees as Slack would."""
        action = answer.get("response_action")
        shown.errors = answer.get("errors", {}) if action == "errors" else {}
        if action == "errors":
            return
        if action == "update":
            shown.body, shown.hash = answer["view"], self.world.view_hash()
        elif action == "push":
            self.world.views.append(self.world.shown(answer["view"], user=shown.user))
        else:
            for view in self.world.views:
                if view is shown or (action == "clear" and view.user == shown.user):
                    view.is_open = False


def _read(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")


@contextmanager
def slack_server() -> Iterator[SlackServer]:
    """Run a stand-in until the block ends."""
    server = SlackServer()
    server.begin()
    try:
        yield server
    finally:
        server.end()
