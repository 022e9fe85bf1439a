"""Socket Mode's end of the stand-in: connections, envelopes and their acknowledgements."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.slack_server.world import APP

# Slack shows the person an error after three seconds. A machine that runs other tests may stand still for longer, so
# the stand-in waits; a test in which time is the question sets ``slack.link.patience`` or reads ``answered.seconds``.
PATIENCE = 15.0
AS_SLACK = 3.0


@dataclass(kw_only=True, eq=False)
class Socket:
    """One connection; frozen means that the other end is gone without a word."""

    number: int
    ws: web.WebSocketResponse
    request: web.Request
    is_frozen: bool = False
    pings: int = 0
    acknowledged: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Link:
    """All connections; runs in the server's own loop."""

    tickets: set[str] = field(default_factory=set)
    sockets: list[Socket] = field(default_factory=list)
    waiting: dict[str, asyncio.Future] = field(default_factory=dict)
    other_connections: int = 0
    opened: int = 0
    turn: int = 0
    say_hello: bool = True
    patience: float = PATIENCE
    heard: Callable[[str, Any], None] = lambda *_: None

    def ticket(self) -> str:
        made = uuid.uuid4().hex
        self.tickets.add(made)
        return made

    async def serve(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=404)
        self.tickets.discard(ticket)
        ws = web.WebSocketResponse(autoping=False, autoclose=True)
        await ws.prepare(request)
        self.opened += 1
        socket = Socket(number=self.opened, ws=ws, request=request)
        self.sockets.append(socket)
        try:
            if self.say_hello:
                await self._hello(socket)
            await self._listen(socket)
        finally:
            self._forget(socket)
        return ws

    async def deliver(self, kind: str, payload: dict[str, Any], *, on: Socket | None) -> tuple[int, Any, float]:
        """Send an envelope and wait for its acknowledgement: 200 and the answer, or 0 if none came."""
        start = time.monotonic()
        socket = on or self._next()
        if socket is None:
            return 0, None, 0.0
        envelope = {
            "envelope_id": str(uuid.uuid4()),
            "type": {"command": "slash_commands", "event": "events_api"}.get(kind, "interactive"),
            "payload": payload,
            "accepts_response_payload": kind != "event",
        }
        answer = self.waiting[envelope["envelope_id"]] = asyncio.get_running_loop().create_future()
        try:
            if not socket.is_frozen:
                await socket.ws.send_str(json.dumps(envelope))
            body = await asyncio.wait_for(answer, self.patience)
        except (TimeoutError, ConnectionError):
            return 0, None, time.monotonic() - start
        finally:
            del self.waiting[envelope["envelope_id"]]
        return 200, body, time.monotonic() - start

    async def disconnect(self, socket: Socket, *, reason: str, closes_after: float | None) -> None:
        told = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
        await socket.ws.send_str(json.dumps(told))
        if closes_after is not None:
            asyncio.get_running_loop().call_later(closes_after, lambda: asyncio.ensure_future(socket.ws.close()))

    def drop(self, socket: Socket) -> None:
        """Close the connection without a close frame."""
        if socket.request.transport is not None:
            socket.request.transport.close()
        self._forget(socket)

    async def _hello(self, socket: Socket) -> None:
        told = {
            "type": "hello",
            "num_connections": len(self.sockets) + self.other_connections,
            "debug_info": {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP},
        }
        await socket.ws.send_str(json.dumps(told))

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.ws:
            if socket.is_frozen:
                continue
            if message.type == WSMsgType.PING:
                socket.pings += 1
                await socket.ws.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                self._acknowledged(socket, json.loads(message.data))

    def _acknowledged(self, socket: Socket, told: dict[str, Any]) -> None:
        self.heard("acknowledgement", told)
        socket.acknowledged.append(told.get("envelope_id", ""))
        answer = self.waiting.get(told.get("envelope_id", ""))
        if answer is not None and not answer.done():
            answer.set_result(told.get("payload"))

    def _next(self) -> Socket | None:
        # Slack hands each payload to any one of them.
        self.turn += 1
        return self.sockets[self.turn % len(self.sockets)] if self.sockets else None

    def _forget(self, socket: Socket) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)
