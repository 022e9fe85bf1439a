"""Who in Slack counts: a pinned (team, user) who is neither gone, nor a guest, nor a program, nor a stranger."""

import secrets
from datetime import datetime, timedelta
from threading import Lock

from primum.actions import directory, identities, invitations
from primum.actions.workplace import Workplace
from primum.chat.office import Office
from primum.integrations.slack.payloads import Member
from primum.integrations.slack.refusals import NotSent, Refused
from primum.integrations.slack.web_api import SlackUser
from primum.ledger import people_reading, slack_reading

PURPOSE = "slack"
CODE_LASTS = timedelta(minutes=15)
CODE_LENGTH = 8
# Neither 0 and O nor 1, I and L: people type it.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
MOST_TRIES = 5
# What Slack said when the form opened, if it does not answer when the form comes back.
REMEMBERED_FOR = timedelta(minutes=10)
SYSTEM = "primum"


class NotCounted(Exception):
    """This Slack account cannot act here; the message is shown to the person."""


class Members:
    """What Slack says of its members, remembered for a few minutes."""

    def __init__(self, *, office: Office) -> None:
        self._office = office
        self._seen: dict[Member, tuple[SlackUser, datetime]] = {}
        self._lock = Lock()

    def look(self, member: Member, *, at: datetime) -> SlackUser:
        """
        Return a member who counts as Slack knows them now, or knew them minutes ago if it does not answer.

        :raises NotCounted: if they do not count, or Slack does not say
        """
        try:
            found = self._office.quick.user(user=member.user)
        except Refused:
            raise NotCounted("Slack does not know this account any more, so it cannot sign.") from None
        except NotSent:
            found = self._remembered(member, at)
        else:
            with self._lock:
                self._seen[member] = (found, at)
        if reason := why_not_count(found, member=member):
            raise NotCounted(reason)
        return found

    def forget(self, member: Member) -> None:
        """Forget what was said of a member, since it changed."""
        with self._lock:
            self._seen.pop(member, None)

    def _remembered(self, member: Member, at: datetime) -> SlackUser:
        with self._lock:
            found, seen = self._seen.get(member, (None, at))
        if found is None or at - seen > REMEMBERED_FOR:
            raise NotCounted("Slack does not say now whether this account is still in force; answer on the page.")
        return found


def why_not_count(found: SlackUser, *, member: Member) -> str | None:
    """Return the one reason an account of Slack never counts, if there is one."""
    if found.team != member.team or found.stranger:
        return "This Slack account belongs to another organisation and cannot sign here."
    if found.deleted:
        return "This Slack account is deactivated and cannot sign."
    if found.guest:
        return "Guests of the workspace cannot sign; ask for a full account."
    if found.is_bot:
        return "A program cannot sign."
    return None


def person_of(member: Member, *, workplace: Workplace) -> str | None:
    """Return the person a Slack account stands for; the team counts as much as the user (V18)."""
    return identities.person_of(kind=identities.SLACK, realm=member.team, subject=member.user, workplace=workplace)


def make_code(*, person: str, by: str, at: datetime, workplace: Workplace) -> str:
    """
    Return a code that ties the Slack account in which it is typed to a person; good once, for fifteen minutes.

    :raises UnknownPerson: if no file names the person
    """
    directory.person(person, workplace=workplace)
    secret = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return invitations.issue(
        person=person, purpose=PURPOSE, made_by=by, lasts=CODE_LASTS, at=at, workplace=workplace, secret=secret
    )


def enrol(*, code: str, member: Member, found: SlackUser, at: datetime, workplace: Workplace) -> str:
    """
    Pin a Slack account to the person a code was made for; return the person.

    :raises NotCounted: if the account does not count, the code does not work, or it was tried too often
    """
    if reason := why_not_count(found, member=member) or _why_too_often(member, at, workplace):
        raise NotCounted(reason)
    try:
        with workplace.ledger.transaction() as tx:
            used = invitations.redeem(secret=_as_typed(code), purpose=PURPOSE, at=at, tx=tx)
            identities.pin(
                person=used.person,
                kind=identities.SLACK,
                realm=member.team,
                subject=member.user,
                by=used.made_by,
                at=at,
                tx=tx,
            )
    except invitations.InvitationRefused:
        raise NotCounted("This code does not work; ask for a new one.") from None
    except identities.CannotPin as refused:
        raise NotCounted(str(refused)) from None
    return used.person


def end(*, member: Member, by: str, at: datetime, workplace: Workplace) -> bool:
    """End what a Slack account stands for; return whether it stood for anybody."""
    key = identities.key_of(kind=identities.SLACK, realm=member.team, subject=member.user)
    with workplace.ledger.reading() as session:
        row = people_reading.identity(session, active_key=key)
    if row is None:
        return False
    identities.unpin(identity=row.id, by=by, at=at, workplace=workplace)
    return True


def end_all(*, person: str, by: str, at: datetime, workplace: Workplace) -> int:
    """End every Slack account that stands for a person; return how many."""
    rows = identities.of(person=person, kind=identities.SLACK, workplace=workplace)
    for row in rows:
        identities.unpin(identity=row.id, by=by, at=at, workplace=workplace)
    return len(rows)


def check_all(*, at: datetime, office: Office) -> tuple[str, ...]:
    """
    Ask Slack about every pinned account and end those that do not count any more; return their people.

    :raises NotSent: if Slack does not answer
    """
    gone = []
    for person in directory.directory(office.workplace).everybody():
        for row in identities.of(person=person, kind=identities.SLACK, workplace=office.workplace):
            member = Member(team=row.realm, user=row.subject)
            if _is_gone(member, office):
                end(member=member, by=SYSTEM, at=at, workplace=office.workplace)
                gone.append(person)
    return tuple(gone)


def _is_gone(member: Member, office: Office) -> bool:
    try:
        return why_not_count(office.slack.user(user=member.user), member=member) is not None
    except Refused as refused:
        if refused.error in ("user_not_found", "user_not_visible"):
            return True
        raise


def _as_typed(code: str) -> str:
    return code.strip().upper().replace("-", "").replace(" ", "")


def _why_too_often(member: Member, at: datetime, workplace: Workplace) -> str | None:
    """Every attempt is a command that was kept before it was looked at; the fifth wrong one is the last."""
    with workplace.ledger.reading() as session:
        rows = slack_reading.receipts_of(
            session, team=member.team, user=member.user, kind="Command", since=at - CODE_LASTS
        )
    tries = sum(1 for row in rows if row.last_error == PURPOSE)
    return "Too many codes that do not work; wait a quarter of an hour." if tries >= MOST_TRIES else None
