"""The words of the console in plain English."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.roadmap.gates import MEANING, GateState
from primum.web.console.fields import plain
from primum.web.marks import state_mark
from primum.web.showing import show
from primum.web.views import Mark, WordView
from primum.web.visitors import SignedIn
from primum.web.words import WORDS

router = APIRouter()
OURS = (
    (
        "Rollout",
        (
            "One AI product for one intended use in one institution, on its way through four stages: assess, pilot, "
            "scale, sustain."
        ),
    ),
    ("Gate", "The end of a stage. It opens when the evidence meets the policy and every seat has signed."),
    ("Seat", "A role that must sign at a gate. One person fills one seat, and nobody fills two."),
    (
        "Digest you were shown",
        (
            "The fingerprint of the evidence. Your signature counts for exactly that; when the evidence changes, it "
            "counts no more and you are asked again."
        ),
    ),
    ("Exposure", "Who may receive the model's output now: at which sites, in which units, for which share."),
    ("Suspend", "Back to standard care at once. One person may, with a few words; it needs no quorum."),
    ("Resume", "Going on after a suspension. It takes several people, each with a reason."),
    ("Contingency", "What an approval leaves to be done, by whom and until when. Overdue, it closes the gate again."),
    ("Condition", "What an approval is limited to: sites, units, a share of patients, an end."),
    ("Deputy", "Somebody of the same role who stands in for a time. A deputy cannot hand the seat on."),
    ("Interest", "A reason why somebody cannot judge freely. Who declared one signs nothing on that rollout."),
    (
        "Step-up",
        "For some gates a click is not enough: you show again who you are, within five minutes, and sign then.",
    ),
    ("Checkpoint", "The signed size and root of the ledger. One kept elsewhere shows if history was altered."),
)


@dataclass(frozen=True, kw_only=True)
class StateWord:
    """One state of a gate and what it means."""

    mark: Mark
    name: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class HelpPage:
    """The whole page."""

    ours: tuple[WordView, ...]
    states: tuple[StateWord, ...]
    numbers: tuple[WordView, ...]


@router.get("/help")
def words(request: Request, visitor: SignedIn) -> Response:  # noqa: ARG001 -- only for those who signed in
    """Show what the words of the console mean."""
    return show("console/help.html", request=request, page=help_page())


def help_page() -> HelpPage:
    """Return the words: ours, the states of a gate, those of the numbers."""
    return HelpPage(
        ours=tuple(WordView(word=word, meaning=meaning) for word, meaning in OURS),
        states=tuple(
            StateWord(mark=state_mark(state), name=plain(state), meaning=MEANING[state]) for state in GateState
        ),
        numbers=tuple(WordView(word=word, meaning=meaning) for word, _, meaning in WORDS),
    )
