"""The cookie that stands for a session, and the one that holds a way to the provider together."""

from starlette.responses import Response

from primum.web.desk import Desk

SESSION = "primum"
WAY = "primum-way"


def cookie_name(desk: Desk, *, name: str = SESSION) -> str:
    """Return the cookie's name: bound to this very host by its prefix when it travels over TLS."""
    return f"__Host-{name}" if desk.is_secure else name


def set_cookie(response: Response, *, desk: Desk, value: str, name: str = SESSION, seconds: int | None = None) -> None:
    """Hand the browser a cookie no script can read and no other site's form can send along."""
    # Lax, not Strict: the provider sends people back from its own site.
    response.set_cookie(
        cookie_name(desk, name=name),
        value,
        max_age=seconds,
        path="/",
        secure=desk.is_secure,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, *, desk: Desk, name: str = SESSION) -> None:
    """Take a cookie back."""
    response.delete_cookie(cookie_name(desk, name=name), path="/", secure=desk.is_secure, httponly=True, samesite="lax")
