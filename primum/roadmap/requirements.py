"""The requirements of the source documents, and what enforces each: worked out, never typed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from primum.roadmap.policy import Part, Policy, RequirementId, refuse_twice
from primum.roadmap.roles import Role

RequirementKind = Literal["DQ", "EC", "EV", "AP", "MT", "WA", "RP", "CFG"]
Due = Literal["G0", "G1", "G2", "G3", "GS", "GU", "ANY"]
Enforcer = Literal["criterion", "expectation", "document", "seat", "monitor", "flow", "rule"]
Passage = Annotated[str, Field(pattern=r"^S[03]:\d+(-\d+)?$")]
"""Lines of a source document, such as ``S3:68`` or ``S0:5-6``."""

TestName = Annotated[str, Field(pattern=r"^tests/[a-z0-9_/]+\.py::test_[a-z0-9_]+$")]
"""A test as pytest names it, such as ``tests/spec/test_who_may_sign.py::test_one_person_sits_once``."""

NOT_YET = "not yet"


class Requirement(Part):
    """One row of the catalogue, in our own words."""

    id: RequirementId = Field(description="Stable id; everything else cites it.")
    source: tuple[Passage, ...] = Field(min_length=1, description="Where it stands in the source documents.")
    criterion: str = Field(min_length=10, description="What is asked, in our own words.")
    kinds: tuple[RequirementKind, ...] = Field(min_length=1, description="How it can be enforced.")
    gates: tuple[Due, ...] = Field(default=(), description="Gates it is due at; ANY where it always holds.")
    tests: tuple[TestName, ...] = Field(default=(), description="Tests that prove it is enforced.")


class OpenQuestion(Part):
    """One contradiction in the sources; each policy says how it settles it."""

    id: RequirementId = Field(description="Stable id.")
    source: tuple[Passage, ...] = Field(min_length=1, description="Where the sources disagree.")
    question: str = Field(min_length=10, description="What they leave open.")
    tests: tuple[TestName, ...] = Field(default=(), description="Tests that prove it is settled.")


class RoleRow(Part):
    """One role that the sources name or imply, the seat it has here, and what it signs."""

    name: str = Field(description="The role in words.")
    seat: Role | None = Field(default=None, description="The seat, if it has one.")
    source: tuple[Passage, ...] = Field(default=(), description="Where it is named; none for roles of our own.")
    signs: str = Field(description="The gates it signs.")


class Catalogue(Part):
    """The whole catalogue."""

    title: str = Field(description="What it is.")
    requirements: tuple[Requirement, ...] = Field(min_length=1, description="All rows.")
    ambiguities: tuple[OpenQuestion, ...] = Field(description="Contradictions of the sources.")
    roles: tuple[RoleRow, ...] = Field(description="Roles of the sources.")

    @property
    def ids(self) -> frozenset[str]:
        """Every id a policy, an expectation or a line of code may cite."""
        return frozenset(row.id for row in self.requirements) | frozenset(row.id for row in self.ambiguities)

    @model_validator(mode="after")
    def _each_row_once(self) -> "Catalogue":
        refuse_twice(field="requirements", key="id", values=[row.id for row in self.requirements])
        refuse_twice(field="ambiguities", key="id", values=[row.id for row in self.ambiguities])
        return self


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Something that enforces a requirement; ``level`` says how much, where a policy sets it."""

    by: Enforcer
    name: str
    level: str = ""

    def __str__(self) -> str:
        """Return the claim as a reader sees it."""
        return f"{self.by} {self.name}" + (f" ({self.level})" if self.level else "")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule in the code: the dotted name of the function that keeps it, and the rows it keeps."""

    by: Enforcer = "rule"
    name: str
    requirements: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """One requirement, everything that enforces it, and the tests that prove it."""

    id: str
    criterion: str
    enforced_by: tuple[Claim, ...]
    tests: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What enforces it, or ``not yet``."""
        return "; ".join(str(claim) for claim in self.enforced_by) or NOT_YET


