"""The door to an OpenID Connect provider: code with PKCE, nonce and state, and two ways of logging out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from urllib.parse import quote, urlencode

from primum.integrations.openid_discovery import Lookup, Provider, ProviderRefused, ProviderUnreachable, fetched
from primum.integrations.openid_tokens import Identified, LoggedOut, identified, logged_out
from primum.settings import Settings

__all__ = ["Client", "Identified", "LoggedOut", "ProviderRefused", "ProviderUnreachable", "client_of", "sentence_of"]

SENTENCES: Mapping[str, str] = {
    "access_denied": "You were not signed in: you or the provider declined.",
    "login_required": "The provider wants you to sign in there first; begin again.",
    "interaction_required": "The provider needs to ask you something first; begin again.",
    "consent_required": "The provider needs your consent first; begin again.",
    "account_selection_required": "The provider needs to know which of your accounts you mean; begin again.",
    "temporarily_unavailable": "The provider is busy; try again in a minute.",
    "server_error": "The provider failed on its side; try again in a minute.",
    "invalid_request": "The provider did not understand the request; tell an administrator to look at the settings.",
    "unauthorized_client": "The provider does not know this client; tell an administrator to look at the settings.",
    "unsupported_response_type": "The provider does not offer the code flow to this client; tell an administrator.",
    "invalid_scope": "The provider refused the scope 'openid'; tell an administrator to look at the settings.",
}
OTHER_ERROR = "The provider answered with an error; begin again, and tell an administrator if it stays."


@dataclass(frozen=True, kw_only=True)
class Client:
    """This console as the provider knows it; make one and keep it, since it keeps the provider's keys."""

    id: str
    secret: str | None
    redirect: str
    lookup: Lookup

    def way(self, *, state: str, nonce: str, verifier: str, again: bool, at: datetime) -> str:
        """
        Return the address at the provider that a browser is sent to; ``again`` makes it ask who they are anew.

        :raises ProviderUnreachable: if the provider does not answer
        """
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        anew = {"prompt": "login", "max_age": "0"} if again else {}
        address: str = prepare_grant_uri(
            self.lookup.provider(at).authorization_endpoint,
            client_id=self.id,
            response_type="code",
            redirect_uri=self.redirect,
            scope="openid",
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            **anew,
        )
        return address

    def identified(self, *, answer: Mapping[str, str], nonce: str, verifier: str, at: datetime) -> Identified:
        """
        Return whom the provider identified, from what it sent the browser back with.

        :raises ProviderRefused: with a sentence for each error of the provider and each check that failed
        :raises ProviderUnreachable: if the provider does not answer
        """
        provider = self.lookup.provider(at)
        _refuse_mixed_up(answer, provider)
        if "error" in answer:
            raise ProviderRefused(sentence_of(answer["error"]))
        if not answer.get("code"):
            raise ProviderRefused("The provider sent no code along; begin again.")
        token = self._exchanged(answer["code"], verifier, provider)
        return identified(token=token, lookup=self.lookup, client=self.id, nonce=nonce, at=at)

    def _exchanged(self, code: str, verifier: str, provider: Provider) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": verifier,
        }
        basic = None
        if self.secret is None or provider.wants_secret_in_body:
            form["client_id"] = self.id
            if self.secret is not None:
                form["client_secret"] = self.secret
        else:
            # RFC 6749, 2.3.1: both are form-encoded before they are put together.
            basic = (quote(self.id, safe=""), quote(self.secret, safe=""))
        token = fetched(provider.token_endpoint, form=form, basic=basic).get("id_token")
        if not isinstance(token, str):
            raise ProviderRefused("The provider sent no ID token; tell an administrator to look at the settings.")
        return token

    def logged_out(self, *, token: str, at: datetime) -> LoggedOut:
        """
        Return whom a logout token of the provider is about.

        :raises ProviderRefused: if it is not one, or not of now
        """
        return logged_out(token=token, lookup=self.lookup, client=self.id, at=at)

    def end_address(self, *, back: str, at: datetime) -> str | None:
        """
        Return where a browser signs out at the provider too; ``None`` if the provider has no such page.

        :raises ProviderUnreachable: if the provider does not answer
        """
        end = self.lookup.provider(at).end_session_endpoint
        if end is None:
            return None
        asked = urlencode({"client_id": self.id, "post_logout_redirect_uri": back})
        return f"{end}{'&' if '?' in end else '?'}{asked}"


def sentence_of(error: str) -> str:
    """Return the sentence for an error of a provider; what the provider says about it is not repeated."""
    return SENTENCES.get(error, OTHER_ERROR)


def client_of(settings: Settings, *, redirect: str) -> Client | None:
    """
    Return the client the settings name; ``None`` if people sign in with local accounts alone.

    :raises ProviderUnreachable: if half of it is set, or the extra that it needs is not installed
    """
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None:
        raise ProviderUnreachable("PRIMUM_OIDC_ISSUER is set and PRIMUM_OIDC_CLIENT_ID is not; set both or neither.")
    if find_spec("authlib") is None or find_spec("joserfc") is None:
        raise ProviderUnreachable("Signing in at a provider needs one more package: pip install 'primum[oidc]'.")
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    return Client(id=settings.oidc_client_id, secret=secret, redirect=redirect, lookup=Lookup(settings.oidc_issuer))


def _refuse_mixed_up(answer: Mapping[str, str], provider: Provider) -> None:
    """An answer that says whose it is must be this provider's (RFC 9207)."""
    said = answer.get("iss")
    if said != provider.issuer and (said is not None or provider.says_issuer):
        raise ProviderRefused("The answer came from another provider than the one that was asked; begin again.")
