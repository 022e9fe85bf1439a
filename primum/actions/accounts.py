"""Local accounts: invited by a link that works once, opened by a password, locked after five wrong ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from primum.actions import directory, invitations
from primum.actions.common_passwords import is_common
from primum.actions.directory import INSTITUTION, name_of
from primum.actions.sessions import Opened, begin, end_all
from primum.actions.submission import UnknownPerson
from primum.actions.workplace import Workplace
from primum.integrations import passwords
from primum.ledger import people_reading
from primum.ledger.people_tables import Account, Invitation
from primum.ledger.transactions import Transaction

PURPOSE = "account"
LINK_LASTS = timedelta(hours=72)
MOST_FAILURES = 5
LOCK_LASTS = timedelta(minutes=15)
SHORTEST, LONGEST = 12, 256
PASSWORD = "password"
OPERATOR = "operator"
ADMINISTRATOR = "administrator"
# The same for somebody unknown, a wrong password, no password, an ended and a locked account.
ONE_SENTENCE = (
    "This id and password do not open an account here. After five wrong passwords an account stays closed for 15 "
    "minutes; an administrator can send a new link."
)
LOCKED = "Your account is locked for 15 minutes after five failures to show who you are; those who watch were told."


class CannotSignIn(Exception):
    """Nobody was signed in; the message says nothing about who exists and is shown to the person."""


class PasswordRefused(Exception):
    """The password may not be used; the message is shown to the person."""


def invite(*, person: str, made_by: str, at: datetime, workplace: Workplace, administrator: bool = False) -> str:
    """
    Return the secret of a link that opens or reopens somebody's account once, within 72 hours.

    A link made before for the same person does not work any more.

    :param administrator: the account will manage the others; only such a one may be of somebody no file names
    :raises UnknownPerson: if no people.yaml names them
    """
    if not administrator:
        directory.person(person, workplace=workplace)
    with workplace.ledger.transaction() as tx:
        for open_one in people_reading.invitations_open(tx.session, purpose=PURPOSE, at=at):
            if open_one.person == person:
                open_one.used_at = at
        said = {"of": person, "administrator": administrator}
        tx.record(kind="account.invited", rollout=INSTITUTION, person=made_by, at=at, body=said)
        return invitations.enter(
            person=person,
            purpose=PURPOSE,
            made_by=made_by,
            lasts=LINK_LASTS,
            at=at,
            administrator=administrator,
            tx=tx,
        )


def first_administrator(*, at: datetime, workplace: Workplace) -> str | None:
    """Return the secret of an administrator's link when there is no account at all yet; ``None`` afterwards."""
    with workplace.ledger.reading() as session:
        if people_reading.accounts_number(session):
            return None
    return invite(person=ADMINISTRATOR, administrator=True, made_by=OPERATOR, at=at, workplace=workplace)


def invited(*, secret: str, at: datetime, workplace: Workplace) -> Invitation:
    """
    Return an invitation without using it.

    :raises InvitationRefused: if it is unknown, used, or over
    """
    return invitations.look(secret=secret, purpose=PURPOSE, at=at, workplace=workplace)


def accept(*, secret: str, password: str, at: datetime, workplace: Workplace) -> str:
    """
    Use an invitation: set the password, open the account, end what was open before; return the person.

    :raises InvitationRefused: if the link is unknown, used, or over
    :raises PasswordRefused: if the password may not be used; the link works on
    """
    person = invited(secret=secret, at=at, workplace=workplace).person
    if reason := why_not_password(password, person=person, name=name_of(person, workplace=workplace)):
        raise PasswordRefused(reason)
    kept = passwords.kept_form(password)
    with workplace.ledger.transaction() as tx:
        invitation = invitations.redeem(secret=secret, purpose=PURPOSE, at=at, tx=tx)
        account = open_account(invitation, at=at, tx=tx)
        account.password, account.password_changed_at = kept, at
        account.failures, account.locked_until = 0, None
    end_all(person=person, at=at, workplace=workplace)
    return person


def open_account(invitation: Invitation, *, at: datetime, tx: Transaction) -> Account:
    """Open, or reopen, the account an invitation is for, within the transaction that used it up."""
    account = people_reading.account(tx.session, person=invitation.person)
    if account is None:
        account = Account(person=invitation.person, made_at=at)
    account.administrator = account.administrator or invitation.administrator
    account.ended_at = None
    tx.session.add(account)
    tx.record(
        kind="account.opened",
        rollout=INSTITUTION,
        person=invitation.made_by,
        at=at,
        body={"of": invitation.person, "administrator": account.administrator},
    )
    return account


def why_not_password(password: str, *, person: str, name: str) -> str | None:
    """Return the one reason a password may not be used, if there is one (NIST SP 800-63B-4: length, no composition)."""
    plain = passwords.normal(password)
    if len(plain) < SHORTEST:
        return f"A password has {SHORTEST} characters or more; a sentence you can remember is a good one."
    if len(plain) > LONGEST:
        return f"A password has {LONGEST} characters at most."
    said = plain.lower().replace("-", " ")
    parts = [part for part in (person.replace("-", " "), name.lower()) if len(part) > 2]  # noqa: PLR2004 -- shorter parts of a name stand in every password
    if any(part in said or part.replace(" ", "") in said.replace(" ", "") for part in parts):
        return "A password does not hold your id or your name."
    if is_common(plain):
        return "This password is among those that are tried first; take one that nobody else has."
    return None


