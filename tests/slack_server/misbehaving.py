"""The ways in which the stand-in fails as Slack or the network does."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Fails:
    """Answers 200 with ``ok: false`` and this error."""

    error: str


@dataclass(frozen=True, kw_only=True)
class RateLimited:
    """Answers 429 with Retry-After."""

    seconds: int


@dataclass(frozen=True, kw_only=True)
class Drops:
    """Closes the connection without an answer, after it did what was asked or before."""

    performs: bool = True


@dataclass(frozen=True, kw_only=True)
class Hangs:
    """Says nothing for so long, after it did what was asked or before."""

    seconds: float = 60
    performs: bool = True


@dataclass(frozen=True, kw_only=True)
class Html:
    """Answers with a page: a gateway's 502, or a captive portal's 200."""

    status: int = 502
    performs: bool = False


Fault = Fails | RateLimited | Drops | Hangs | Html


@dataclass(kw_only=True)
class Faults:
    """Which method fails how, and how often still."""

    planned: list[list] = field(default_factory=list)

    def plan(self, method: str, fault: Fault, times: int | None) -> None:
        self.planned.append([method, fault, times])

    def next_for(self, method: str) -> Fault | None:
        for plan in self.planned:
            name, fault, times = plan
            if name in (method, "*") and times != 0:
                plan[2] = None if times is None else times - 1
                return fault
        return None
