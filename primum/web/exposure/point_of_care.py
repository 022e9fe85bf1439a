"""The point of care in front of the console: the same process, none of its weight, and never an error of its own."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from primum.actions.exposing import Replica
from primum.actions.site_keys import SiteKeys
from primum.roadmap.exposure import Encounter
from primum.web.exposure import ofrep
from primum.web.exposure.ofrep import CannotAnswer, Reply

FLAGS = "/ofrep/v1/evaluate/flags"
MOST_BYTES = 64_000
Clock = Callable[[], datetime]


class TooMuch(Exception):
    """The body is larger than any question is."""


class PointOfCare:
    """Answers OFREP and hands everything else on to the console."""

    def __init__(self, app: ASGIApp, *, replica: Replica, keys: SiteKeys, clock: Clock) -> None:
        self._app = app
        self._replica = replica
        self._keys = keys
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/ofrep/"):
            await self._app(scope, receive, send)
            return
        reply = await self._reply(scope, receive)
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
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
        return ofrep.reply_one(self._one(rollout, encounter)) if rollout else self._all(encounter, known)

    def _one(self, rollout: str, encounter: Encounter) -> dict[str, object]:
        answered = self._replica.answer(rollout=rollout, encounter=encounter)
        return ofrep.one(rollout=rollout, answered=answered)

    def _all(self, encounter: Encounter, known: str) -> Reply:
        rollouts = self._replica.rollouts(at=encounter.at)
        return ofrep.reply_all([self._one(rollout, encounter) for rollout in rollouts], known=known)


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
