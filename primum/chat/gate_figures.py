"""The figure of a gate, uploaded once for each evaluation as a file that only our messages show."""

from datetime import datetime

from primum.actions.submission import Submission
from primum.chat import posting
from primum.chat.office import Office
from primum.chat.rendering.views import Figure
from primum.integrations.slack.refusals import NotSent, Refused
from primum.ledger import reading, slack_reading
from primum.ledger.slack_tables import SlackPost
from primum.roadmap.evaluations import Evaluation

# Which figure says most about whether a gate opens: the looks of a trial, else the first of the findings.
LONGEST_TITLE = 140


def figure_of(
    *, gate: str, evaluation: Evaluation, submission: Submission, at: datetime, office: Office
) -> Figure | None:
    """
    Return the figure of a gate's message, uploaded now if it was not; none where the page's link has to do.

    A figure is never worth a message: what goes wrong with it leaves the message without one until it is repaired.
    """
    name = f"figure:{_known_as(gate, office)}"
    row = posting.standing(name, office=office)
    if row is not None and row.state == posting.ENDED:
        return None
    from primum.integrations.figures_evaluation import figures_of

    if row is not None and row.figure:
        file, _, alt = row.figure.partition(" ")
        return Figure(file=file, alt=alt)
    drawn = figures_of(evaluation=evaluation, rollout=submission.rollout, policy=submission.policy)
    if not drawn:
        _keep(name, state=posting.ENDED, figure=None, at=at, office=office)
        return None
    try:
        file = office.slack.upload_figure(
            content=drawn[0].png, filename=f"{gate}.png", alt=drawn[0].alt, title=drawn[0].title[:LONGEST_TITLE]
        )
    except NotSent as problem:
        if isinstance(problem, Refused):
            _keep(name, state=posting.ENDED, figure=None, at=at, office=office)
        return None
    _keep(name, state=posting.SENT, figure=f"{file} {drawn[0].alt}", at=at, office=office)
    return Figure(file=file, alt=drawn[0].alt)


def _known_as(gate: str, office: Office) -> str:
    with office.workplace.ledger.reading() as session:
        row = reading.gate(session, gate=gate)
        record = reading.evaluation(session, evaluation=(row.evaluation_id or "") if row else "")
    return record.digest if record else gate


def _keep(name: str, *, state: str, figure: str | None, at: datetime, office: Office) -> None:
    with office.workplace.ledger.transaction() as tx:
        row = slack_reading.post(tx.session, post=name) or SlackPost(id=name, channel="", state=state, made_at=at)
        row.state, row.figure, row.updated_at = state, figure, at
        tx.session.add(row)
