"""Slack's signed HTTP requests: whether each is Slack's and new is asked first, then the same conversation."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from threading import Lock

from fastapi import APIRouter, FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from primum.actions.workplace import Workplace
from primum.chat import receipts
from primum.chat.conversation import Conversation
from primum.chat.office import NotConfigured, office_of
from primum.chat.receipts import HeardBefore
from primum.integrations.slack.fields import Malformed
from primum.integrations.slack.parsing import parse_event, parse_form
from primum.integrations.slack.payloads import Handshake, Payload
from primum.integrations.slack.signing import NotFromSlack, fingerprint, verify
from primum.ledger.refusals import LedgerUnreachable
from primum.web.desk import AtDesk, Desk

_beginning = Lock()


@asynccontextmanager
async def _open(app: FastAPI) -> AsyncIterator[None]:
    """Have everything at hand before the first click, and finish what is under way when the console ends."""
    desk: Desk = app.state.desk
    if desk.workplace.settings.slack_bot_token is not None and _secrets(desk.workplace):
        with suppress(NotConfigured):
            await run_in_threadpool(lambda: begun(app).warm())
    yield
    conversation: Conversation | None = getattr(app.state, "conversation", None)
    if conversation is not None:
        await run_in_threadpool(conversation.close)


router = APIRouter(lifespan=_open)

Read = Callable[[bytes], Payload]


@router.post("/slack/interactions", include_in_schema=False)
@router.post("/slack/commands", include_in_schema=False)
async def interactions(request: Request, desk: AtDesk) -> Response:
    """Take a click, a form that was sent, or a command."""
    return await _take(request, desk, parse_form)


@router.post("/slack/events", include_in_schema=False)
async def events(request: Request, desk: AtDesk) -> Response:
    """Take an event, or the question whether we are here."""
    return await _take(request, desk, parse_event)


async def _take(request: Request, desk: Desk, read: Read) -> Response:
    return await run_in_threadpool(_answer, request, await request.body(), desk, read)


def _answer(request: Request, body: bytes, desk: Desk, read: Read) -> Response:
    """Everything that is not shown to be Slack's, new and whole is one and the same refusal."""
    try:
        seen = _verified(request, body, desk)
        payload = read(body)
        if isinstance(payload, Handshake):
            receipts.remember(seen, at=desk.clock(), workplace=desk.workplace)
            return Response(payload.challenge, media_type="text/plain")
        answer = begun(request.app).take(payload, at=desk.clock(), fingerprint=seen)
    except (HeardBefore, Malformed, NotConfigured, NotFromSlack) as refused:
        return JSONResponse({"error": str(refused)}, status_code=401)
    except LedgerUnreachable as away:
        return JSONResponse({"error": str(away)}, status_code=503)
    return Response(answer.http_body, media_type=answer.content_type)


def _verified(request: Request, body: bytes, desk: Desk) -> str:
    """
    Return what a request is known by that Slack signed lately.

    :raises NotFromSlack: for every other one
    """
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    verify(headers=headers, body=body, secrets=_secrets(desk.workplace), at=desk.clock())
    return fingerprint(headers=headers, body=body)


def _secrets(workplace: Workplace) -> list[str]:
    given = workplace.settings.slack_signing_secrets
    return [one.strip() for one in given.get_secret_value().split(",")] if given else []


def begun(app: FastAPI) -> Conversation:
    """
    Return the conversation of an application, begun when it is first asked for.

    :raises NotConfigured: if the bot token or the gate channel is missing
    """
    desk: Desk = app.state.desk
    with _beginning:
        if getattr(app.state, "conversation", None) is None:
            app.state.conversation = Conversation(office=office_of(workplace=desk.workplace, clock=desk.clock))
    conversation: Conversation = app.state.conversation
    return conversation
