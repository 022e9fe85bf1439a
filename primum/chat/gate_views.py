"""A gate as its message shows it, filled from the ledger at the moment of sending."""

from collections import Counter
from collections.abc import Iterator, Sequence

from primum.actions import reporting
from primum.actions.reporting import GateReport, SeatStanding
from primum.actions.submission import Submission
from primum.chat.office import Office
from primum.chat.rendering.views import (
    CriterionLine,
    Figure,
    GateView,
    Limit,
    Link,
    SeatLine,
    Stop,
    Subject,
    Tally,
    ToDo,
    Unmet,
)
from primum.ledger import reading
from primum.ledger.tables import GateTransition, Vote
from primum.roadmap.conditions import Conditions
from primum.roadmap.estimates import Estimate
from primum.roadmap.gates import GateState
from primum.roadmap.judging import weigh
from primum.roadmap.policy import Criterion
from primum.roadmap.roles import Role
from primum.roadmap.seats import Answer
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.suppression import publishable
from primum.roadmap.verdicts import BADNESS, Finding, Outcome, Verdict
from primum.roadmap.wording import asked, interval_of, scope_of, value_of

PEOPLES_ENDS = frozenset({GateState.REJECTED, GateState.HELD})
SHA = "sha256:"


def subject_of(*, gate: str, revision: int, digest: str) -> Subject:
    """Return what a click on a gate is about; the digest without the name of its method."""
    return Subject(gate=gate, revision=revision, digest=digest.removeprefix(SHA))


def gate_view(
    *,
    gate: str,
    submission: Submission,
    office: Office,
    figure: Figure | None = None,
    safe: bool = True,
    repeated: bool = False,
) -> GateView:
    """
    Return everything a gate's message shows; cells under the policy's smallest are emptied (P9).

    :raises UnknownGate: if there is no such gate, or it was never evaluated
    """
    report = reporting.gate_report(gate=gate, submission=submission, workplace=office.workplace)
    verdict = publishable(report.evaluation, smallest_cell=submission.policy.smallest_cell).verdict
    policy, rules = submission.policy, {one.id: one for one in submission.policy.criteria}
    ended = _ended(report, office)
    return GateView(
        subject=subject_of(gate=gate, revision=report.revision, digest=report.digest),
        rollout=report.rollout,
        title=submission.rollout.title,
        name=GateName(report.name),
        stage=Stage(report.stage),
        state=GateState(report.state),
        recommendation=verdict.outcome,
        tally=tally_of(verdict),
        criteria=tuple(_line(one, rules.get(one.check)) for one in verdict.findings if one.kind == "criterion"),
        unmet=unmet_of(verdict, rules=tuple(rules.values())),
        policy=f"{policy.id} {policy.version}",
        seats=tuple(_seat(one) for one in report.seats),
        page=office.gate_page(gate),
        links=tuple(_links(report, office)),
        figure=figure,
        open_until=report.expires_at,
        since=ended.at if ended else None,
        decided_by=_printed(ended.person, submission) if ended else "",
        reason=_typed(ended),
        limits=_limits(gate, office, blinded=report.blinded),
        to_do=tuple(
            ToDo(what=one.what, owner=one.owner_name, due=one.due_at, done=one.closed_at is not None)
            for one in report.promises
        ),
        blinded=report.blinded,
        stopped=_stop(report.rollout, submission, office),
        safe=safe,
        repeated=repeated,
    )


def tally_of(verdict: Verdict) -> Tally:
    """Return how many binding checks there are of each outcome."""
    counted = Counter(one.outcome for one in verdict.findings if one.binds)
    return Tally(
        met=counted[Outcome.PASS],
        not_met=counted[Outcome.FAIL],
        not_known=counted[Outcome.INSUFFICIENT],
        not_checked=counted[Outcome.ERROR],
    )


