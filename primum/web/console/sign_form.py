"""The form of a signature: what it offers, and the ballot that comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from primum.actions.reporting import GateReport
from primum.actions.submission import Submission
from primum.actions.voting import Ballot, Conditions, ContingencyAsked, SeatOffer
from primum.chat.rendering.forms import MEANINGS
from primum.roadmap.gates import GateState
from primum.roadmap.people import Role
from primum.roadmap.policy import Policy
from primum.roadmap.seats import LABELS, Answer, Meaning
from primum.roadmap.suppression import publishable
from primum.roadmap.verdicts import Finding, Outcome
from primum.web.console.fields import FormRefused, Option, chosen, end_of_day, plain
from primum.web.console.readers import Reader
from primum.web.console.times import left_until, when
from primum.web.findings import verdict_sentence
from primum.web.marks import mark_of, state_mark
from primum.web.views import Mark

ANSWERS = (
    Option(value=Answer.APPROVE, label="Approve", hint="The rollout may move on when every seat has approved."),
    Option(value=Answer.REQUEST_EVIDENCE, label="Ask for more evidence", hint="The gate is held until there is other."),
    Option(
        value=Answer.REJECT, label="Reject", hint="One reject closes the gate; the same evidence is not asked again."
    ),
)
OFFERED = (Meaning.APPROVAL, Meaning.RESPONSIBILITY, Meaning.REVIEW)
NOBODY = Option(value="", label="Nobody")
CHANNEL = "console"
BETWEEN = "|"


class SignForm(BaseModel):
    """What was sent; everything has a default, so that a missing field is a sentence and not an error."""

    seat: str = ""
    answer: str = ""
    meaning: str = ""
    reason: str = ""
    ticks: list[str] = []
    digest: str = ""
    contingency: str = ""
    owner: str = ""
    due: str = ""
    sites: list[str] = []
    units: str = ""
    share: str = ""
    until: str = ""


@dataclass(frozen=True, kw_only=True)
class Tick:
    """One check that is not met and is to be ticked before approving."""

    check: str
    mark: Mark
    sentence: str
    ticked: bool


@dataclass(frozen=True, kw_only=True)
class SignPage:
    """The page on which somebody signs."""

    gate: str
    name: str
    title: str
    rollout: str
    state: Mark
    verdict: str
    open_until: str
    signing: str
    step_up: bool
    printed_name: str
    digest: str
    why_not: str
    trouble: str
    seats: tuple[Option, ...]
    answers: tuple[Option, ...]
    meanings: tuple[Option, ...]
    ticks: tuple[Tick, ...]
    owners: tuple[Option, ...]
    sites: tuple[Option, ...]
    form: SignForm


def sign_page(
    report: GateReport,
    *,
    submission: Submission,
    reader: Reader,
    offers: Sequence[SeatOffer],
    why_not: str,
    form: SignForm,
    trouble: str = "",
) -> SignPage:
    """Return the page as plain strings, with the form as it was filled."""
    left = left_until(report.expires_at, at=reader.at) if report.expires_at else ""
    until = f"Open until {when(report.expires_at, zone=reader.zone)}: {left} left." if report.expires_at else ""
    others = [one for one in submission.people if one.id != reader.person]
    return SignPage(
        gate=report.gate,
        name=report.name,
        title=submission.rollout.title,
        rollout=report.rollout,
        state=state_mark(report.state),
        verdict=verdict_sentence(report.verdict),
        open_until=until if report.state == GateState.AWAITING_SEATS else "",
        signing=LABELS["step_up" if report.step_up else "click"],
        step_up=report.step_up,
        printed_name=reader.name,
        digest=form.digest or report.digest,
        why_not=why_not,
        trouble=trouble,
        seats=tuple(_seat(offer) for offer in offers),
        answers=ANSWERS,
        meanings=tuple(Option(value=one, label=MEANINGS[one][0], hint=f"{MEANINGS[one][1]}.") for one in OFFERED),
        ticks=tuple(_tick(one, submission.policy, form) for one in unmet_of(report, policy=submission.policy)),
        owners=(NOBODY, *(Option(value=one.id, label=one.name) for one in others)),
        sites=tuple(Option(value=site.id, label=site.name) for site in submission.sites),
        form=form,
    )


def unmet_of(report: GateReport, *, policy: Policy) -> tuple[Finding, ...]:
    """Return every finding that is not a pass; where a gate asks its seats these are waived or do not bind."""
    outside = publishable(report.evaluation, smallest_cell=policy.smallest_cell)
    return tuple(one for one in outside.verdict.findings if one.outcome is not Outcome.PASS)


def why_unticked(form: SignForm, *, report: GateReport, policy: Policy) -> str | None:
    """Return why an approval is not taken yet: a check that is not met was not ticked."""
    missing = [one for one in unmet_of(report, policy=policy) if one.check not in form.ticks]
    if form.answer != Answer.APPROVE or not missing:
        return None
    left = f"{len(missing)} {'is' if len(missing) == 1 else 'are'} left"
    return f"Tick every check that is not met, so that it is plain you have seen it; {left}: {missing[0].sentence}"


def ballot_of(form: SignForm, *, reader: Reader) -> Ballot:
    """
    Return what the form says; its digest is the one that was shown with it.

    :raises FormRefused: if a seat, an answer or a meaning is missing, or a day is none
    """
    role, _, absent = form.seat.partition(BETWEEN)
    return Ballot(
        role=chosen(Role, role, what="the seat you sign on"),
        answer=chosen(Answer, form.answer, what="your answer"),
        meaning=chosen(Meaning, form.meaning, what="what your signature means"),
        reason=form.reason,
        shown_digest=form.digest,
        channel=CHANNEL,
        authentication=reader.method,
        authenticated_at=reader.authenticated_at,
        zone=reader.zone,
        contingency=_contingency(form, reader.zone),
        conditions=_conditions(form, reader.zone),
        on_behalf_of=absent or None,
    )


def _contingency(form: SignForm, zone: str) -> ContingencyAsked | None:
    if not (form.contingency.strip() or form.owner or form.due.strip()):
        return None
    due = end_of_day(form.due, zone=zone, what="the day until which it is to be done")
    return ContingencyAsked(what=form.contingency.strip(), owner=form.owner, due_at=due)


def _conditions(form: SignForm, zone: str) -> Conditions | None:
    units = tuple(unit.strip() for unit in form.units.split(",") if unit.strip())
    until = form.until.strip()
    asked = Conditions(
        sites=tuple(form.sites) or None,
        units=units or None,
        share=form.share.strip() or None,
        until=end_of_day(until, zone=zone, what="the last day of the condition") if until else None,
    )
    return None if asked.is_empty else asked


def _seat(offer: SeatOffer) -> Option:
    if offer.on_behalf_of is None:
        return Option(value=offer.role, label=plain(offer.role).capitalize())
    label = f"{plain(offer.role).capitalize()}, for {offer.on_behalf_name}"
    return Option(value=f"{offer.role}{BETWEEN}{offer.on_behalf_of}", label=label)


def _tick(finding: Finding, policy: Policy, form: SignForm) -> Tick:
    title = next((rule.title for rule in policy.criteria if rule.id == finding.check), "")
    sentence = f"{title}: {finding.sentence}" if title and not finding.sentence.startswith(title) else finding.sentence
    return Tick(check=finding.check, mark=mark_of(finding), sentence=sentence, ticked=finding.check in form.ticks)


__all__ = ["FormRefused", "SignForm", "SignPage", "ballot_of", "sign_page", "unmet_of", "why_unticked"]
