"""
The Slack conversation behind both transports: kept durably, acknowledged, then worked off.

A click is acknowledged as soon as it is kept, and worked off by a few threads: opening its form asks Slack. A form that
was sent and a command are answered in the acknowledgement itself, so their decision is written before it; Slack is
asked nothing then but whether the account is still in force, for a second at most.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from primum.chat import (
    alarm_form,
    channels,
    clicks,
    commands,
    gate_posts,
    incident_form,
    members,
    personal,
    receipts,
    signing,
)
from primum.chat.members import Members
from primum.chat.office import Office
from primum.chat.rendering import answers, notes
from primum.integrations.slack.answers import Answer, acknowledged, challenge, said
from primum.integrations.slack.fields import Malformed
from primum.integrations.slack.payloads import (
    ChannelChanged,
    Click,
    Command,
    FormClosed,
    FormSent,
    Handshake,
    HomeOpened,
    MemberChanged,
    NotForUs,
    Payload,
    Uninstalled,
)
from primum.integrations.slack.refusals import NotSent
from primum.ledger.refusals import LedgerUnreachable

LOGGER = logging.getLogger(__name__)
WORKERS = 8
# What is this old and not worked off was left by a process that died, or by a Slack that did not answer.
LEFT_BEHIND = timedelta(seconds=20)
MOST_SECRETS_KEPT = 200
SHARED = "The gate channel was shared with another organisation."
RENAMED = "The gate channel has another id now; set PRIMUM_SLACK_CHANNEL to it."
FAULT = "A fault of Primum's own kept it from answering. Look on the page before you try again."


class Conversation:
    """One office's conversation; close it when the program ends."""

    def __init__(self, *, office: Office, wake: Callable[[], None] = lambda: None) -> None:
        """Begin; ``wake`` is called when something was decided, so that its message goes out at once."""
        self._office = office
        self._wake = wake
        self._known = Members(office=office)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="slack-work")
        # A one-time link is told again to the second of two deliveries, and written down nowhere.
        self._secrets: dict[str, dict[str, Any]] = {}
        self._lock = Lock()

    def warm(self) -> None:
        """Make the doors to Slack now, so that the first click does not wait for their library."""
        _ = (self._office.slack, self._office.quick)

    def take(self, payload: Payload, *, at: datetime, fingerprint: str = "") -> Answer:
        """
        Keep what Slack delivered and return its acknowledgement; the rest is done afterwards.

        A second delivery is acknowledged in the same way and changes nothing.

        :param fingerprint: what the signed request is known by, over HTTP
        :raises HeardBefore: if this very request came before
        :raises LedgerUnreachable: if it cannot be kept; then it is not acknowledged
        """
        workplace = self._office.workplace
        if isinstance(payload, Handshake | NotForUs | FormClosed):
            if fingerprint:
                receipts.remember(fingerprint, at=at, workplace=workplace)
            return challenge(payload.challenge) if isinstance(payload, Handshake) else acknowledged()
        new = receipts.keep(payload, at=at, workplace=workplace, fingerprint=fingerprint)
        if isinstance(payload, FormSent | Command):
            return Answer(body=self._answered(payload, at) if new else self._again(payload))
        if new:
            self._pool.submit(self.work, payload.key, at=at)
        return acknowledged()

    def work(self, key: str, *, at: datetime) -> None:
        """Do what was acknowledged; what fails is tried again later, and given up after five attempts."""
        workplace = self._office.workplace
        try:
            payload = receipts.payload_of(key, workplace=workplace)
            if payload is not None:
                self._do(payload, at)
        except NotSent as problem:
            receipts.failed(key, error=str(problem), at=at, workplace=workplace)
        except Malformed as problem:
            receipts.done(key, at=at, workplace=workplace)
            LOGGER.warning("%s", problem)
        except Exception as fault:  # noqa: BLE001 -- a thread that dies takes its words along; they may hold anything
            LOGGER.error("Something from Slack was not worked off: %s", type(fault).__name__)  # noqa: TRY400 -- a traceback could hold what a person wrote
            receipts.failed(key, error=type(fault).__name__, at=at, workplace=workplace)
        else:
            receipts.done(key, at=at, workplace=workplace)
            self._wake()

    def catch_up(self, *, at: datetime, older_than: timedelta = LEFT_BEHIND) -> int:
        """Work off what a process that died left behind; return how much there was."""
        left = receipts.undone(before=at - older_than, workplace=self._office.workplace)
        for key in left:
            self.work(key, at=at)
        return len(left)

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _answered(self, payload: FormSent | Command, at: datetime) -> Mapping[str, Any] | None:
        answer, error = self._decided(payload, at)
        secret = _holds_a_secret(answer)
        if secret:
            self._remember(payload.key, answer)
        kept = None if secret else answer
        try:
            receipts.answered(payload.key, answer=kept, at=at, workplace=self._office.workplace, error=error)
        except LedgerUnreachable:
            LOGGER.warning("What a form was answered could not be kept; a second delivery is answered anew.")
        self._wake()
        return answer

    def _decided(self, payload: FormSent | Command, at: datetime) -> tuple[dict[str, Any], str | None]:
        """Do what is asked; a fault is told as one, and its words stay here, because they may hold anything (P9)."""
        is_form = isinstance(payload, FormSent)
        try:
            if isinstance(payload, FormSent) and payload.callback == incident_form.CALLBACK:
                return incident_form.answer(payload, at=at, office=self._office, known=self._known), None
            if isinstance(payload, FormSent) and payload.callback == alarm_form.CALLBACK:
                return alarm_form.answer(payload, at=at, office=self._office, known=self._known), None
            if isinstance(payload, FormSent):
                return signing.answer(payload, at=at, office=self._office, known=self._known), None
            answer, wrong_code = commands.answer(payload, at=at, office=self._office, known=self._known)
            return answer, members.PURPOSE if wrong_code else None
        except LedgerUnreachable as problem:
            sentence = str(problem)
        except Exception as fault:  # noqa: BLE001 -- the last line between a fault and the reader (P9)
            LOGGER.error("Something from Slack was not answered: %s", type(fault).__name__)  # noqa: TRY400 -- a traceback could hold what a person wrote
            sentence = FAULT
        page = self._office.page()
        if is_form:
            return answers.updated(answers.refused(sentence=sentence, page=page)), None
        message = notes.refusal(sentence=sentence, page=page)
        return dict(said(message["text"], blocks=tuple(message["blocks"])).body or {}), None

    def _again(self, payload: FormSent | Command) -> Mapping[str, Any] | None:
        with self._lock:
            secret = self._secrets.get(payload.key)
        return secret or receipts.answer_of(payload.key, workplace=self._office.workplace)

    def _remember(self, key: str, answer: dict[str, Any]) -> None:
        with self._lock:
            while len(self._secrets) >= MOST_SECRETS_KEPT:
                self._secrets.pop(next(iter(self._secrets)))
            self._secrets[key] = answer

    def _do(self, payload: Payload, at: datetime) -> None:
        if isinstance(payload, Click):
            clicks.press(payload, at=at, office=self._office, known=self._known)
        elif isinstance(payload, HomeOpened):
            personal.publish_home(payload.member, at=at, office=self._office)
        elif isinstance(payload, ChannelChanged):
            self._channel_changed(payload, at)
        elif isinstance(payload, MemberChanged):
            self._member_changed(payload, at)
        elif isinstance(payload, Uninstalled):
            LOGGER.error("Slack says that our app is no longer installed (%s); nothing reaches it.", payload.change)

    def _channel_changed(self, payload: ChannelChanged, at: datetime) -> None:
        """Freeze at once on a word of sharing; what Slack says when asked decides from the next look on."""
        if payload.channel != self._office.channel:
            return
        if payload.change == "channel_unshared":
            channels.look(at=at, office=self._office, anew=True)
        else:
            problem = RENAMED if payload.change == "channel_id_changed" else SHARED
            channels.remember(problem, at=at, office=self._office)
        gate_posts.repair(at=at, office=self._office)

    def _member_changed(self, payload: MemberChanged, at: datetime) -> None:
        self._known.forget(payload.member)
        if payload.deleted or payload.guest or payload.bot:
            members.end(member=payload.member, by=members.SYSTEM, at=at, workplace=self._office.workplace)


def _holds_a_secret(answer: Mapping[str, Any]) -> bool:
    return "/sign/" in str(answer.get("view", ""))
