"""The point of care in front of the console: the same process, none of its weight, and never an error of its own."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from primum.actions.allocation import Enrolled
from primum.actions.enrolling import NOT_NOW, Enrolment
from primum.actions.exposing import Replica
from primum.actions.site_keys import SiteKeys
from primum.roadmap.exposure import HANDED_OUT_WITHIN, Encounter
from primum.web.exposure import ofrep
from primum.web.exposure.ofrep import CannotAnswer, Reply

FLAGS = "/ofrep/v1/evaluate/flags"
MOST_BYTES = 64_000
ALWAYS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
ENROLLED_WITHIN = 1.0
TIMES = 3
Clock = Callable[[], datetime]
T = TypeVar("T")


class TooMuch(Exception):
    """The body is larger than any question is."""


class PointOfCare:
    """Answers OFREP and hands everything else on to the console."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        replica: Replica,
        keys: SiteKeys,
        enrolment: Enrolment,
        clock: Clock,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._replica = replica
        self._keys = keys
        self._enrolment = enrolment
        self._clock = clock
        self._ticks = ticks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/ofrep/"):
            await self._app(scope, receive, send)
            return
        reply = await self._reply(scope, receive)
        headers = [*ALWAYS]
        if reply.status != HTTPStatus.NOT_MODIFIED:
            # Without it the answer goes out in chunks, each a write of its own.
            headers.append((b"content-length", b"%d" % len(reply.body)))
        if reply.etag:
            headers.append((b"etag", reply.etag.encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        at, path = self._clock(), scope["path"]
        if path != FLAGS and not path.startswith(f"{FLAGS}/"):
            return ofrep.reply_problem(HTTPStatus.NOT_FOUND, sentence=f"There is only {FLAGS} here.")
        if scope["method"] != "POST":
            return ofrep.reply_problem(HTTPStatus.METHOD_NOT_ALLOWED, sentence="Questions are sent by POST.")
        told = dict(scope["headers"])
        sites = self._keys.sites_of(header=told.get(b"authorization", b"").decode("latin-1"), at=at)
        if not sites:
            return ofrep.reply_problem(
                HTTPStatus.UNAUTHORIZED, sentence="Show the key of a site: Authorization: Bearer ..."
            )
        rollout = unquote(path[len(FLAGS) + 1 :])
        try:
            encounter = ofrep.encounter_in(await _body(receive), at=at)
        except TooMuch as refused:
            return ofrep.reply_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence=str(refused))
        except CannotAnswer as refused:
            return ofrep.reply_problem(
                HTTPStatus.BAD_REQUEST, sentence=str(refused), code=refused.code, rollout=rollout
            )
        if encounter.site not in sites:
            return ofrep.reply_problem(HTTPStatus.FORBIDDEN, sentence="This key is not one of that site.")
        known = told.get(b"if-none-match", b"").decode("latin-1")
        if not rollout:
            return self._fresh(lambda: self._all(encounter, known))
        reply = self._fresh(lambda: self._one(rollout, encounter, None))
        if isinstance(reply, Reply):
            return reply
        why = await self._why_not_enrolled(rollout, reply, encounter)
        again = self._fresh(lambda: self._one(rollout, encounter, why))
        assert isinstance(again, Reply), "A unit is enrolled once."
        return again

    def _fresh(self, answering: Callable[[], T]) -> T | Reply:
        """Ask the ledger and answer at once; an answer that took too long to make is made again."""
        for _ in range(TIMES):
            began = self._ticks()
            reply = answering()
            if self._ticks() - began <= HANDED_OUT_WITHIN.total_seconds():
                return reply
        return ofrep.reply_problem(HTTPStatus.SERVICE_UNAVAILABLE, sentence="Too busy to answer in time.")

    async def _why_not_enrolled(self, rollout: str, unit: Enrolled, encounter: Encounter) -> str:
        """Enrol a unit that is new, with all others that wait for it, and return why not, if so."""
        waiting = self._enrolment.enrol(rollout=rollout, unit=unit, at=encounter.at)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(waiting), ENROLLED_WITHIN)
        except TimeoutError:
            return NOT_NOW

    def _one(self, rollout: str, encounter: Encounter, refused: str | None) -> Reply | Enrolled:
        answered = self._replica.answer(rollout=rollout, encounter=encounter, refused=refused)
        if answered is not None and answered.newcomer is not None:
            return answered.newcomer
        return ofrep.reply_one(ofrep.one(rollout=rollout, answered=answered))

    def _all(self, encounter: Encounter, known: str) -> Reply:
        """Answer for every rollout; nobody enrols in all of them by asking so."""
        answers = (
            ofrep.one(rollout=one, answered=self._replica.answer(rollout=one, encounter=encounter, refused=""))
            for one in self._replica.rollouts(at=encounter.at)
        )
        return ofrep.reply_all(list(answers), known=known)


class OnlyHere:
    """Says that there is nothing else, where the point of care is served alone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the beginning and end of a server."""
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        reply = ofrep.reply_problem(HTTPStatus.NOT_FOUND, sentence=f"There is only {FLAGS} here.")
        headers = [*ALWAYS, (b"content-length", b"%d" % len(reply.body))]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})


async def _body(receive: Receive) -> bytes:
    parts, length = [], 0
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > MOST_BYTES:
            raise TooMuch(f"A question has at most {MOST_BYTES:,} bytes.")
        if not message.get("more_body", False):
            return b"".join(parts)
