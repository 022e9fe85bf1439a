"""What the pages of signing in show, as plain strings."""

from dataclasses import dataclass

from primum.web.console.times import When


@dataclass(frozen=True, kw_only=True)
class SignInPage:
    """Where somebody says who they are."""

    next: str
    person: str
    trouble: str
    note: str
    provider: str
    provider_link: str


@dataclass(frozen=True, kw_only=True)
class InvitationPage:
    """An invitation: a password to choose, or the provider."""

    secret: str
    person: str
    name: str
    administrator: bool
    until: When
    trouble: str
    provider: str


@dataclass(frozen=True, kw_only=True)
class SignedOutPage:
    """Signed out here; perhaps not yet at the provider."""

    provider: str
    provider_link: str


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """One session of the reader's."""

    digest: str
    method: str
    begun: When
    seen: When
    ends: When
    is_this: bool


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """One token of the reader's."""

    id: str
    name: str
    scopes: str
    made: When
    expires: When
    used: When | None


@dataclass(frozen=True, kw_only=True)
class IdentityRow:
    """One identity elsewhere that stands for the reader."""

    where: str
    subject: str
    pinned: When


@dataclass(frozen=True, kw_only=True)
class Option:
    """One choice of a list."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """The reader's own way in: password, sessions, tokens, identities, zone."""

    person: str
    name: str
    organisation: str
    has_password: bool
    zone: str
    zones: tuple[str, ...]
    sessions: tuple[SessionRow, ...]
    tokens: tuple[TokenRow, ...]
    identities: tuple[IdentityRow, ...]
    scopes: tuple[Option, ...]
    trouble: str
    note: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of what is about to be signed."""

    name: str
    value: str
    code: bool = False


@dataclass(frozen=True, kw_only=True)
class SigningPage:
    """What is about to be signed, and how to show again who one is."""

    code: str
    gate: str
    gate_link: str
    title: str
    verdict: str
    reasons: tuple[str, ...]
    facts: tuple[Fact, ...]
    reason: str
    meaning: str
    until: When
    left: str
    name: str
    trouble: str
    by_password: bool
    provider: str


@dataclass(frozen=True, kw_only=True)
class SignedPage:
    """What was signed and where the gate stands now."""

    gate: str
    gate_link: str
    sentence: str
    state: str


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """One person and their way in."""

    person: str
    name: str
    organisation: str
    standing: str
    seen: When | None
    sessions: int
    is_open: bool
    is_reader: bool


@dataclass(frozen=True, kw_only=True)
class AccountsPage:
    """Everybody and their accounts; the link that was just made is shown this once."""

    rows: tuple[AccountRow, ...]
    trouble: str
    link: str
    person: str
    until: When
