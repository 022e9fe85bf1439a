"""What stands before every page: who is asking, where the form came from, how large it is, what a browser may do."""

import hmac
import json
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from primum.web.desk import Desk
from primum.web.problems import answer_to
from primum.web.visitors import Visitor, visitor_of

LARGEST_BODY = 1_000_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Served to everybody alike, or signed by its sender; no visitor needs to be known for it.
SIGNED = ("/slack/", "/api/v1/guidelines/webhook")
OPEN = ("/static/", "/health", *SIGNED)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
POLICY = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with that a browser sends its own forms with the origin "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
ONE_YEAR = "max-age=31536000"


class Forged(Exception):
    """A form did not come from a page of ours; the message is shown to the person."""


class Unwritable(Exception):
    """A request holds characters that no database keeps; the message is shown to the person."""


class TooLarge(Exception):
    """A request carries more than any form of ours; the message is shown to the person."""


class Protection:
    """The middleware around every page and call; what goes wrong inside is answered by a sentence."""

    def __init__(self, app: ASGIApp, *, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sending = _Sending(send, secure=self._desk.is_secure)
        request = Request(scope, receive)
        try:
            await self._app(scope, await self._checked(request), sending)
        except Exception as error:  # the last line between a fault and the reader (P9)
            if sending.began:
                raise
            await answer_to(error, request=request)(scope, receive, sending)

    async def _checked(self, request: Request) -> Receive:
        """Find out who is asking and refuse what was not meant; return the body again, read once."""
        request.state.visitor = None
        if not request.url.path.startswith(OPEN):
            request.state.visitor = await run_in_threadpool(visitor_of, request, desk=self._desk)
        body = b"" if request.method in SAFE else await _body(request)
        if not request.url.path.startswith(SIGNED):
            refuse_unwritable(request, body=body)
            if request.method not in SAFE:
                refuse_elsewhere(request, desk=self._desk)
                await _refuse_without_secret(request, body)
        return request.receive if request.method in SAFE else _again(body, then=request.receive)


class _Sending:
    """Adds the headers that every answer carries, unless a page says otherwise."""

    def __init__(self, send: Send, *, secure: bool) -> None:
        self._send = send
        self._secure = secure
        self.began = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.began = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._secure:
                headers.setdefault("Strict-Transport-Security", ONE_YEAR)
        await self._send(message)


async def _body(request: Request) -> bytes:
    told = request.headers.get("content-length", "0")
    if not told.isdecimal() or int(told) > LARGEST_BODY:
        raise TooLarge(_too_large())
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLarge(_too_large())
        parts.append(part)
    return b"".join(parts)


def _too_large() -> str:
    return f"A request may carry {LARGEST_BODY:,} bytes; this one has more. Nothing was recorded."


def _again(body: bytes, *, then: Receive) -> Receive:
    """Return the body as if it had just come; what comes after it, such as that the browser left, comes as it does."""
    told = False

    async def receive() -> Message:
        nonlocal told
        if told:
            return await then()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def refuse_unwritable(request: Request, *, body: bytes) -> None:
    """
    Let through only what can be kept: no character NUL, and in JSON no half of a surrogate pair.

    :raises Unwritable: if there is one
    """
    asked = f"{request.url.path}?{request.url.query}"
    holds_nul = "\x00" in asked or "%00" in asked or b"\x00" in body
    kind = request.headers.get("content-type", "")
    holds_nul = holds_nul or (kind.startswith(FORMS[0]) and b"%00" in body)
    if holds_nul or (not kind.startswith(FORMS) and _escapes_unwritable(body)):
        raise Unwritable("The request holds a character that cannot be kept; leave it out and send it again.")


def _escapes_unwritable(body: bytes) -> bool:
    """True if JSON spells a NUL or half of a pair; what is no JSON at all is refused where it is read."""
    if b"\\u" not in body:
        return False
    try:
        texts = list(_texts(json.loads(body)))
        "".join(texts).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False
    return any("\x00" in text for text in texts)


def _texts(value: object) -> Iterator[str]:
    """Yield every text of a JSON value, names included."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one


def refuse_elsewhere(request: Request, *, desk: Desk) -> None:
    """
    Let a request through that changes something only if no other site can have sent it.

    A browser says where a form came from in ``Origin`` and ``Sec-Fetch-Site``; a program says neither, and a
    session of the console is only for browsers.

    :raises Forged: if it came from elsewhere
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    same = site == "same-origin"
    if (site is None or same) and (origin == origin_of(desk) or (origin == "null" and same)):
        return
    visitor: Visitor | None = request.state.visitor
    if origin is None and (same or (site is None and (visitor is None or not visitor.session))):
        return
    raise Forged(f"This form was not sent from a page of {desk.address}; open that address and send it from there.")


def origin_of(desk: Desk) -> str:
    """Return the scheme, host and port of our address, as a browser writes it in ``Origin``."""
    parts = urlsplit(desk.address)
    return f"{parts.scheme}://{parts.netloc}".lower()


async def _refuse_without_secret(request: Request, body: bytes) -> None:
    """A request that a cookie speaks for carries the session's own secret in the form or in ``X-CSRF-Token``."""
    visitor: Visitor | None = request.state.visitor
    if visitor is None or not visitor.session:
        return
    given = request.headers.get("x-csrf-token", "")
    if not given and request.headers.get("content-type", "").startswith(FORMS):
        form = await Request(request.scope, _again(body, then=request.receive)).form()
        field = form.get("csrf", "")
        given = field if isinstance(field, str) else ""
    if not hmac.compare_digest(given.encode(), visitor.csrf.encode()):
        raise Forged("This form is from another session or from before you signed in; open its page again.")
