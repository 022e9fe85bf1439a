"""What `primum check` remarks: everything missing or odd, and nothing where all is there."""

from datetime import timedelta
from pathlib import Path

import pytest

from primum.integrations.configuration import load_policy
from primum.integrations.lint import lint, lint_policy
from primum.roadmap.people import Role, Site
from primum.roadmap.policy import DocumentRule
from primum.roadmap.protocol import Endpoint, Look, Protocol
from primum.roadmap.rollout import Document, TierDecision
from primum.roadmap.stages import GateName, Stage
from tests import factories
from tests.factories import MORNING

title = "What is missing or odd"
SITE = Site(id="main", name="Main building", country="CH", timezone="Europe/Zurich", resource_level="high")
PEOPLE = (
    *(factories.person(f"person-{role}", role) for role in factories.ROLES),
    factories.person("noah-kim", Role.ML_OPS),
)
USE = factories.rollout().use.model_dump() | {"critical_conditions": ["coronary disease"]}
PROTOCOL = Protocol(
    design="parallel-rct",
    question="superiority",
    unit="patient",
    arms=("with", "without"),
    primary=Endpoint(name="found", event="found", good="higher"),
    safety=(Endpoint(name="harmed", event="harmed", good="lower"),),
    planned_units=100,
    locked_at=MORNING,
)
DOCUMENT = Document(
    kind="ethics-approval",
    file="approval.pdf",
    title="Approval",
    author="noah-kim",
    issued_on=MORNING - timedelta(days=9),
)
RULE = DocumentRule(
    kind="ethics-approval",
    title="The ethics committee's approval",
    gates=(GateName.G1,),
    requirements=("GI1",),
    at_most_days_old=30,
    source=factories.LOCAL,
)


def remarked(base: Path, *, policy=None, people=PEOPLE, sites=(SITE,), stage=None, **changes) -> list[str]:
    (base / "data").mkdir(exist_ok=True)
    (base / "data" / "readings.csv").touch()
    (base / "approval.pdf").touch()
    rollout = factories.rollout(**({"use": USE, "documents": (DOCUMENT,)} | changes))
    policy = policy or factories.policy(documents=(RULE,))
    return list(lint(rollout=rollout, policy=policy, people=people, sites=sites, base=base, at=MORNING, stage=stage))


def test_nothing_is_remarked_where_all_is_there(tmp_path):
    assert remarked(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"evidence": (factories.evidence(author="noah-kin"),)},
            "'noah-kin', author of table 'readings', is nobody in",
        ),
        ({"evidence": (factories.evidence(author="noah-kin"),)}, "perhaps 'noah-kim' is meant"),
        ({"tier": TierDecision(tier="high", approvers=("nobody",))}, "'nobody', approver of the tier, is nobody in"),
        (
            {"evidence": (factories.evidence(subgroups=("sitee",)),)},
            "Subgroup `sitee` of table 'readings' is no mapped",
        ),
        ({"evidence": (factories.evidence(values={"sex": {"f": "F"}}),)}, "`values.sex` of table 'readings' is for no"),
        ({"evidence": (factories.evidence(columns={"site": "s"}),)}, "maps no column to `reference`"),
        ({"evidence": (factories.evidence(columns={"caseId": "c"}),)}, "perhaps 'case_id' is meant"),
        ({"evidence": (factories.evidence(source="data/none.csv"),)}, "There is no file data/none.csv for table"),
        (
            {"evidence": (factories.evidence(suites=("own.json",)),)},
            "There is no file own.json for table 'readings', as",
        ),
        ({"evidence": (factories.evidence(measured_on=MORNING - timedelta(days=400)),)}, "was measured 400 days ago"),
        ({"evidence": (factories.evidence(measured_on=MORNING + timedelta(days=2)),)}, "which is in the future"),
        ({"evidence": (factories.evidence(stages=(Stage.PILOT,)),)}, "Gate G1 needs a table of kind 'diagnostic'"),
        ({"documents": ()}, "The ethics committee's approval is missing; add a document of kind 'ethics-approval'"),
        (
            {"documents": (DOCUMENT.model_copy(update={"kind": "ethics-aproval"}),)},
            "perhaps 'ethics-approval' is meant",
        ),
        ({"documents": (DOCUMENT.model_copy(update={"file": "gone.pdf"}),)}, "There is no file gone.pdf for document"),
        ({"documents": (DOCUMENT.model_copy(update={"expires_on": MORNING}),)}, "expired on 2026-03-02; renew it"),
        ({"use": USE | {"critical_conditions": []}}, "so no sensitivity above 95 % is asked for (P2.5)"),
        ({"model": {**factories.rollout().model.model_dump(), "model_class": "VLM"}}, "such a model is an LLM (D4)"),
        ({"model": {**factories.rollout().model.model_dump(), "modalities": ["image"]}}, "an LLM reads text only (D4)"),
        (
            {"model": {**factories.rollout().model.model_dump(), "endpoint": ""}},
            "nobody can tell which model was meant",
        ),
        (
            {"protocol": PROTOCOL.model_copy(update={"locked_at": None})},
            "`primum protocol lock` fixes it before the first outcome",
        ),
        ({"protocol": PROTOCOL.model_copy(update={"safety": ()})}, "no safety endpoint"),
        ({"protocol": PROTOCOL.model_copy(update={"looks": (Look(at=200),)})}, "The last look is at 200 units"),
        ({"protocol": PROTOCOL.model_copy(update={"looks": (Look(at=9), Look(at=8))})}, "do not rise"),
        ({"protocol": PROTOCOL.model_copy(update={"looks": (Look(at=9),)})}, "no `spending` is declared"),
    ],
)
def test_a_remark_is_made_where_something_is_missing_or_odd(changes, sentence, tmp_path):
    remarks = remarked(tmp_path, **changes)

    assert [remark for remark in remarks if sentence in remark], remarks


