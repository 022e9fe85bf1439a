"""The figure of each reader with and without the model, from paired readings; and what a protocol may ask of it."""

from fractions import Fraction

from primum.evidence.measures.question import NO_PROTOCOL, Question
from primum.evidence.scores import reader_counts
from primum.evidence.scores.readers import Figures, StudyRefused
from primum.roadmap.protocol import Endpoint

SHOWN = "Obuchowski-Rockette, Hillis"
FIGURES = ("area", "sensitivity", "specificity")
NO_LOOKS = (
    "a crossed reader study is analysed once, at its end: no boundary is known for looks at it; "
    "take `looks` and `spending` out of its protocol"
)
NO_THRESHOLD = (
    "Sensitivity and specificity need to know which readings call a case positive; "
    "say from which rating on as `positive_from` in the protocol."
)
BINARY = (0, 1)


def gain_of(question: Question, figure: str, *, attribute: str = "", level: str = "") -> Figures:
    """
    Return the figure of each reader with and without the model, of all cases or of one group of them.

    :raises StudyRefused: if these readings do not give it
    """
    study = reader_counts.paired_readings(question.cells, attribute=attribute, level=level)
    if figure == "area":
        return reader_counts.areas(study)
    of = {"sensitivity": reader_counts.sensitivities, "specificity": reader_counts.specificities}[figure]
    return of(study, threshold=threshold_of(question, levels=study.levels))


def threshold_of(question: Question, *, levels: tuple[int, ...]) -> int:
    """
    Return the rating from which on a reading calls a case positive: the protocol's, the criterion's, or 1 of 0 and 1.

    :raises StudyRefused: if nobody said it
    """
    protocol = question.protocol
    if protocol is not None and protocol.positive_from is not None:
        return protocol.positive_from
    given = question.criterion.parameters.get("positive_from")
    if given is not None and given.removeprefix("-").isdecimal():
        return int(given)
    if set(levels) <= set(BINARY):
        return 1
    raise StudyRefused(NO_THRESHOLD)


def strictest(question: Question) -> float:
    """Return the confidence of the policy, or of the protocol's error where that is stricter."""
    protocol = question.protocol
    return max(question.confidence, float(1 - 2 * Fraction(protocol.alpha_one_sided)) if protocol else 0.0)


def why_not(question: Question, endpoint: Endpoint | None) -> str | None:
    """Return the one reason why an endpoint of the protocol cannot be read, if there is one."""
    protocol = question.protocol
    if protocol is None or endpoint is None:
        return NO_PROTOCOL
    if protocol.looks or protocol.spending != "none":
        return NO_LOOKS
    if endpoint.event not in FIGURES:
        return f"the endpoint '{endpoint.name}' is no figure of a reader study; its `event` is {', '.join(FIGURES)}"
    if endpoint.good != "higher":
        return f"more {endpoint.event} is better; write `good: higher` for '{endpoint.name}'"
    return question.lacks("other_rating")


def cases_of(figures: Figures, figure: str) -> tuple[int, ...]:
    """Return the cases of each class that a figure rests on."""
    return {
        "area": (figures.positives, figures.negatives),
        "sensitivity": (figures.positives,),
        "specificity": (figures.negatives,),
    }[figure]