# What the code itself refuses or keeps, whatever a policy says. A test calls up every name and finds
# its requirements in the text of that module.
RULES: tuple[Rule, ...] = (
    Rule(
        name="primum.roadmap.uses.why_not_register",
        requirements=("P1.0", "U5", "U6", "U7", "U8", "I7", "AMB8"),
    ),
    Rule(name="primum.roadmap.uses.computed_tier", requirements=("P2.10", "N1")),
    Rule(name="primum.roadmap.uses.why_not_tier", requirements=("P2.10",)),
    Rule(name="primum.roadmap.judging.point_meets", requirements=("P5.10", "P5.11", "P5.12", "P5.13", "I5")),
    Rule(name="primum.roadmap.exposure.exposed", requirements=("V3",)),
    Rule(name="primum.roadmap.fhir_adverse_event.adverse_event", requirements=("V33",)),
    Rule(name="primum.integrations.counts_files.write_counts", requirements=("V33",)),
    Rule(name="primum.roadmap.uses.Purpose", requirements=("U1", "U2", "U3", "U4")),
    Rule(name="primum.roadmap.uses.ModelClass", requirements=("D2",)),
    Rule(name="primum.roadmap.uses.Domain", requirements=("D2",)),
    Rule(name="primum.roadmap.uses.Modality", requirements=("D3",)),
    Rule(name="primum.roadmap.uses.UseCase", requirements=("D5",)),
    Rule(name="primum.roadmap.readiness.on_use", requirements=("D4",)),
    Rule(name="primum.roadmap.rollout.Use", requirements=("V35",)),
    Rule(name="primum.roadmap.rollout.Evidence", requirements=("P5.3", "AMB11")),
    Rule(name="primum.roadmap.seats.why_not_sit", requirements=("V14",)),
    Rule(name="primum.roadmap.seats.empty_seats", requirements=("V14",)),
    Rule(name="primum.roadmap.signing_rules.why_group_missing", requirements=("N4",)),
    Rule(name="primum.actions.casting.vote", requirements=("P4.2",)),
    Rule(name="primum.actions.incidents.report", requirements=("V37", "K4")),
    Rule(name="primum.actions.incidents.why_open", requirements=("N3",)),
    Rule(name="primum.actions.incidents.confirm", requirements=("V19",)),
    Rule(name="primum.actions.incident_basis.basis_at", requirements=("P4.1", "P4.2")),
    Rule(name="primum.actions.incident_findings.compare_with_card", requirements=("P4.3",)),
    Rule(name="primum.actions.incident_findings.offer_redress", requirements=("V32",)),
    Rule(name="primum.actions.incident_exports.publish", requirements=("N6",)),
    Rule(name="primum.actions.regulator_clocks.start", requirements=("P4.5",)),
    Rule(name="primum.actions.regulator_clocks.why_overdue", requirements=("P4.5",)),
    Rule(name="primum.actions.care_reminders.remind_of_care", requirements=("N3", "P4.5", "V19")),
    Rule(name="primum.actions.acknowledgements.acknowledge", requirements=("V19",)),
    Rule(name="primum.roadmap.jurisdictions.Liability", requirements=("V29", "V30", "V31")),
    Rule(name="primum.actions.deviations.record", requirements=("P4.6",)),
    Rule(name="primum.actions.deviations.why_unreviewed", requirements=("P4.6",)),
    Rule(name="primum.actions.resumption.agree", requirements=("V19",)),
    Rule(name="primum.roadmap.locking.protocol_findings", requirements=("P2.1", "P2.3", "R2.4")),
    Rule(name="primum.actions.protocol_lock.lock", requirements=("P2.1", "P2.3", "R2.4")),
    Rule(name="primum.actions.allocation.allocate", requirements=("R2.1", "R2.2")),
    Rule(name="primum.actions.looks.take_look", requirements=("R2.2", "R2.3")),
    Rule(name="primum.roadmap.looks.why_hidden", requirements=("P2.3",)),
    Rule(name="primum.roadmap.looks.look_finding", requirements=("R2.2", "R2.3")),
    Rule(name="primum.actions.rehearsal.rehearsed", requirements=("P2.7",)),
    Rule(name="primum.actions.power_plan.planned", requirements=("R2",)),
    Rule(name="primum.roadmap.model_card.card_of", requirements=("P3.10", "T3")),
    Rule(name="primum.roadmap.card_guide.Advice", requirements=("P3.13",)),
    Rule(name="primum.roadmap.limitations.unkept", requirements=("P3.4", "V17")),
    Rule(name="primum.roadmap.scorecard.scorecard", requirements=("K7",)),
    Rule(name="primum.actions.model_cards.next_version", requirements=("P6.13",)),
    Rule(name="primum.actions.model_cards.on_grant", requirements=("P3.12",)),
    Rule(name="primum.actions.model_cards.on_incident", requirements=("P3.11",)),
    Rule(name="primum.integrations.result_files.checks_in", requirements=("T1", "T2")),
    Rule(name="primum.ledger.export.export", requirements=("V10",)),
    Rule(name="primum.actions.suspension.suspend", requirements=("V19",)),
    Rule(name="primum.roadmap.waves.why_not_wider", requirements=("R3.1",)),
    Rule(name="primum.roadmap.waves.why_not_next", requirements=("R3.1", "R3.2", "V27", "V28")),
    Rule(name="primum.actions.monitoring.watch", requirements=("P2.2", "GI3")),
    Rule(name="primum.actions.monitor_silence.silence", requirements=("P2.2", "GI3")),
    Rule(name="primum.actions.alarm_answers.why_open", requirements=("P2.2", "GI3")),
    Rule(name="primum.actions.sustain_gates.due", requirements=("R4", "N5")),
    Rule(name="primum.actions.sustain_gates.walk_back_failed", requirements=("R4",)),
    Rule(name="primum.actions.guidelines.publish", requirements=("P6.7",)),
    Rule(name="primum.roadmap.guidelines.changed", requirements=("P6.8", "P6.9")),
    Rule(name="primum.actions.look_back.make", requirements=("P6.12",)),
    Rule(name="primum.roadmap.changes.why_not_close", requirements=("P6.10", "P6.11", "P6.12", "P6.13")),
    Rule(name="primum.roadmap.change_plans.scope_of", requirements=("P6.4", "P6.10")),
    Rule(name="primum.roadmap.candidates.why_not_candidate", requirements=("P6.10",)),
    Rule(name="primum.actions.change_training.retrain", requirements=("P6.10",)),
    Rule(name="primum.actions.change_telling.tell", requirements=("P6.11",)),
    Rule(name="primum.actions.change_telling.see_to_silence", requirements=("P6.11",)),
    Rule(name="primum.actions.change_standing.why_overdue", requirements=("R4.1",)),
    Rule(name="primum.actions.waiving.why_not_waive", requirements=("Z1",)),
)


