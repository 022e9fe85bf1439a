"""Signing in at a provider: each way there works once, in the browser that began it, for what it was begun for."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from primum.actions import accounts, identities, invitations
from primum.actions.invitations import InvitationRefused, digest_of_secret
from primum.actions.sessions import Opened, begin, end_from_outside
from primum.actions.workplace import Workplace
from primum.integrations.openid import Client, Identified, ProviderRefused
from primum.ledger.refusals import AlreadyThere
from primum.ledger.transactions import Transaction

PURPOSE, LOGGED_OUT = "provider", "logged-out"
WAY_LASTS = timedelta(minutes=10)
# Longer than any token of a provider is taken for one of now, so that none can be told twice.
KEPT_FOR = timedelta(days=1)
PROVIDER = "openid"
NOT_BOUND = (
    "The provider knows you and this identity stands for nobody here. Ask an administrator for an invitation, open it "
    "and choose the provider there."
)


class Aim(StrEnum):
    """What somebody goes to the provider for."""

    SIGN_IN = "sign-in"
    INVITATION = "invitation"
    SIGNING = "signing"


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to the provider and back; ``secret`` stays in the browser that goes it."""

    address: str
    state: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Back:
    """Somebody came back from the provider: what for, on which code or page, and who the provider says they are."""

    aim: Aim
    about: str
    begun_at: datetime
    identified: Identified


def set_out(*, aim: Aim, about: str, client: Client, at: datetime, workplace: Workplace) -> Way:
    """
    Begin a way to the provider; for a signature it makes the provider ask anew who they are.

    :param about: the page to return to, the invitation's secret, or the code of the intent
    :raises ProviderUnreachable: if the provider does not answer
    """
    state, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    address = client.way(
        state=state,
        nonce=_derived("nonce", secret),
        verifier=_derived("verifier", secret),
        again=aim is Aim.SIGNING,
        at=at,
    )
    with workplace.ledger.transaction() as tx:
        for purpose in (PURPOSE, LOGGED_OUT):
            invitations.forget(purpose=purpose, before=at - KEPT_FOR, tx=tx)
        claim = _claim(aim, about, secret)
        _keep(PURPOSE, state, at=at, tx=tx, claim=claim)
    return Way(address=address, state=state, secret=secret)


def _keep(purpose: str, secret: str, *, at: datetime, tx: Transaction, claim: str | None = None) -> None:
    invitations.enter(
        person="",
        purpose=purpose,
        made_by=accounts.OPERATOR,
        lasts=WAY_LASTS,
        at=at,
        tx=tx,
        claim=claim,
        secret=secret,
    )


def come_back(
    *,
    aim: Aim,
    about: str,
    secret: str,
    answer: Mapping[str, str],
    client: Client,
    at: datetime,
    workplace: Workplace,
) -> Back:
    """
    Return whom the provider identified; the way is used up even if it did not.

    :raises ProviderRefused: if the way is not one of ours, was used, is over, or is another browser's; or as the client
    :raises ProviderUnreachable: if the provider does not answer
    """
    begun_at = _used_up(answer.get("state", ""), claim=_claim(aim, about, secret), at=at, workplace=workplace)
    identified = client.identified(
        answer=answer, nonce=_derived("nonce", secret), verifier=_derived("verifier", secret), at=at
    )
    return Back(aim=aim, about=about, begun_at=begun_at, identified=identified)


def _used_up(state: str, *, claim: str, at: datetime, workplace: Workplace) -> datetime:
    try:
        with workplace.ledger.transaction() as tx:
            row = invitations.redeem(secret=state, purpose=PURPOSE, at=at, tx=tx)
    except InvitationRefused:
        raise ProviderRefused(
            "This answer of the provider was used before, or took longer than ten minutes; begin again."
        ) from None
    if not hmac.compare_digest(row.claim or "", claim):
        raise ProviderRefused("This sign-in was begun in another browser; begin again in this one.")
    return row.made_at


def sign_in(*, back: Back, at: datetime, workplace: Workplace, zone: str = "UTC", instead_of: str = "") -> Opened:
    """
    Begin a session for the person whose identity came back.

    :raises ProviderRefused: if it stands for nobody with an account in force
    """
    person = who_is(back.identified, workplace=workplace)
    account = accounts.of(person=person, workplace=workplace) if person else None
    if person is None or account is None or account.ended_at is not None:
        raise ProviderRefused(NOT_BOUND)
    if accounts.is_locked(account, at=at):
        raise ProviderRefused(accounts.LOCKED)
    return open_session(person=person, back=back, at=at, workplace=workplace, zone=zone, instead_of=instead_of)


def open_session(
    *, person: str, back: Back, at: datetime, workplace: Workplace, zone: str = "UTC", instead_of: str = ""
) -> Opened:
    """Begin a session under a new id, that ends when the provider says so too."""
    one = back.identified
    return begin(
        person=person,
        method=PROVIDER,
        at=at,
        workplace=workplace,
        authenticated_at=min(one.authenticated_at or at, at),
        outside=outside_of(issuer=one.issuer, subject=one.subject, session=one.session),
        zone=zone,
        instead_of=instead_of,
    )


def accept(*, back: Back, at: datetime, workplace: Workplace) -> str:
    """
    Use an invitation: pin the identity that came back to its person and open their account; return the person.

    :raises InvitationRefused: if the link is unknown, used, or over
    :raises CannotPin: if the identity stands for somebody else
    """
    one = back.identified
    with workplace.ledger.transaction() as tx:
        invitation = invitations.redeem(secret=back.about, purpose=accounts.PURPOSE, at=at, tx=tx)
        identities.pin(
            person=invitation.person,
            kind=identities.OPENID,
            realm=one.issuer,
            subject=one.subject,
            by=invitation.person,
            at=at,
            tx=tx,
        )
        accounts.open_account(invitation, at=at, tx=tx)
    return invitation.person


def who_is(one: Identified, *, workplace: Workplace) -> str | None:
    """Return the person whom (issuer, subject) is pinned to."""
    return identities.person_of(kind=identities.OPENID, realm=one.issuer, subject=one.subject, workplace=workplace)


def logged_out(*, token: str, client: Client, at: datetime, workplace: Workplace) -> int:
    """
    End what the provider logged out, once for each of its messages; return how many sessions ended.

    :raises ProviderRefused: if it is no logout token of the provider, for us, of now, or was seen before
    """
    told = client.logged_out(token=token, at=at)
    try:
        with workplace.ledger.transaction() as tx:
            _keep(LOGGED_OUT, f"{told.issuer}:{told.id}", at=at, tx=tx)
    except AlreadyThere:
        raise ProviderRefused("This logout was told before.") from None
    return end_from_outside(
        identity=_half(told.issuer, told.subject),
        session=_half(told.issuer, told.session),
        at=at,
        workplace=workplace,
    )


def outside_of(*, issuer: str, subject: str, session: str | None) -> str:
    """Return the identity and the session at the provider as two digests, so that either half can be looked for."""
    return f"{_half(issuer, subject)}:{_half(issuer, session)}"


def _half(issuer: str, name: str | None) -> str:
    return "" if name is None else digest_of_secret(f"{issuer}\n{name}")


def _derived(what: str, secret: str) -> str:
    """Nonce and verifier follow from the browser's secret, so that nothing of them is kept here."""
    return digest_of_secret(f"{what}:{secret}")


def _claim(aim: Aim, about: str, secret: str) -> str:
    return digest_of_secret(f"{aim}\n{about}\n{secret}")
