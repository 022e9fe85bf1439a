"""A form that was sent: everything is asked again, the decision is written, and the person sees what came of it."""

from datetime import datetime
from typing import Any

from primum.actions import delegation, voting
from primum.actions.delegation import CannotDelegate
from primum.actions.resubmission import submitted
from primum.actions.submission import Submission, UnknownPerson
from primum.actions.unfinished import rollout_of
from primum.chat import members
from primum.chat.asking import ANSWERS, CannotAsk, asking_for, end_of
from primum.chat.members import Members, NotCounted
from primum.chat.office import Office
from primum.chat.rendering import answers
from primum.chat.rendering.buttons import Deed, UnreadableValue, read
from primum.chat.rendering.form_values import errors, problems_of, values_of
from primum.chat.rendering.form_views import FormValues, FormView, Left, Limits
from primum.chat.rendering.forms import CALLBACKS
from primum.chat.rendering.views import Link, Subject
from primum.chat.rendering.wording import ANSWERS as SAID
from primum.chat.rendering.wording import role_words
from primum.integrations.configuration import ConfigurationRefused
from primum.integrations.slack.payloads import FormSent, Member
from primum.roadmap.gates import GateState

CHANNEL = "slack"
NOT_ENROLLED = "This Slack account is not tied to anybody known to Primum, so it cannot sign."
NOT_OURS = "This form is not one of ours any more; open the gate on its page."
REFUSALS = (CannotDelegate, ConfigurationRefused, NotCounted, UnknownPerson, voting.CannotVote)


def answer(form: FormSent, *, at: datetime, office: Office, known: Members) -> dict[str, Any]:
    """Do what a form asks, and return what takes its place; a refusal says why in the action's own words."""
    try:
        subject = read(form.metadata)
    except UnreadableValue as unreadable:
        return _refused(str(unreadable), office.page(label="the board"))
    page = office.gate_page(subject.gate)
    deed = CALLBACKS.get(form.callback)
    if deed is None:
        return _refused(NOT_OURS, page)
    try:
        return _answer(form, deed, subject, at=at, office=office, known=known)
    except CannotAsk as refused:
        window = answers.already_signed if refused.calm else answers.refused
        return answers.updated(window(sentence=str(refused), page=page))
    except REFUSALS as refused:
        return _refused(str(refused), page)


def _refused(sentence: str, page: Link) -> dict[str, Any]:
    return answers.updated(answers.refused(sentence=sentence, page=page))


def _answer(
    form: FormSent, deed: Deed, subject: Subject, *, at: datetime, office: Office, known: Members
) -> dict[str, Any]:
    person = members.person_of(form.member, workplace=office.workplace)
    if person is None:
        raise NotCounted(NOT_ENROLLED)
    zone = known.look(form.member, at=at).zone
    submission = submitted(rollout=rollout_of(subject.gate), workplace=office.workplace)
    asking = asking_for(
        deed=deed, subject=subject, person=person, submission=submission, at=at, zone=zone, office=office
    )
    values = values_of({field.block: field.values for field in form.fields}, form=asking)
    if problems := problems_of(values, form=asking):
        return errors(problems)
    if deed is Deed.DELEGATE:
        return _delegated(asking, values, submission, form.member, zone, at, office)
    return _signed(asking, values, submission, zone, at, office)


def _signed(
    asking: FormView, values: FormValues, submission: Submission, zone: str, at: datetime, office: Office
) -> dict[str, Any]:
    ballot = ballot_of(asking, values, zone=zone)
    gate, person = asking.subject.gate, asking.person
    if asking.step_up:
        intended = voting.intend(
            gate=gate, ballot=ballot, submission=submission, person=person, at=at, workplace=office.workplace
        )
        link = office.sign_page(intended.code)
        return answers.updated(answers.step_up(url=link.url, until=intended.expires_at, gate=gate))
    state = voting.vote(
        gate=gate, ballot=ballot, submission=submission, person=person, at=at, workplace=office.workplace
    )
    sentence = f"You {SAID[ballot.answer]} as {role_words(ballot.role)}. {AFTER.get(state, '')}".strip()
    return answers.updated(answers.signed(sentence=sentence, page=asking.page))


AFTER = {
    GateState.GRANTED: "Every seat has signed; the gate is checked once more and then applied.",
    GateState.AWAITING_SEATS: "The gate waits for the seats that are left.",
    GateState.REJECTED: "The gate is rejected.",
    GateState.HELD: "The gate is on hold until there is new evidence.",
}


def ballot_of(asking: FormView, values: FormValues, *, zone: str) -> voting.Ballot:
    """Return what was filled in as the ballot that every entrance hands over."""
    assert values.seat is not None
    assert values.meaning is not None
    approves = asking.deed is Deed.APPROVE
    return voting.Ballot(
        role=values.seat.role,
        answer=ANSWERS[asking.deed],
        meaning=values.meaning,
        reason=values.reason,
        shown_digest=f"sha256:{asking.subject.digest}",
        channel=CHANNEL,
        authentication=CHANNEL,
        zone=zone or "UTC",
        contingency=_left(values.left, zone) if approves else None,
        conditions=_limits(values.limits, zone) if approves else None,
        on_behalf_of=values.seat.on_behalf_of or None,
    )


def _left(left: Left, zone: str) -> voting.ContingencyAsked | None:
    if left.due is None:
        return None
    return voting.ContingencyAsked(what=left.what, owner=left.owner, due_at=end_of(left.due, zone=zone))


def _limits(limits: Limits, zone: str) -> voting.Conditions | None:
    if limits == Limits():
        return None
    return voting.Conditions(
        sites=limits.sites or None,
        units=limits.units or None,
        share=f"{limits.share}/100" if limits.share else None,
        until=end_of(limits.until, zone=zone) if limits.until else None,
    )


def _delegated(
    asking: FormView,
    values: FormValues,
    submission: Submission,
    member: Member,
    zone: str,
    at: datetime,
    office: Office,
) -> dict[str, Any]:
    assert values.seat is not None
    assert values.until is not None
    deputy = values.deputy
    if not deputy:
        chosen = Member(team=member.team, user=values.deputy_user)
        deputy = members.person_of(chosen, workplace=office.workplace) or ""
    if not deputy:
        return errors({"deputy": "This person is not tied to anybody known to Primum; choose somebody who is."})
    delegation.delegate(
        submission=submission,
        person=asking.person,
        deputy=deputy,
        role=values.seat.role,
        ends_at=end_of(values.until, zone=zone),
        reason=values.reason,
        channel=CHANNEL,
        at=at,
        workplace=office.workplace,
    )
    name = submission.person(deputy).name
    sentence = f"{name} signs for you as {role_words(values.seat.role)} until the end of {values.until:%-d %B %Y}."
    return answers.updated(answers.signed(sentence=sentence, page=asking.page))
