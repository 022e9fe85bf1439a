"""Slack as a destination of the outbox: the gate's message, its thread, notices and direct messages (P6)."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from primum.actions import unfinished
from primum.actions.directory import INSTITUTION
from primum.actions.outbox import Letter, Outcome, Trouble
from primum.actions.resubmission import submitted
from primum.actions.submission import Submission
from primum.chat import channels, direct, gate_posts, news, posting
from primum.chat.change_news import change_news
from primum.chat.guideline_news import guideline_news
from primum.chat.office import Office
from primum.chat.posting import Place
from primum.chat.rendering import notes
from primum.chat.rendering.blocks import Message
from primum.chat.rendering.care import OVER, is_care
from primum.chat.rendering.personal_views import AuditLine, IncidentLine
from primum.chat.rendering.thread import thread_line
from primum.chat.rendering.watching import is_for_all, is_of_watch
from primum.chat.thread_lines import line_at, lines_of
from primum.integrations.slack.payloads import Member
from primum.integrations.slack.refusals import NotSent, RateLimited, Refused
from primum.ledger import reading, signing_reading, slack_reading
from primum.ledger.refusals import LedgerUnreachable
from primum.ledger.slack_tables import SlackPost
from primum.roadmap.gates import OPEN_STATES

# Slack takes about one message a second in a channel.
BETWEEN_POSTS = 1.05
# Nothing gets through before somebody looks after the app; it is not the message's fault.
NO_ENTRANCE = frozenset(
    {"account_inactive", "invalid_auth", "missing_scope", "not_allowed_token_type", "not_authed", "token_expired"}
    | {"token_revoked"}
)
NO_ENTRANCE_PAUSE = timedelta(minutes=1)
UNSAFE_PAUSE = timedelta(minutes=1)
# The gate's message is gone: it is posted anew, with its thread.
NO_THREAD = frozenset({"cannot_reply_to_message", "message_not_found", "thread_not_found"})


class SlackDestination:
    """
    Delivers the letters of one lane; what was shown before is not shown again.

    ``sleep`` keeps to Slack's pace of about one message a second in the gate channel.
    """

    def __init__(self, *, office: Office, sleep: Callable[[float], None] = time.sleep) -> None:
        self._office = office
        self._sleep = sleep
        self._posted_at = float("-inf")

    def deliver(self, letters: Sequence[Letter], *, at: datetime) -> Outcome:
        """Deliver letters in order; a decision stands whatever becomes of its message."""
        delivered: list[str] = []
        nowhere: list[tuple[str, str]] = []
        batch = _Batch(office=self._office, post=self._post, at=at)
        trouble = None
        for letter in letters:
            trouble, somewhere = _tried(batch, letter)
            if trouble is not None:
                break
            if somewhere:
                delivered.append(letter.id)
            else:
                nowhere.append((letter.id, f"Nobody in Slack is to be told of {letter.kind}."))
        return Outcome(delivered=tuple(delivered), nowhere=tuple(nowhere), trouble=trouble)

    def _post(self, place: Place, message: Message, at: datetime) -> None:
        if posting.stands(posting.standing(place.name, office=self._office), channel=place.channel):
            return
        left = self._posted_at + BETWEEN_POSTS - time.monotonic()
        if left > 0:
            self._sleep(left)
        self._posted_at = time.monotonic()
        posting.post(place, message=message, at=at, office=self._office)


def _tried(batch: "_Batch", letter: Letter) -> tuple[Trouble | None, bool]:
    try:
        return None, batch.deliver(letter)
    except NotSent as problem:
        return trouble_of(problem), False
    except _Unsafe as unsafe:
        return Trouble(sentence=str(unsafe), pause=UNSAFE_PAUSE), False
    except LedgerUnreachable:
        raise
    except Exception as fault:  # noqa: BLE001 -- one message that cannot be made must not hold all others
        return Trouble(sentence=f"No message could be made of {letter.kind}: {_said(fault)}", refused=True), False


class _Batch:
    """Some letters of one lane, delivered together: files are read once, and a gate's message is brought up once."""

    def __init__(self, *, office: Office, post: Callable[[Place, Message, datetime], None], at: datetime) -> None:
        self._office, self._post, self._at = office, post, at
        self._read: dict[str, Submission] = {}
        self._up: dict[str, SlackPost | None] = {}

    def deliver(self, letter: Letter) -> bool:
        """Deliver one letter; False if there is nobody and no place for it."""
        told = list(self._told(letter))
        shown = letter.rollout != INSTITUTION and self._in_channel(letter)
        return any([shown, *told])

    def _in_channel(self, letter: Letter) -> bool:
        problem = channels.look(at=self._at, office=self._office)
        notice = None if problem else _notice(letter, self._office)
        if notice is not None:
            # Before what needs the rollout's files: a broken file must not hide that it was stopped.
            self._post(Place(name=f"notice:{letter.id}", channel=self._office.channel), notice, self._at)
        gates = () if is_care(letter.kind) else self._gates(letter)
        rows = [self._brought_up(gate) for gate in gates]
        if problem:
            self._alert()
            raise _Unsafe(problem)
        shown = [row for row in rows if row is not None]
        for row in shown:
            self._thread(row, letter)
        return bool(shown) or notice is not None

    def _brought_up(self, gate: str) -> SlackPost | None:
        if gate not in self._up:
            submission = self._submission(unfinished.rollout_of(gate))
            self._up[gate] = gate_posts.bring_up(gate=gate, submission=submission, at=self._at, office=self._office)
        return self._up[gate]

    def _gates(self, letter: Letter) -> tuple[str, ...]:
        """The gate of a letter, or every gate of its rollout that is shown and not over."""
        if letter.gate is not None:
            return (letter.gate,)
        with self._office.workplace.ledger.reading() as session:
            gates = slack_reading.gates_shown(session, rollout=letter.rollout)
        return tuple(gate.id for gate in gates if gate.state in OPEN_STATES)

    def _thread(self, row: SlackPost, letter: Letter) -> None:
        for line in self._lines(row, letter):
            name = f"{_lines_of(row)}{line.position:012d}"
            place = Place(name=name, channel=row.channel, thread=row.ts, gate=row.gate)
            try:
                self._post(place, thread_line(line), self._at)
            except Refused as refused:
                if refused.error in NO_THREAD:
                    posting.end(row.id, at=self._at, office=self._office)
                raise

    def _lines(self, row: SlackPost, letter: Letter) -> list[AuditLine]:
        """What the thread does not have yet, up to the cause of this letter."""
        with self._office.workplace.ledger.reading() as session:
            gate = reading.gate(session, gate=row.gate or "")
            last = slack_reading.last_post(session, beginning=_lines_of(row), states=posting.STANDS)
            after = int(last.id.rpartition(":")[2]) if last else -1
            if gate is None or after >= letter.cause:
                return []
            submission = self._submission(letter.rollout)
            return list(lines_of(gate=gate, after=after, up_to=letter.cause, submission=submission, session=session))

    def _told(self, letter: Letter) -> Iterator[bool]:
        people = news.told_by(letter, office=self._office)
        # What is owed after harm is told although the rollout's files are broken.
        needs_files = letter.rollout != INSTITUTION and not (is_care(letter.kind) or is_of_watch(letter.kind))
        line = self._line(letter) if people and needs_files else None
        for person in people:
            message = news.message_for(letter, person=person, line=line, office=self._office, at=self._at)
            for member in direct.members_of(person, office=self._office) if message else ():
                yield self._tell(f"dm:{letter.id}:{member.user}", member, message or {}, person)

    def _tell(self, name: str, member: Member, message: Message, person: str) -> bool:
        return direct.tell(name=name, member=member, message=message, at=self._at, office=self._office, person=person)

    def _line(self, letter: Letter) -> AuditLine | None:
        with self._office.workplace.ledger.reading() as session:
            return line_at(position=letter.cause, submission=self._submission(letter.rollout), session=session)

    def _submission(self, rollout: str) -> Submission:
        if rollout not in self._read:
            self._read[rollout] = submitted(rollout=rollout, workplace=self._office.workplace)
        return self._read[rollout]

    def _alert(self) -> None:
        """Tell who looks after this installation that the channel is frozen, once for each time it happens."""
        since = channels.since(office=self._office)
        message = notes.channel_frozen(channel=self._office.channel, page=self._office.page())
        for person in direct.administrators(self._office.workplace):
            for member in direct.members_of(person, office=self._office):
                self._tell(f"frozen:{since}:{member.user}", member, message, person)