def coverage(
    *,
    catalogue: Catalogue,
    policy: Policy,
    suites: Iterable[Mapping[str, object]],
    rules: Sequence[Rule] = RULES,
) -> tuple[Coverage, ...]:
    """
    Return every row of the catalogue with what enforces it under a policy.

    Claims are read off the policy's criteria, documents, seats, months and designs, off the
    ``meta`` of each expectation, and off the rules in the code. A row without a claim is *not yet*.
    """
    claims: dict[str, list[Claim]] = {}
    for requirement, claim in (*claims_of_policy(policy), *claims_of_suites(suites), *claims_of_rules(rules)):
        listed = claims.setdefault(requirement, [])
        if claim not in listed:
            listed.append(claim)
    rows = [(row.id, row.criterion, row.tests) for row in catalogue.requirements]
    rows += [(row.id, row.question, row.tests) for row in catalogue.ambiguities]
    return tuple(
        Coverage(id=id_, criterion=words, enforced_by=tuple(claims.get(id_, ())), tests=tests)
        for id_, words, tests in rows
    )


def claims_of_policy(policy: Policy) -> tuple[tuple[str, Claim], ...]:
    """Return (requirement, claim) for everything a policy asks."""
    found: list[tuple[Iterable[str], Claim]] = []
    for criterion in policy.criteria:
        claim = Claim(by="criterion", name=criterion.id, level=str(criterion.level))
        found.append(((*criterion.requirements, *criterion.ambiguities), claim))
    found += [
        (document.requirements, Claim(by="document", name=document.kind, level=str(document.level)))
        for document in policy.documents
    ]
    found += [(seat.requirements, Claim(by="seat", name=str(seat.role))) for seat in policy.seats]
    found += [(rule.requirements, Claim(by="rule", name=f"signed by {rule.method}")) for rule in policy.signatures]
    found += [(rule.requirements, Claim(by="rule", name=f"{rule.review} review")) for rule in policy.reviews]
    if policy.looks:
        found.append((policy.looks.requirements, Claim(by="rule", name="interim looks", level="mandatory")))
    found += [(policy.resumption.requirements, Claim(by="rule", name="people to go on", level="mandatory"))]
    found += [(policy.incidents.requirements, Claim(by="rule", name="time to confirm and see", level="mandatory"))]
    found += [(one.requirements, Claim(by="monitor", name=one.id, level=str(one.level))) for one in policy.monitors]
    found += [(policy.sustain.requirements, Claim(by="rule", name="approved again in sustain", level="mandatory"))]
    # A stage without end has no month to be late in; lateness is shown and holds no gate.
    found += [
        (dwell.requirements, Claim(by="rule", name=f"months of {dwell.stage}", level="advisory"))
        for dwell in policy.dwell
        if dwell.months
    ]
    found += [
        (design.requirements, Claim(by="rule", name=f"designs for tier {design.tier}", level="mandatory"))
        for design in policy.designs
    ]
    found += [
        (source.requirements, Claim(by="rule", name=f"source {source.id} of {policy.id}")) for source in policy.sources
    ]
    settled = Claim(by="rule", name=f"settled in {policy.id}")
    found += [((ambiguity.id,), settled) for ambiguity in policy.ambiguities if ambiguity.holds_in]
    return tuple((requirement, claim) for requirements, claim in found for requirement in requirements)


