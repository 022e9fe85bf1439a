"""The four ways in which asking Slack can fail, and which of them a failure of the library is."""

import json
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from socket import gaierror
from urllib.error import HTTPError, URLError

from slack_sdk.errors import SlackApiError, SlackClientError

# Slack says so where it gives no Retry-After.
RETRY_SECONDS = 30
LONGEST_RETRY_SECONDS = 3_600
TOO_MANY = 429
SERVER_ERROR = 500
# Slack could not take the request now, and did nothing.
NOT_NOW = frozenset({"request_timeout", "service_unavailable", "team_added_to_org"})
# Slack may have done some of it: https://docs.slack.dev/reference/methods/chat.postMessage
PERHAPS_DONE = frozenset({"fatal_error", "internal_error"})
# Nobody was there to take anything. A timeout is among these only while connecting.
NEVER_SENT = (ConnectionRefusedError, gaierror, ssl.SSLError, TimeoutError)


class NotSent(Exception):
    """Slack did not do what was asked, or may not have; the message names the method and nothing of what was sent."""


class RateLimited(NotSent):
    """Slack wants fewer requests; ``retry_after`` is how many seconds to wait."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(NotSent):
    """Slack said no, and will say so again; ``error`` is its word for it, ``details`` what it found in our blocks."""

    def __init__(self, message: str, *, error: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.error = error
        self.details = details


class Unreachable(NotSent):
    """Nothing was accepted by Slack; the same request may be sent again."""


class Unknown(NotSent):
    """Slack may have accepted the request or not; sending it again may double it."""


@contextmanager
def told_apart(method: str) -> Iterator[None]:
    """
    Turn every failure of one call of Slack's Web API into one of ours.

    :raises RateLimited: if Slack wants fewer requests
    :raises Refused: if Slack said no
    :raises Unreachable: if nothing was accepted
    :raises Unknown: if the request was sent and the answer is missing or is not Slack's
    """
    try:
        yield
    except NotSent:
        raise
    except SlackApiError as problem:
        raise _said_by_slack(method, problem) from None
    except HTTPError as problem:
        problem.close()
        raise _by_status(method, status=problem.code, retry_after=problem.headers.get("Retry-After")) from None
    except URLError as problem:
        raise _not_connected(method, problem.reason) from None
    except (HTTPException, OSError):
        raise Unknown(f"Slack's answer to {method} did not arrive; it may have been done.") from None
    except (SlackClientError, ValueError, LookupError, AttributeError, TypeError):
        # The library reads an answer that is JSON and no object, or in an unknown encoding, with these.
        raise Unknown(f"The answer to {method} is not one of Slack's; it may have been done.") from None


def _said_by_slack(method: str, problem: SlackApiError) -> NotSent:
    response = problem.response
    status = getattr(response, "status_code", 0)
    data = getattr(response, "data", None)
    error = data.get("error") if isinstance(data, dict) else None
    # What is not a word is the library's own sentence about an answer that was not JSON.
    if not isinstance(error, str) or not re.fullmatch(r"[a-z0-9_.:-]{1,80}", error, flags=re.ASCII):
        return _by_status(method, status=status, retry_after=_retry_after(response))
    if error in ("ratelimited", "rate_limited") or status == TOO_MANY:
        return _limited(method, _retry_after(response))
    if error in NOT_NOW:
        return Unreachable(f"Slack cannot do {method} now: {error}.")
    if error in PERHAPS_DONE or status >= SERVER_ERROR:
        return Unknown(f"Slack broke while doing {method}: {error}; some of it may have been done.")
    return Refused(f"Slack refused {method}: {error}.{_advice(data)}", error=error, details=_details(data))


def _by_status(method: str, *, status: int, retry_after: str | None) -> NotSent:
    if status == TOO_MANY:
        return _limited(method, retry_after)
    return Unknown(f"The answer to {method} (HTTP {status}) is not one of Slack's; it may have been done.")


def _not_connected(method: str, reason: object) -> NotSent:
    if isinstance(reason, NEVER_SENT) or "Tunnel connection failed" in str(reason):
        return Unreachable(f"Slack was not reached for {method}: {type(reason).__name__}.")
    if isinstance(reason, ConnectionError):
        return Unknown(f"The connection broke while {method} was sent; it may have been done.")
    return Unreachable(f"Slack was not reached for {method}: {type(reason).__name__}.")


def _limited(method: str, given: str | None) -> RateLimited:
    seconds = int(given) if given and re.fullmatch(r"[0-9]{1,9}", given) else RETRY_SECONDS
    seconds = min(seconds, LONGEST_RETRY_SECONDS)
    return RateLimited(f"Slack wants fewer calls of {method}; wait {seconds} seconds.", retry_after=seconds)


def _retry_after(response: object) -> str | None:
    headers = getattr(response, "headers", None) or {}
    return next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), None)


def _advice(data: object) -> str:
    needed = data.get("needed") if isinstance(data, dict) else None
    if not isinstance(needed, str):
        return ""
    return f" It needs the scope {json.dumps(needed[:200])}; install the app again with our manifest."


def _details(data: object) -> tuple[str, ...]:
    found = data.get("errors") if isinstance(data, dict) else None
    each = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return tuple(f"{one.get('pointer', '/')}: {one.get('message') or one.get('code')}." for one in each)
