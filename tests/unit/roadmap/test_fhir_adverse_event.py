"""A check of AdverseEvent against the published structure finds what is not in it; each mistake has its sentence."""

import copy
from datetime import UTC, datetime

import pytest

from primum.roadmap.fhir_adverse_event import adverse_event, problems
from primum.roadmap.incidents import Category, Causality, Harm, Severity
from primum.roadmap.told_incident import ToldIncident

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOLD = ToldIncident(
    id="a" * 32,
    rollout="small-trial",
    title="A small trial",
    institution="Riverside University Hospital",
    site="north",
    country="US",
    severity=Severity.SERIOUS,
    category=Category.WRONG_OUTPUT,
    harm=Harm.PERMANENT,
    causality=Causality.CERTAIN,
    disclosure=None,
    what="The output named the wrong side of the body.",
    occurred_at=AT,
    reported_at=AT,
    confirmed_at=None,
    closed_at=None,
    suspended=True,
    model={"name": "Sentinel", "version": "1.0", "provider": "Example Ltd"},
    approved={},
    clocks=(),
)


def without(name):
    return lambda event: event.pop(name)


def setting(name, value):
    return lambda event: event.update({name: value})


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_what_is_made_is_sound_and_the_other_release_says_what_is_not(release):
    other = "R5" if release == "R4" else "R4"

    event = adverse_event(TOLD, release=release)

    assert problems(event, release=release) == ()
    assert problems(event, release=other) != ()


@pytest.mark.parametrize(
    ("release", "spoil", "sentence"),
    [
        ("R4", without("actuality"), "R4 requires 'actuality'."),
        ("R4", without("subject"), "R4 requires 'subject'."),
        ("R5", without("status"), "R5 requires 'status'."),
        ("R4", setting("status", "completed"), "R4 has no element 'status'."),
        ("R5", setting("severity", {}), "R5 has no element 'severity'."),
        ("R5", setting("status", "done"), "'done' is no code of 'status'."),
        ("R4", setting("identifier", []), "'identifier' stands once in R4."),
        ("R5", setting("identifier", {}), "'identifier' repeats in R5."),
        ("R4", setting("date", "yesterday"), "'date' is no dateTime."),
        ("R4", setting("location", {"reference": "#ward"}), "'location' refers to #ward, which is not contained."),
        ("R4", setting("subject", {"reference": "Patient/1"}), "The subject points at a patient"),
        ("R5", setting("subject", {"identifier": {"value": "1"}}), "The subject points at a patient"),
        ("R4", setting("suspectEntity", [{}]), "A suspect entity of R4 has one of instance."),
        ("R4", setting("event", {}), "'event' has neither a coding nor a text."),
        ("R4", setting("outcome", {"coding": [{"code": "fatal"}]}), "names its system and its code"),
        ("R4", setting("resourceType", "Observation"), "is no AdverseEvent"),
    ],
)
def test_each_mistake_has_its_sentence(release, spoil, sentence):
    event = copy.deepcopy(adverse_event(TOLD, release=release))
    spoil(event)

    found = problems(event, release=release)

    assert any(sentence in one for one in found), found


def test_a_code_that_its_system_does_not_have_is_found():
    event = adverse_event(TOLD, release="R4")
    event["seriousness"]["coding"][0]["code"] = "very"

    assert problems(event, release="R4") == (
        "'very' is no code of http://terminology.hl7.org/CodeSystem/adverse-event-seriousness.",
    )
