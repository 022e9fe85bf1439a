"""Signing a gate: every entrance asks here why not, and every entrance ends here."""

from primum.actions.ballots import Ballot, SeatOffer
from primum.actions.casting import CannotVote, seats_for, seats_still_empty, vote, why_not_begin, why_not_vote
from primum.actions.intents import Intended, Intention, failed, intend, intended, sign_intended
from primum.actions.sittings import is_blinded, needs_step_up, seats_of
from primum.roadmap.conditions import Conditions
from primum.roadmap.contingencies import ContingencyAsked

__all__ = [
    "Ballot",
    "CannotVote",
    "Conditions",
    "ContingencyAsked",
    "Intended",
    "Intention",
    "SeatOffer",
    "failed",
    "intend",
    "intended",
    "is_blinded",
    "needs_step_up",
    "seats_for",
    "seats_of",
    "seats_still_empty",
    "sign_intended",
    "vote",
    "why_not_begin",
    "why_not_vote",
]