def check_password(*, person: str, password: str, at: datetime, workplace: Workplace) -> None:
    """
    Check a password; each try is counted before it is looked at, so that tries at once are no more than tries in turn.

    The fifth wrong one locks the account for 15 minutes and says so to those who watch.

    :raises CannotSignIn: always with the same sentence, after the same work
    """
    kept, tries = _count_try(person, at, workplace)
    if passwords.fits(password[: LONGEST * 4], kept=kept):
        _forget_tries(person, workplace)
        return
    if kept is not None and tries >= MOST_FAILURES:
        _alert(person, at, workplace)
    raise CannotSignIn(ONE_SENTENCE)


def _count_try(person: str, at: datetime, workplace: Workplace) -> tuple[str | None, int]:
    """Return what is kept of the password, nothing if it may not be tried now, and how many tries there were."""
    with workplace.ledger.transaction() as tx:
        account = tx.session.get(Account, person, with_for_update=True, populate_existing=True)
        if account is None or account.ended_at is not None or account.password is None:
            return None, 0
        if is_locked(account, at=at):
            return None, account.failures
        if account.locked_until is not None:
            account.failures, account.locked_until = 0, None
        account.failures += 1
        if account.failures >= MOST_FAILURES:
            account.locked_until = at + LOCK_LASTS
        return account.password, account.failures


def _forget_tries(person: str, workplace: Workplace) -> None:
    with workplace.ledger.transaction() as tx:
        account = people_reading.account(tx.session, person=person)
        if account is not None:
            account.failures, account.locked_until = 0, None


def _alert(person: str, at: datetime, workplace: Workplace) -> None:
    with workplace.ledger.transaction() as tx:
        tx.record(kind="account.locked", rollout=INSTITUTION, person=person, at=at, body={"failures": MOST_FAILURES})
        tx.notify(kind="account.locked", rollout=INSTITUTION, gate=None, body={"person": person}, at=at)


def is_locked(account: Account, *, at: datetime) -> bool:
    """True while nobody may come in or sign by this account."""
    return account.locked_until is not None and at < account.locked_until


def lock(*, person: str, at: datetime, workplace: Workplace) -> None:
    """Lock an account for 15 minutes and say so to those who watch, for failures counted elsewhere."""
    with workplace.ledger.transaction() as tx:
        account = people_reading.account(tx.session, person=person)
        if account is not None:
            account.failures, account.locked_until = MOST_FAILURES, at + LOCK_LASTS
    _alert(person, at, workplace)


def sign_in(
    *, person: str, password: str, at: datetime, workplace: Workplace, zone: str = "UTC", instead_of: str = ""
) -> Opened:
    """
    Begin a session for whoever knows the password.

    :raises CannotSignIn: always with the same sentence
    """
    check_password(person=person, password=password, at=at, workplace=workplace)
    return begin(person=person, method=PASSWORD, at=at, workplace=workplace, zone=zone, instead_of=instead_of)


def change_password(*, person: str, old: str, new: str, at: datetime, workplace: Workplace, session: str = "") -> None:
    """
    Set another password; every session but the one it is done in ends.

    :raises CannotSignIn: if the old one is wrong
    :raises PasswordRefused: if the new one may not be used
    """
    check_password(person=person, password=old, at=at, workplace=workplace)
    if reason := why_not_password(new, person=person, name=name_of(person, workplace=workplace)):
        raise PasswordRefused(reason)
    kept = passwords.kept_form(new)
    with workplace.ledger.transaction() as tx:
        account = people_reading.account(tx.session, person=person)
        if account is not None:
            account.password, account.password_changed_at = kept, at
            tx.record(kind="account.password", rollout=INSTITUTION, person=person, at=at, body={"of": person})
    end_all(person=person, at=at, workplace=workplace, but=session)


def end(*, person: str, by: str, at: datetime, workplace: Workplace) -> None:
    """
    End somebody's account: sessions and tokens stop counting at once; an invitation reopens it.

    :raises UnknownPerson: if they have none
    """
    with workplace.ledger.transaction() as tx:
        account = people_reading.account(tx.session, person=person)
        if account is None:
            raise UnknownPerson(f"{person} has no account; `primum people list` shows those there are.")
        account.ended_at, account.password, account.administrator = at, None, False
        tx.record(kind="account.ended", rollout=INSTITUTION, person=by, at=at, body={"of": person})
        for token in people_reading.tokens(tx.session, person=person):
            token.ended_at = token.ended_at or at
        for invitation in people_reading.invitations_open(tx.session, purpose=PURPOSE, at=at):
            if invitation.person == person:
                invitation.used_at = at
    end_all(person=person, at=at, workplace=workplace)


def everybody(workplace: Workplace) -> Sequence[Account]:
    """Return every account, by person."""
    with workplace.ledger.reading() as session:
        return people_reading.accounts(session)


def standing(account: Account | None, *, at: datetime) -> str:
    """Return how an account stands, in words: ``open``, ``administrator, locked``, ``ended``, ``none``."""
    if account is None:
        return "none"
    if account.ended_at is not None:
        return "ended"
    words = ["administrator" if account.administrator else "open"]
    words += ["no password"] if account.password is None else []
    words += ["locked"] if is_locked(account, at=at) else []
    return ", ".join(words)


def of(*, person: str, workplace: Workplace) -> Account | None:
    """Return somebody's account, an ended one too."""
    with workplace.ledger.reading() as session:
        return people_reading.account(session, person=person)
