import pytest

from primum.roadmap.estimand import EVENTS, Estimand, IntercurrentEvent, why_not_analyse
from tests.evidence_factories import protocol

WHOLE = Estimand(
    population="women with gum disease",
    treatment="treatment in pregnancy against after it",
    variable="birth before 37 weeks",
    summary="risk difference",
    events=tuple(IntercurrentEvent(event=one, strategy="treatment-policy") for one in EVENTS),
)


def test_a_whole_estimand_may_be_analysed():
    assert why_not_analyse(protocol=protocol(), estimand=WHOLE) is None


@pytest.mark.parametrize(
    ("declared", "estimand", "reason"),
    [
        (None, WHOLE, "no protocol is declared"),
        (protocol(), None, "declares no estimand"),
        (protocol(), WHOLE.model_copy(update={"variable": " "}), "says nothing of its variable"),
        (protocol(), WHOLE.model_copy(update={"events": WHOLE.events[:3]}), "no strategy for version change"),
    ],
)
def test_an_analysis_without_its_question_is_refused(declared, estimand, reason):
    assert reason in why_not_analyse(protocol=declared, estimand=estimand)
