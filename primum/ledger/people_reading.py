"""Questions asked of the tables of people: accounts, sessions, tokens, invitations, outside identities."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from primum.ledger.people_tables import Account, ApiToken, Invitation, OutsideIdentity, WebSession


def account(session: Session, *, person: str) -> Account | None:
    """Return a person's account, ended ones too."""
    return session.get(Account, person)


def accounts(session: Session) -> Sequence[Account]:
    """Return every account, by person."""
    return session.exec(select(Account).order_by(col(Account.person))).all()


def invitation(session: Session, *, digest: str) -> Invitation | None:
    """Return an invitation by the digest of its secret, used and expired ones too."""
    return session.get(Invitation, digest)


def invitations_open(session: Session, *, purpose: str, at: datetime) -> Sequence[Invitation]:
    """Return the invitations of a purpose that can still be used."""
    query = select(Invitation).where(
        Invitation.purpose == purpose, col(Invitation.used_at).is_(None), col(Invitation.expires_at) > at
    )
    return session.exec(query.order_by(col(Invitation.made_at))).all()


def web_session(session: Session, *, digest: str) -> WebSession | None:
    """Return a session by the digest of its cookie, ended ones too."""
    return session.get(WebSession, digest)


def sessions_open(session: Session, *, person: str, at: datetime) -> Sequence[WebSession]:
    """Return a person's sessions that nobody ended and whose last hour has not come, newest first."""
    query = select(WebSession).where(
        WebSession.person == person, col(WebSession.ended_at).is_(None), col(WebSession.ends_at) > at
    )
    return session.exec(query.order_by(col(WebSession.seen_at).desc())).all()


def sessions_from_outside(session: Session, *, begins: str = "", ends: str = "") -> Sequence[WebSession]:
    """Return the sessions nobody ended whose identity at the provider begins, or whose session there ends, so."""
    query = select(WebSession).where(
        col(WebSession.ended_at).is_(None),
        col(WebSession.outside).startswith(begins, autoescape=True),
        col(WebSession.outside).endswith(ends, autoescape=True),
    )
    return session.exec(query).all()


def token_of_digest(session: Session, *, digest: str) -> ApiToken | None:
    """Return a token by the digest of its secret."""
    return session.exec(select(ApiToken).where(ApiToken.digest == digest)).first()


def token(session: Session, *, token: str) -> ApiToken | None:
    """Return a token by its id."""
    return session.get(ApiToken, token)


def tokens(session: Session, *, person: str | None = None) -> Sequence[ApiToken]:
    """Return the tokens of one person or of all, oldest first, ended ones too."""
    query = select(ApiToken).order_by(col(ApiToken.made_at))
    if person is not None:
        query = query.where(ApiToken.person == person)
    return session.exec(query).all()


def identity(session: Session, *, active_key: str) -> OutsideIdentity | None:
    """Return the outside identity that counts under this key."""
    return session.exec(select(OutsideIdentity).where(OutsideIdentity.active_key == active_key)).first()


def identities(session: Session, *, person: str, kind: str | None = None) -> Sequence[OutsideIdentity]:
    """Return a person's outside identities that count, oldest first."""
    query = select(OutsideIdentity).where(
        OutsideIdentity.person == person, col(OutsideIdentity.active_key).is_not(None)
    )
    if kind is not None:
        query = query.where(OutsideIdentity.kind == kind)
    return session.exec(query.order_by(col(OutsideIdentity.pinned_at))).all()


def accounts_number(session: Session) -> int:
    """Return how many accounts there are, ended ones too."""
    return session.exec(select(func.count()).select_from(Account)).one()
