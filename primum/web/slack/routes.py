"""Slack's signed HTTP requests: whether each is Slack's and new is asked first, then the same conversation."""

from collections.abc import Callable
from threading import Lock

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from primum.actions.workplace import Workplace
from primum.chat.conversation import Conversation
from primum.chat.office import NotConfigured, office_of
from primum.integrations.slack.fields import Malformed
from primum.integrations.slack.parsing import parse_event, parse_form
from primum.integrations.slack.payloads import Handshake, Payload
from primum.integrations.slack.signing import NotFromSlack, fingerprint, verify
from primum.ledger.refusals import AlreadyThere, LedgerUnreachable
from primum.ledger.slack_tables import SlackSignature
from primum.web.desk import AtDesk, Desk

router = APIRouter()
_beginning = Lock()

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
        _refuse_others(request, body, desk)
        payload = read(body)
        if isinstance(payload, Handshake):
            return Response(payload.challenge, media_type="text/plain")
        answer = conversation_of(request).take(payload, at=desk.clock())
    except (Malformed, NotConfigured, NotFromSlack) as refused:
        return JSONResponse({"error": str(refused)}, status_code=401)
    except LedgerUnreachable as away:
        return JSONResponse({"error": str(away)}, status_code=503)
    return Response(answer.http_body, media_type=answer.content_type)


def _refuse_others(request: Request, body: bytes, desk: Desk) -> None:
    """
    Let a request through that Slack signed lately and that was not seen before.

    :raises NotFromSlack: for every other one
    """
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    verify(headers=headers, body=body, secrets=_secrets(desk.workplace), at=desk.clock())
    seen = SlackSignature(fingerprint=fingerprint(headers=headers, body=body), seen_at=desk.clock())
    try:
        with desk.workplace.ledger.transaction() as tx:
            tx.session.add(seen)
    except AlreadyThere:
        raise NotFromSlack("This very request was taken before; it is not taken twice.") from None


def _secrets(workplace: Workplace) -> list[str]:
    given = workplace.settings.slack_signing_secrets
    return [one.strip() for one in given.get_secret_value().split(",")] if given else []


def conversation_of(request: Request) -> Conversation:
    """
    Return the conversation of this application, begun with its first request from Slack.

    :raises NotConfigured: if the bot token or the gate channel is missing
    """
    state, desk = request.app.state, request.app.state.desk
    with _beginning:
        if getattr(state, "conversation", None) is None:
            state.conversation = Conversation(office=office_of(workplace=desk.workplace, clock=desk.clock))
    conversation: Conversation = state.conversation
    return conversation
