"""What an OpenID provider says about itself: its addresses and its keys, fetched when needed and kept for a while."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

SECONDS = 10
LARGEST_ANSWER = 1_000_000
KEPT_FOR = timedelta(hours=1)
# A token with an unknown key makes us ask again, but nobody can make us ask all the time.
ASK_AGAIN_AFTER = timedelta(seconds=10)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderUnreachable(Exception):
    """The sign-in provider did not answer, or not as a provider does; the message is shown to the person."""


class ProviderRefused(Exception):
    """Nobody was identified; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A provider's own description of itself, checked."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    says_issuer: bool
    wants_secret_in_body: bool


class Lookup:
    """One provider as it is known now."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._provider: tuple[datetime, Provider] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def provider(self, at: datetime) -> Provider:
        """
        Return the provider's description, at most an hour old.

        :raises ProviderUnreachable: if it does not answer, or describes another
        """
        if self._provider is None or at - self._provider[0] >= KEPT_FOR:
            self._provider = (at, _described(self._issuer))
        return self._provider[1]

    def keys(self, at: datetime, *, again: bool = False) -> "KeySet":
        """
        Return the provider's keys, at most an hour old; ``again`` asks anew, because a token names one not among them.

        :raises ProviderUnreachable: if it does not answer, or with no keys
        """
        known = self._keys
        if known is None or at - known[0] >= KEPT_FOR or (again and at - known[0] >= ASK_AGAIN_AFTER):
            self._keys = known = (at, _key_set(fetched(self.provider(at).jwks_uri)))
        return known[1]


def fetched(url: str, *, form: Mapping[str, str] | None = None, basic: tuple[str, str] | None = None) -> dict[str, Any]:
    """
    Return the JSON object at an address, asked with GET, or with POST when there is a form.

    :raises ProviderUnreachable: if there is no answer, or not such a one
    :raises ProviderRefused: if the answer is a refusal
    """
    import httpx

    host = urlsplit(url).hostname
    try:
        with httpx.Client(timeout=SECONDS, follow_redirects=False, auth=basic) as client:
            asked = client.get(url) if form is None else client.post(url, data=dict(form))
    except httpx.HTTPError as error:
        raise ProviderUnreachable(
            f"The sign-in provider at {host} did not answer ({type(error).__name__}); try again."
        ) from None
    if form is not None and 400 <= asked.status_code < 500:  # noqa: PLR2004 -- a refusal of what we sent
        raise ProviderRefused("The provider did not accept the answer it sent along; begin again.")
    if asked.status_code != httpx.codes.OK or len(asked.content) > LARGEST_ANSWER:
        raise ProviderUnreachable(f"The sign-in provider at {host} answered with status {asked.status_code}.")
    return _an_object(asked.content, host)


def _an_object(content: bytes, host: str | None) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ProviderUnreachable(f"The sign-in provider at {host} did not answer with a JSON object.")
    return found


def _described(issuer: str) -> Provider:
    from authlib.oidc.discovery import get_well_known_url

    found = fetched(get_well_known_url(issuer, external=True))
    for name in NEEDED:
        if not isinstance(found.get(name), str):
            raise ProviderUnreachable(f"The sign-in provider's description lacks '{name}'.")
    if found["issuer"] != issuer:
        raise ProviderUnreachable(
            f"PRIMUM_OIDC_ISSUER is {issuer} and the provider there calls itself {found['issuer']}; set it to that."
        )
    _refuse_open_ways(issuer, found)
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    end = found.get("end_session_endpoint")
    return Provider(
        issuer=issuer,
        authorization_endpoint=found["authorization_endpoint"],
        token_endpoint=found["token_endpoint"],
        jwks_uri=found["jwks_uri"],
        end_session_endpoint=end if isinstance(end, str) else None,
        says_issuer=found.get("authorization_response_iss_parameter_supported") is True,
        wants_secret_in_body="client_secret_basic" not in methods,
    )


def _refuse_open_ways(issuer: str, found: Mapping[str, Any]) -> None:
    """Codes and keys travel over TLS, except within one machine; a code that is not bound to us is worth stealing."""
    for name in NEEDED:
        parts = urlsplit(found[name])
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ProviderUnreachable(f"The provider's {name} is not reached over https; {issuer} cannot be used.")
    methods = found.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise ProviderUnreachable(f"The provider {issuer} does not support PKCE with S256, which Primum needs.")


def _key_set(found: dict[str, Any]) -> "KeySet":
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        return KeySet.import_key_set({"keys": list(found["keys"])})
    except (JoseError, KeyError, TypeError, ValueError):
        raise ProviderUnreachable("The sign-in provider published no key that can be read.") from None