def unmet_of(verdict: Verdict, *, rules: Sequence[Criterion]) -> tuple[Unmet, ...]:
    """Return every check that is not a pass, worst first."""
    titles = {one.id: one.title for one in rules}
    found = [
        Unmet(
            check=one.check,
            title=_title(one, titles.get(one.check, "")),
            outcome=one.outcome,
            sentence=one.sentence,
            binds=one.binds,
            waived=one.waived,
        )
        for one in verdict.findings
        if one.outcome is not Outcome.PASS
    ]
    return tuple(sorted(found, key=lambda one: (-BADNESS[one.outcome], not one.binds)))


def _title(finding: Finding, known: str) -> str:
    return known or finding.check.replace(":", " ").replace("-", " ").replace("_", " ").capitalize()


def _line(finding: Finding, rule: Criterion | None) -> CriterionLine:
    telling = _telling(finding, rule)
    if telling is None:
        return CriterionLine(title=_title(finding, ""), outcome=finding.outcome, value="", binds=finding.binds)
    threshold = rule.threshold if rule else None
    ends = interval_of(telling)
    scope = f"{scope_of(telling)}: " if scope_of(telling) else ""
    return CriterionLine(
        title=_title(finding, rule.title if rule else ""),
        outcome=finding.outcome,
        value=f"{scope}{value_of(telling)}",
        interval=f"{100 * telling.confidence:.3g}% interval {ends}" if ends else "",
        limit=asked(threshold, telling.metric) if threshold else "",
        binds=finding.binds,
    )


def _telling(finding: Finding, rule: Criterion | None) -> Estimate | None:
    """The estimate that decides: the worst weighed one; of several alike the first."""
    if not finding.estimates:
        return None
    threshold = rule.threshold if rule else None
    if threshold is None:
        return finding.estimates[0]
    return max(finding.estimates, key=lambda one: BADNESS[weigh(threshold=threshold, estimate=one)])


def _seat(standing: SeatStanding) -> SeatLine:
    return SeatLine(
        role=Role(standing.role),
        signed_by=standing.person,
        on_behalf_of=standing.on_behalf_of,
        answer=Answer(standing.answer) if standing.answer else None,
    )


def _links(report: GateReport, office: Office) -> Iterator[Link]:
    yield Link(label="why it would or would not open", url=f"{office.gate_page(report.gate).url}/explain")
    yield Link(label="the rollout's page", url=office.rollout_page(report.rollout).url)


def _ended(report: GateReport, office: Office) -> GateTransition | None:
    """The step that brought a gate where it is, if it waits for nobody there."""
    if report.state == GateState.AWAITING_SEATS:
        return None
    with office.workplace.ledger.reading() as session:
        steps = reading.transitions(session, gate=report.gate)
    return next((one for one in reversed(steps) if one.state_to == report.state), None)


def _typed(ended: GateTransition | None) -> str:
    """The reason of a person who closed the gate with their answer; what Primum itself says stays on the page."""
    if ended is None or ended.state_from != GateState.AWAITING_SEATS or ended.state_to not in PEOPLES_ENDS:
        return ""
    return ended.reason


def _printed(person: str, submission: Submission) -> str:
    """A printed name; nothing where Primum itself acted."""
    return next((one.name for one in submission.people if one.id == person), "")


def _limits(gate: str, office: Office, *, blinded: bool) -> tuple[Limit, ...]:
    if blinded:
        return ()
    with office.workplace.ledger.reading() as session:
        given: Sequence[Vote] = reading.votes(session, gate=gate)
    read = (Conditions.read(vote.conditions) for vote in given if vote.conditions)
    return tuple(
        Limit(sites=one.sites or (), units=one.units or (), share=one.share or "", until=one.until) for one in read
    )


def _stop(rollout: str, submission: Submission, office: Office) -> Stop | None:
    with office.workplace.ledger.reading() as session:
        row = reading.suspension(session, rollout=rollout)
    return Stop(at=row.at, by=_printed(row.person, submission) or row.person) if row else None
