"""What somebody who thinks of taking a look is told before: whether one is due, what it costs, why not, if so."""

from dataclasses import dataclass
from datetime import datetime

from primum.actions.look_standing import standing_of_looks
from primum.actions.look_timing import LookDue, as_due, look_now
from primum.actions.looks import why_not_look
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace

SOME_REASON = "a reason"


@dataclass(frozen=True, kw_only=True)
class LookOffer:
    """
    A look as it is offered to one person; no arm was looked at for it.

    ``why_not`` is the one reason why they may take none now, else empty; ``asks_reason`` if nobody planned it.
    """

    due: LookDue
    why_not: str
    asks_reason: bool


def look_offer(*, submission: Submission, person: str, at: datetime, workplace: Workplace) -> LookOffer:
    """
    Say whether somebody may take a look now, as ``take_look`` will be asked (R2.2, R2.3).

    :raises CannotLook: if none may be taken of this rollout
    :raises NothingToCount: if there is no table of the trial
    """
    now = look_now(submission=submission, standing=standing_of_looks(submission=submission, workplace=workplace))
    due = as_due(now, at=at)
    known = next((one for one in now.standing.held if one.data == now.tables.data), None)
    if person not in {one.id for one in submission.people}:
        why: str | None = "Only the people of this rollout take a look at it."
    elif known is not None:
        why = f"These data had their look on {known.at:%Y-%m-%d}; another one follows on other data."
    else:
        why = why_not_look(now, person=person, reason=SOME_REASON, at=at)
    return LookOffer(due=due, why_not=why or "", asks_reason=now.number is None)
