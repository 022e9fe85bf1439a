"""An OpenID provider on a real socket that keeps the protocol, and breaks it where a test asks it to."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "primum", "a secret of ours: 100%"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def as_it_is(claims: dict[str, Any]) -> dict[str, Any]:
    return claims


@dataclass
class Provider:
    """What the provider does; a test sets it before it sends a browser there."""

    address: str
    subject: str = "subject-1"
    signed_in_ago: int = 3600
    asks_anew: bool = True
    says_when: bool = True
    error: str = ""
    issuer_said: str = ""
    algorithm: str = "RS256"
    changes: Callable[[dict[str, Any]], dict[str, Any]] = as_it_is
    description: dict[str, Any] = field(default_factory=dict)
    keys: list[RSAKey] = field(default_factory=lambda: [new_key()])
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "end_session_endpoint": f"{self.address}/end",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        } | self.description

    def authorized(self, asked: dict[str, str]) -> str:
        """Return where the browser is sent back to."""
        answer = {"state": asked["state"], "iss": self.issuer_said or self.address}
        if self.error:
            answer["error"] = self.error
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            answer["code"] = code
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def exchanged(self, form: dict[str, str], *, authorization: str) -> dict[str, Any] | None:
        """Return the tokens for a code, once, to the client that began with this verifier."""
        asked = self.codes.pop(form.get("code", ""), None)
        wanted = base64.b64encode(f"{CLIENT}:{'a%20secret%20of%20ours%3A%20100%25'}".encode()).decode()
        if asked is None or authorization != f"Basic {wanted}" or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        if challenge_of(form.get("code_verifier", "")) != asked["code_challenge"]:
            return None
        anew = self.asks_anew and asked.get("prompt") == "login" and asked.get("max_age") == "0"
        claims = self.claims(nonce=asked["nonce"], sid="session-1")
        if self.says_when:
            claims["auth_time"] = int(time.time()) - (0 if anew else self.signed_in_ago)
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.signed(self.changes(claims))}

    def claims(self, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.address, "sub": self.subject, "aud": CLIENT, "iat": now, "exp": now + 300} | more

    def signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.keys[-1].kid}
        if self.algorithm.startswith("RS"):
            return jwt.encode(header, claims, self.keys[-1])
        # By hand: no library would sign with what everybody knows.
        text = f"{plain(json.dumps(header).encode())}.{plain(json.dumps(claims).encode())}"
        public = self.keys[-1].as_pem(private=False)
        signature = b"" if self.algorithm == "none" else hmac.digest(public, text.encode(), "sha256")
        return f"{text}.{plain(signature)}"


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


def challenge_of(verifier: str) -> str:
    return plain(hashlib.sha256(verifier.encode()).digest())


def plain(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@contextmanager
def provider() -> Iterator[Provider]:
    """Serve a provider on a free port until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    server.provider = Provider(address=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Answering(BaseHTTPRequestHandler):
    """The provider's four addresses."""

    def do_GET(self) -> None:
        known: Provider = self.server.provider
        place = urlsplit(self.path)
        if place.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", known.authorized(dict(parse_qsl(place.query))))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif place.path == "/keys":
            self._say(KeySet(known.keys).as_dict(private=False))
        else:
            self._say(known.described())

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        tokens = self.server.provider.exchanged(form, authorization=self.headers.get("Authorization", ""))
        self._say(tokens or {"error": "invalid_grant"}, status=200 if tokens else 400)

    def _say(self, body: Any, *, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing on the terminal."""