def test_a_seat_that_nobody_can_take_is_named(tmp_path):
    people = tuple(person for person in PEOPLE if person.id != "person-ethicist")

    assert remarked(tmp_path, people=people) == ["Nobody in people.yaml can take the seat ethicist at G1 today."]


def test_one_person_for_two_seats_is_not_enough(tmp_path):
    both = factories.person("both", Role.ETHICIST, Role.TECHNOLOGIST)
    people = (*(one for one in PEOPLE if one.id not in ("person-ethicist", "person-technologist")), both)

    remarks = remarked(tmp_path, people=people)

    assert remarks == ["Seat technologist at G1 has nobody of its own: Both sits elsewhere (N4)."]


def test_an_author_cannot_take_the_only_seat(tmp_path):
    remarks = remarked(tmp_path, evidence=(factories.evidence(author="person-ethicist"),))

    assert remarks == ["Nobody in people.yaml can take the seat ethicist at G1 today."]


def test_a_trial_must_map_what_its_protocol_names(tmp_path):
    trial = factories.evidence(kind="trial", stages=(Stage.PILOT,), columns={"arm": "arm", "found": "found"})

    remarks = remarked(tmp_path, evidence=(trial,), protocol=PROTOCOL, stage=Stage.PILOT)

    assert "Table 'readings' maps no column to `harmed`, which is needed." in remarks
    assert "Table 'readings' maps no column to `unit_id`, which is needed." in remarks


def test_a_measure_that_names_a_column_needs_it_mapped(tmp_path):
    policy = factories.policy(criteria=(factories.criterion(parameters={"column": "minutes"}),))

    remarks = remarked(tmp_path, policy=policy, documents=())

    assert "Table 'readings' maps no column to `minutes`, which is needed." in remarks


def test_a_pilot_without_protocol_is_told_which_designs_are_accepted(tmp_path):
    policy = load_policy("who-lmm-2025", base=tmp_path)

    remarks = remarked(tmp_path, policy=policy, stage=Stage.PILOT)

    assert any(remark.startswith("There is no protocol; tier high needs one of parallel-rct") for remark in remarks)


def test_an_unknown_timezone_is_named(tmp_path):
    remarks = remarked(tmp_path, sites=(SITE.model_copy(update={"timezone": "Europe/Zürich"}),))

    assert remarks == ["Site 'main' has the timezone 'Europe/Zürich', which is unknown; one is Europe/Zurich."]


def test_a_metric_nobody_computes_is_named_with_the_nearest(tmp_path):
    policy = factories.policy(criteria=(factories.criterion(metric="sensitivty", requirements=("P2.5", "P99.1")),))

    assert lint_policy(policy) == (
        "Criterion sensitivity asks for the metric sensitivty, which nobody computes; perhaps sensitivity is meant.",
        "Policy test-policy cites requirement P99.1, which is in no row of the catalogue.",
    )


def test_an_address_with_a_password_is_never_repeated(tmp_path):
    secret = factories.evidence(source="postgresql://reader:hunter2@db/ward", columns={"site": "s"})

    remarks = remarked(tmp_path, evidence=(secret,))

    assert remarks
    assert not any("hunter2" in remark for remark in remarks)
