"""Tokens of an OpenID provider: signed by a key of its own, meant for us, of now."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from primum.integrations.openid_discovery import Lookup, ProviderRefused

# Signatures made with a private key; "none" and shared secrets are not among them.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
CLOCKS_DIFFER = timedelta(seconds=60)
OLDEST = timedelta(minutes=10)
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, kw_only=True)
class Identified:
    """Whom the provider identified: (issuer, subject), its session, when they showed who they are and how."""

    issuer: str
    subject: str
    session: str | None
    authenticated_at: datetime | None
    methods: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LoggedOut:
    """Whom the provider logged out: a subject, one of its sessions, or both; ``id`` is the message's own."""

    issuer: str
    id: str
    subject: str | None
    session: str | None


def identified(*, token: str, lookup: Lookup, client: str, nonce: str, at: datetime) -> Identified:
    """
    Return whom an ID token is about.

    :raises ProviderRefused: if it is not the provider's, not for us, not of now, or not of this sign-in
    """
    claims = _claims(token, lookup, client, at)
    if claims.get("nonce") != nonce:
        raise ProviderRefused("The provider's answer belongs to another sign-in; begin again.")
    session, methods = claims.get("sid"), claims.get("amr")
    return Identified(
        issuer=claims["iss"],
        subject=_subject(claims),
        session=session if isinstance(session, str) else None,
        authenticated_at=_moment(claims, "auth_time") if "auth_time" in claims else None,
        methods=tuple(str(one) for one in methods) if isinstance(methods, list) else (),
    )


def logged_out(*, token: str, lookup: Lookup, client: str, at: datetime) -> LoggedOut:
    """
    Return whom a logout token is about (OpenID Connect Back-Channel Logout 1.0).

    :raises ProviderRefused: if it is not such a token of the provider, for us, of now
    """
    claims = _claims(token, lookup, client, at)
    events, subject, session, id_ = (claims.get(name) for name in ("events", "sub", "sid", "jti"))
    about = (subject, session)
    if not isinstance(events, dict) or LOGOUT_EVENT not in events or "nonce" in claims or not isinstance(id_, str):
        raise ProviderRefused("This is not a logout token.")
    if about == (None, None) or not all(one is None or isinstance(one, str) for one in about):
        raise ProviderRefused("The logout token names nobody.")
    return LoggedOut(issuer=claims["iss"], id=id_, subject=subject, session=session)


def _claims(token: str, lookup: Lookup, client: str, at: datetime) -> dict[str, Any]:
    """Return the claims of a token whose signature and time are good."""
    claims = _signed(token, lookup, at)
    if claims.get("iss") != lookup.provider(at).issuer:
        raise ProviderRefused("The provider's answer is of another provider; begin again.")
    audience = claims.get("aud")
    meant_for = [audience] if isinstance(audience, str) else audience
    if not isinstance(meant_for, list) or client not in meant_for:
        raise ProviderRefused("The provider's answer is meant for another application.")
    if claims.get("azp", client) != client or (len(meant_for) > 1 and "azp" not in claims):
        raise ProviderRefused("The provider's answer is meant for another application.")
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    if at >= expires + CLOCKS_DIFFER or issued > at + CLOCKS_DIFFER or issued < at - OLDEST:
        raise ProviderRefused(
            "The provider's answer is not of now; compare the clocks of this server and of the provider."
        )
    return claims


def _signed(token: str, lookup: Lookup, at: datetime) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError, JoseError

    for again in (False, True):
        try:
            return dict(jwt.decode(token, lookup.keys(at, again=again), algorithms=list(ALGORITHMS)).claims)
        except InvalidKeyIdError:
            # The provider may have changed its keys since we asked.
            continue
        except (JoseError, ValueError, TypeError):
            break
    raise ProviderRefused("The provider's answer is not signed by a key of the provider; nobody was signed in.")


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or len(subject) > 255:  # noqa: PLR2004 -- OpenID Connect Core, 2
        raise ProviderRefused("The provider's answer names nobody.")
    return subject


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(value, tz=UTC)
    raise ProviderRefused(f"The provider's answer does not say its {name} as a time.")