def _lines_of(row: SlackPost) -> str:
    """Lines are named after the message they stand under: one that is posted anew gets a thread of its own."""
    return f"line:{row.gate}:{row.ts}:"


class _Unsafe(Exception):
    """The gate channel is not one where anything may be shown."""


def _said(fault: Exception) -> str:
    """Our own sentences; of every other fault only its name, because its words may hold anything (P9)."""
    return str(fault) if type(fault).__module__.startswith("primum.") else type(fault).__name__


def trouble_of(problem: NotSent) -> Trouble:
    """Return what a failure of Slack means for a message that waits."""
    if isinstance(problem, RateLimited):
        return Trouble(sentence=str(problem), stops_all=True, pause=timedelta(seconds=problem.retry_after))
    if isinstance(problem, Refused):
        if problem.error in NO_ENTRANCE:
            return Trouble(sentence=str(problem), stops_all=True, pause=NO_ENTRANCE_PAUSE)
        return Trouble(sentence=str(problem), refused=True)
    return Trouble(sentence=str(problem), stops_all=True)


def _notice(letter: Letter, office: Office) -> Message | None:
    """What the gate channel is told of a rollout as a whole: ids and a page, no name and no reason (P9)."""
    suspension, page = str(letter.body.get("suspension", "")), office.rollout_page(letter.rollout)
    if letter.kind == "rollout.suspended":
        return notes.suspension_notice(rollout=letter.rollout, suspension=suspension, page=page)
    if letter.kind == "rollout.resumed":
        return notes.resumption_notice(rollout=letter.rollout, suspension=suspension, page=page)
    if is_care(letter.kind) and letter.kind.endswith(OVER):
        return news.care_message(letter, office=office)
    if is_for_all(letter.kind, letter.body):
        return news.watch_message(letter, office=office)
    if letter.kind in ("incident.reported", "incident.confirmed"):
        with office.workplace.ledger.reading() as session:
            row = signing_reading.incident(session, incident=str(letter.body.get("incident", "")))
        if row is not None:
            there = office.page(f"/incidents/{row.id}", label="its page")
            return notes.incident_notice(IncidentLine(incident=row.id, severity=row.severity, page=there))
    return guideline_news(letter, office=office) or change_news(letter, office=office)
