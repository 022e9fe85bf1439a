"""The stand-in's HTTP side: tokens, forms and JSON in, answers and faults out."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.slack_server.methods import METHODS
from tests.slack_server.misbehaving import Drops, Fails, Faults, Hangs, Html, RateLimited
from tests.slack_server.sockets import Link
from tests.slack_server.world import SCOPES, Call, World

HOST = "127.0.0.1"


@dataclass(kw_only=True)
class Front:
    world: World
    link: Link
    faults: Faults
    tokens: tuple[str, str]
    calls: list[Call] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    port: int = 0
    runner: web.AppRunner | None = None
    hanging: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Listen: on a free port the first time, on the same one after that."""
        app = web.Application(client_max_size=20 * 1024 * 1024)
        app.router.add_post("/api/{method}", self.method)
        app.router.add_post("/upload/v1/{file}", self.upload)
        app.router.add_get("/link/", self.link.serve)
        self.link.heard = lambda _, told: self.bodies.append(json.dumps(told, ensure_ascii=False))
        self.runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self.runner.setup()
        site = web.TCPSite(self.runner, HOST, self.port, reuse_address=True)
        await site.start()
        self.port = self.port or site._server.sockets[0].getsockname()[1]
        self.world.address = f"http://{HOST}:{self.port}"

    async def stop(self) -> None:
        self.end_hanging()
        for socket in list(self.link.sockets):
            self.link.drop(socket)
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    def end_hanging(self) -> None:
        self.hanging.set()
        self.hanging = asyncio.Event()

    async def method(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        fields = await _fields(request)
        self.calls.append(Call(method=name, fields=fields, at=time.monotonic()))
        self.bodies.append(json.dumps(fields, ensure_ascii=False))
        fault = self.faults.next_for(name) or self._too_fast(name, fields)
        answer = self._answer(name, fields, request) if getattr(fault, "performs", fault is None) else None
        return await self._sent(fault, answer, request)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        file = self.world.uploads.get(request.match_info["file"])
        if file is None:
            return web.Response(status=404)
        file.content = await request.read()
        self.calls.append(Call(method="upload", fields={"file": file.id}, at=time.monotonic()))
        return await self._sent(self.faults.next_for("upload"), f"OK - {len(file.content)}", request)

    def _answer(self, name: str, fields: dict[str, Any], request: web.Request) -> dict[str, Any]:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        bot, app = self.tokens
        if not token:
            return {"ok": False, "error": "not_authed"}
        if token != (app if name == "apps.connections.open" else bot):
            return {"ok": False, "error": "not_allowed_token_type" if token in self.tokens else "invalid_auth"}
        if name == "apps.connections.open":
            link = self.world.address.replace("http", "ws", 1)
            return {"ok": True, "url": f"{link}/link/?ticket={self.link.ticket()}&app_id=A0PRIMUM"}
        if name not in METHODS:
            return {"ok": False, "error": "unknown_method"}
        return METHODS[name](self.world, fields)

    def _too_fast(self, name: str, fields: dict[str, Any]) -> RateLimited | None:
        between = self.world.seconds_between_posts
        last = self.world.last_post.get(str(fields.get("channel", "")), float("-inf"))
        if name == "chat.postMessage" and between and time.monotonic() - last < between:
            return RateLimited(seconds=max(1, round(between)))
        return None

    async def _sent(self, fault: Any, answer: Any, request: web.Request) -> web.StreamResponse:
        match fault:
            case Fails(error=error):
                return web.json_response({"ok": False, "error": error})
            case RateLimited(seconds=seconds):
                told = {"ok": False, "error": "ratelimited"}
                return web.json_response(told, status=429, headers={"Retry-After": str(seconds)})
            case Html(status=status):
                return web.Response(
                    text="<html><body>Bad gateway</body></html>", status=status, content_type="text/html"
                )
            case Drops():
                assert request.transport is not None
                request.transport.close()
            case Hangs(seconds=seconds):
                await self._hang(seconds)
        if isinstance(answer, str):
            return web.Response(text=answer)
        return web.json_response(answer, headers={"X-OAuth-Scopes": SCOPES})

    async def _hang(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.hanging.wait(), seconds)
        except TimeoutError:
            return


async def _fields(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return json.loads(await request.text() or "{}")
    posted = await request.post()
    return {**request.query, **posted}