def claims_of_suites(suites: Iterable[Mapping[str, object]]) -> tuple[tuple[str, Claim], ...]:
    """Return (requirement, claim) for every expectation that names itself and its requirements."""
    found = []
    for suite in suites:
        for expectation in _list(suite.get("expectations")):
            meta = expectation.get("meta") if isinstance(expectation, Mapping) else None
            if isinstance(meta, Mapping) and isinstance(meta.get("id"), str):
                claim = Claim(by="expectation", name=str(meta["id"]))
                found += [(str(requirement), claim) for requirement in _list(meta.get("requirements"))]
    return tuple(found)


def claims_of_rules(rules: Sequence[Rule]) -> tuple[tuple[str, Claim], ...]:
    """Return (requirement, claim) for every rule in the code."""
    return tuple(
        (requirement, Claim(by=rule.by, name=rule.name.removeprefix("primum.")))
        for rule in rules
        for requirement in rule.requirements
    )


def unknown_ids(
    *, catalogue: Catalogue, policy: Policy, suites: Iterable[Mapping[str, object]] = ()
) -> tuple[str, ...]:
    """Return the ids that a policy or a suite cites and the catalogue does not have."""
    cited = (*claims_of_policy(policy), *claims_of_suites(suites))
    return tuple(sorted({requirement for requirement, _ in cited} - catalogue.ids))


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()
