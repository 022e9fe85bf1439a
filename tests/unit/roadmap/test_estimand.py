import pytest

from primum.roadmap.estimand import EVENTS, Estimand, IntercurrentEvent
from primum.roadmap.protocol import why_not_analyse
from tests.evidence_factories import protocol

WHOLE = Estimand(
    population="women with gum disease",
    treatment="treatment in pregnancy against after it",
    variable="birth before 37 weeks",
    summary="risk difference",
    events=tuple(IntercurrentEvent(event=one, strategy="treatment-policy") for one in EVENTS),
)


def test_a_whole_estimand_may_be_analysed():
    assert why_not_analyse(protocol(estimand=WHOLE)) is None


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        (None, "no protocol is declared"),
        (protocol(), "declares no estimand"),
        (protocol(estimand=WHOLE.model_copy(update={"variable": " "})), "says nothing of its variable"),
        (protocol(estimand=WHOLE.model_copy(update={"events": WHOLE.events[:3]})), "no strategy for version change"),
    ],
)
def test_an_analysis_without_its_question_is_refused(declared, reason):
    assert reason in why_not_analyse(declared)
