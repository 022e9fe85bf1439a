"""Signing what was meant after showing again who one is, by password or at the provider (21 CFR 11.200)."""

from dataclasses import dataclass
from datetime import datetime

from primum.actions import accounts, intents, provider_login
from primum.actions.accounts import CannotSignIn
from primum.actions.casting import CannotVote
from primum.actions.gates import UnknownGate
from primum.actions.inbox import submission_of
from primum.actions.intents import Intention
from primum.actions.provider_login import Back
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import reading
from primum.roadmap.gates import GateState

BY_PASSWORD = "password, typed again for this signature"
BY_PROVIDER = "provider, asked again for this signature"


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A signature was given: on which gate, and where the gate stands now."""

    gate: str
    state: GateState


def shown(*, code: str, person: str, at: datetime, workplace: Workplace) -> Intention:
    """
    Return what a code would sign, to the person it was made for.

    :raises CannotVote: if it is unknown, used, over or locked, or was made for somebody else
    """
    intention = intents.intended(code=code, at=at, workplace=workplace)
    if intention.person != person:
        raise CannotVote("This link was made for somebody else; sign in as the person it was made for.")
    return intention


def sign_with_password(*, code: str, person: str, password: str, at: datetime, workplace: Workplace) -> Signed:
    """
    Sign with the password typed again; five wrong ones lock the intent and the account, and those who watch are told.

    :raises CannotVote: with the one reason this person may not sign this now
    :raises CannotSignIn: if the password is wrong; the intent is used up by the fifth time
    """
    intention = shown(code=code, person=person, at=at, workplace=workplace)
    try:
        accounts.check_password(person=person, password=password, at=at, workplace=workplace)
    except CannotSignIn:
        left = intents.failed(code=code, person=person, at=at, workplace=workplace)
        raise CannotSignIn(_wrong(left)) from None
    return _signed(intention, code, BY_PASSWORD, at, at, workplace)


def sign_with_provider(*, back: Back, person: str, at: datetime, workplace: Workplace) -> Signed:
    """
    Sign with what the provider says: the same person, who showed anew who they are after they set out.

    :raises CannotVote: with the one reason this person may not sign this now
    """
    intention = shown(code=back.about, person=person, at=at, workplace=workplace)
    again = back.identified.authenticated_at
    account = accounts.of(person=person, workplace=workplace)
    if account is None or accounts.is_locked(account, at=at):
        raise CannotVote(accounts.LOCKED)
    if reason := _why_not_again(back, person, workplace):
        failed(code=back.about, person=person, at=at, workplace=workplace)
        raise CannotVote(reason)
    assert again is not None
    how = ", ".join((BY_PROVIDER, back.identified.issuer, *back.identified.methods))
    return _signed(intention, back.about, how, again, at, workplace)


def failed(*, code: str, person: str, at: datetime, workplace: Workplace) -> None:
    """Count a failed attempt at the provider; the fifth locks the intent and the account."""
    if intents.failed(code=code, person=person, at=at, workplace=workplace) == 0:
        accounts.lock(person=person, at=at, workplace=workplace)


def _why_not_again(back: Back, person: str, workplace: Workplace) -> str | None:
    if provider_login.who_is(back.identified, workplace=workplace) != person:
        return "At the provider somebody else signed in; sign in there as the person this link was made for."
    again = back.identified.authenticated_at
    if again is None:
        return "The provider does not say when you showed who you are, so a signature cannot rest on it."
    if again < back.begun_at.replace(microsecond=0):
        return "The provider let you through without asking who you are; sign out there and begin again."
    return None


def _signed(intention: Intention, code: str, how: str, again: datetime, at: datetime, workplace: Workplace) -> Signed:
    state = intents.sign_intended(
        code=code,
        person=intention.person,
        authentication=how,
        authenticated_at=again,
        submission=submission_for(intention.gate, workplace=workplace),
        at=at,
        workplace=workplace,
    )
    return Signed(gate=intention.gate, state=state)


def submission_for(gate: str, *, workplace: Workplace) -> Submission:
    """
    Return what the files of a gate's rollout say now.

    :raises UnknownGate: if there is no such gate
    :raises ConfigurationRefused: if one of the files is missing or broken
    """
    with workplace.ledger.reading() as session:
        row = reading.gate(session, gate=gate)
        record = reading.rollout(session, rollout=row.rollout) if row else None
    if record is None:
        raise UnknownGate(f"There is no gate '{gate}'; `primum gate list` shows those there are.")
    return submission_of(record)


def _wrong(left: int) -> str:
    if left == 0:
        return "The password is wrong for the fifth time: this link and your account are locked, and an alert was sent."
    return f"The password is wrong; {left} {'try is' if left == 1 else 'tries are'} left."
