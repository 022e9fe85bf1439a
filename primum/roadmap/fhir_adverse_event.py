"""
An incident as a FHIR AdverseEvent, R4 (4.0.1) and R5 (5.0.0), and a check against the published structure.

The subject is required by both releases and refers to nobody: it has a display and neither reference nor identifier.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from primum.roadmap.incidents import Category, Causality, Harm, Severity
from primum.roadmap.told_incident import ToldIncident

Release = Literal["R4", "R5"]
TERMS = "http://terminology.hl7.org/CodeSystem"
CATEGORY, SERIOUSNESS, SEVERITY = (f"{TERMS}/adverse-event-{one}" for one in ("category", "seriousness", "severity"))
OUTCOME, CAUSALITY = (f"{TERMS}/adverse-event-{one}" for one in ("outcome", "causality-assess"))
OURS = "urn:primum:incident-category"
NOBODY = {"type": "Patient", "display": "One patient, who is not identified here"}

CATEGORIES = {
    Category.USE: "medical-device-use-error",
    Category.AVAILABILITY: "product-problem",
    Category.PRIVACY: "product-problem",
}
SEVERITIES = {
    Severity.MINOR: "mild",
    Severity.MODERATE: "moderate",
    Severity.SERIOUS: "severe",
    Severity.DEATH: "severe",
}
OUTCOMES = {
    Harm.NONE: "resolved",
    Harm.TEMPORARY: "resolved",
    Harm.PERMANENT: "resolvedWithSequelae",
    Harm.DEATH: "fatal",
}
CAUSALITIES = {
    Causality.CERTAIN: "Certain",
    Causality.PROBABLE: "Probably-Likely",
    Causality.POSSIBLE: "Possible",
    Causality.UNLIKELY: "Unlikely",
    Causality.CONDITIONAL: "Conditional-Classified",
    Causality.UNASSESSABLE: "Unassessable-Unclassifiable",
}


def adverse_event(told: ToldIncident, *, release: Release) -> dict[str, Any]:
    """Return an incident as the JSON of an AdverseEvent of one release, which others can read (P4.5, V33)."""
    return {**_common(told, release), **(_as_r4(told) if release == "R4" else _as_r5(told))}


def _common(told: ToldIncident, release: Release) -> dict[str, Any]:
    serious = "Serious" if told.severity in {Severity.SERIOUS, Severity.DEATH} else "Non-serious"
    category = _coded(CATEGORY, CATEGORIES.get(told.category, "product-problem"))
    own = {"system": OURS, "code": str(told.category)}
    return {
        "resourceType": "AdverseEvent",
        "contained": [_device(told, release), {"resourceType": "Location", "id": "site", "name": told.site}],
        "actuality": "actual" if told.is_actual else "potential",
        "category": [category, {"coding": [own]}],
        "subject": dict(NOBODY),
        "detected": _instant(told.reported_at),
        "recordedDate": _instant(told.reported_at),
        "location": {"reference": "#site"},
        "seriousness": _coded(SERIOUSNESS, serious),
    }


def _as_r4(told: ToldIncident) -> dict[str, Any]:
    suspect: dict[str, Any] = {"instance": {"reference": "#product"}}
    if told.causality:
        suspect["causality"] = [{"assessment": _coded(CAUSALITY, CAUSALITIES[told.causality])}]
    found = {
        "identifier": {"system": "urn:primum:incident", "value": told.id},
        "event": {"text": _event(told)},
        "date": _instant(told.occurred_at),
        "outcome": _coded(OUTCOME, OUTCOMES.get(told.harm, "unknown")),
        "suspectEntity": [suspect],
    }
    severity = SEVERITIES.get(told.severity)
    return found | ({"severity": _coded(SEVERITY, severity)} if severity else {})


def _as_r5(told: ToldIncident) -> dict[str, Any]:
    suspect: dict[str, Any] = {"instanceReference": {"reference": "#product"}}
    if told.causality:
        suspect["causality"] = {"entityRelatedness": _coded(CAUSALITY, CAUSALITIES[told.causality])}
    found = {
        "identifier": [{"system": "urn:primum:incident", "value": told.id}],
        "status": "completed" if told.closed_at else "in-progress",
        "code": {"text": _event(told)},
        "occurrenceDateTime": _instant(told.occurred_at),
        "outcome": [_coded(OUTCOME, OUTCOMES.get(told.harm, "unknown"))],
        "suspectEntity": [suspect],
    }
    done = {"itemCodeableConcept": {"text": "The rollout was suspended: standard care."}}
    return found | ({"mitigatingAction": [done]} if told.suspended else {})


def _device(told: ToldIncident, release: Release) -> dict[str, Any]:
    name, version = told.model.get("name", ""), told.model.get("version", "")
    named = (
        {"deviceName": [{"name": name, "type": "model-name"}]}
        if release == "R4"
        else {"name": [{"value": name, "type": "registered-name"}]}
    )
    return {
        "resourceType": "Device",
        "id": "product",
        "manufacturer": told.model.get("provider", ""),
        **named,
        "version": [{"value": version}],
    }


def _event(told: ToldIncident) -> str:
    return f"{str(told.category).replace('-', ' ')}: {told.title}"


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


# -- the published structure -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Element:
    """One element of the resource: how often, and of which kind."""

    least: int
    many: bool
    kind: str


def _elements(table: str) -> Mapping[str, Element]:
    rows = (line.split() for line in table.strip().splitlines())
    return {name: Element(least=int(often[0]), many=often.endswith("*"), kind=kind) for name, often, kind in rows}


# hl7.org/fhir/R4/adverseevent.html and hl7.org/fhir/R5/adverseevent.html, structure and terminology bindings.
STRUCTURES: Mapping[Release, Mapping[str, Element]] = {
    "R4": _elements("""
        identifier 0..1 Identifier
        actuality 1..1 actuality
        category 0..* CodeableConcept
        event 0..1 CodeableConcept
        subject 1..1 Reference
        encounter 0..1 Reference
        date 0..1 dateTime
        detected 0..1 dateTime
        recordedDate 0..1 dateTime
        resultingCondition 0..* Reference
        location 0..1 Reference
        seriousness 0..1 CodeableConcept
        severity 0..1 CodeableConcept
        outcome 0..1 CodeableConcept
        recorder 0..1 Reference
        contributor 0..* Reference
        suspectEntity 0..* suspect
        subjectMedicalHistory 0..* Reference
        referenceDocument 0..* Reference
        study 0..* Reference
    """),
    "R5": _elements("""
        identifier 0..* Identifier
        status 1..1 status
        actuality 1..1 actuality
        category 0..* CodeableConcept
        code 0..1 CodeableConcept
        subject 1..1 Reference
        encounter 0..1 Reference
        occurrenceDateTime 0..1 dateTime
        occurrencePeriod 0..1 Period
        occurrenceTiming 0..1 Timing
        detected 0..1 dateTime
        recordedDate 0..1 dateTime
        resultingEffect 0..* Reference
        location 0..1 Reference
        seriousness 0..1 CodeableConcept
        outcome 0..* CodeableConcept
        recorder 0..1 Reference
        participant 0..* BackboneElement
        study 0..* Reference
        expectedInResearchStudy 0..1 boolean
        suspectEntity 0..* suspect
        contributingFactor 0..* BackboneElement
        preventiveAction 0..* BackboneElement
        mitigatingAction 0..* BackboneElement
        supportingInfo 0..* BackboneElement
        note 0..* Annotation
    """),
}
OF_EVERY_RESOURCE = frozenset(
    {"resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension"}
)
CODES: Mapping[str, frozenset[str]] = {
    "status": frozenset({"in-progress", "completed", "entered-in-error", "unknown"}),
    "actuality": frozenset({"actual", "potential"}),
    SERIOUSNESS: frozenset({"Non-serious", "Serious"}),
    SEVERITY: frozenset({"mild", "moderate", "severe"}),
    OUTCOME: frozenset({"resolved", "recovering", "ongoing", "resolvedWithSequelae", "fatal", "unknown"}),
    CAUSALITY: frozenset(CAUSALITIES.values()),
    CATEGORY: frozenset(
        {"product-problem", "product-quality", "product-use-error", "wrong-dose", "incorrect-prescribing-information"}
        | {"wrong-technique", "wrong-route-of-administration", "wrong-rate", "wrong-duration", "wrong-time"}
        | {"expired-drug", "medical-device-use-error", "problem-different-manufacturer", "unsafe-physical-environment"}
    ),
}
MOMENT = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?")
SUSPECT: Mapping[Release, tuple[frozenset[str], frozenset[str]]] = {
    "R4": (frozenset({"instance"}), frozenset({"assessment", "productRelatedness", "author", "method"})),
    "R5": (
        frozenset({"instanceReference", "instanceCodeableConcept"}),
        frozenset({"assessmentMethod", "entityRelatedness", "author"}),
    ),
}


def problems(resource: Mapping[str, Any], *, release: Release) -> tuple[str, ...]:
    """Return what in a resource is not as the release publishes it, one sentence each; nothing if it is sound."""
    return tuple(_problems(resource, release))


def _problems(resource: Mapping[str, Any], release: Release) -> Iterator[str]:
    structure = STRUCTURES[release]
    if resource.get("resourceType") != "AdverseEvent":
        yield "The resource is no AdverseEvent."
    for name in resource:
        if name not in structure and name not in OF_EVERY_RESOURCE:
            yield f"{release} has no element '{name}'."
    for name, element in structure.items():
        value = resource.get(name)
        if value is None:
            if element.least:
                yield f"{release} requires '{name}'."
            continue
        if isinstance(value, list) != element.many:
            yield f"'{name}' {'repeats' if element.many else 'stands once'} in {release}."
            continue
        for one in value if element.many else [value]:
            yield from _of_kind(one, name, element.kind, resource, release)


def _of_kind(value: Any, name: str, kind: str, resource: Mapping[str, Any], release: Release) -> Iterator[str]:  # noqa: ANN401 -- any JSON value is checked here
    if kind in CODES and value not in CODES[kind]:
        yield f"'{value}' is no code of '{name}'."
    elif kind == "dateTime" and not (isinstance(value, str) and MOMENT.fullmatch(value)):
        yield f"'{name}' is no dateTime."
    elif kind == "CodeableConcept":
        yield from _coding(value, name)
    elif kind == "Reference":
        yield from _reference(value, name, resource)
    elif kind == "suspect":
        yield from _suspect(value, resource, release)


def _coding(value: Mapping[str, Any], name: str) -> Iterator[str]:
    if not value.get("coding") and not value.get("text"):
        yield f"'{name}' has neither a coding nor a text."
    for coding in value.get("coding", ()):
        known = CODES.get(coding.get("system", ""))
        if not coding.get("system") or not coding.get("code"):
            yield f"A coding of '{name}' names its system and its code."
        elif known is not None and coding["code"] not in known:
            yield f"'{coding['code']}' is no code of {coding['system']}."


def _reference(value: Mapping[str, Any], name: str, resource: Mapping[str, Any]) -> Iterator[str]:
    if not {"reference", "identifier", "display"} & set(value):
        yield f"'{name}' has neither reference, identifier nor display."
    target = str(value.get("reference", ""))
    if target.startswith("#") and target[1:] not in {one.get("id") for one in resource.get("contained", ())}:
        yield f"'{name}' refers to {target}, which is not contained."
    if name == "subject" and {"reference", "identifier"} & set(value):
        yield "The subject points at a patient; it has a display alone."


def _suspect(value: Mapping[str, Any], resource: Mapping[str, Any], release: Release) -> Iterator[str]:
    instances, parts = SUSPECT[release]
    here = instances & set(value)
    if len(here) != 1:
        yield f"A suspect entity of {release} has one of {', '.join(sorted(instances))}."
    for name in here:
        if name != "instanceCodeableConcept":
            yield from _reference(value[name], f"suspectEntity.{name}", resource)
    told = value.get("causality", [] if release == "R4" else {})
    if isinstance(told, list) != (release == "R4"):
        yield f"'suspectEntity.causality' {'repeats' if release == 'R4' else 'stands once'} in {release}."
        return
    for one in told if isinstance(told, list) else [told]:
        for name in set(one) - parts:
            yield f"{release} has no element 'suspectEntity.causality.{name}'."
        for name in set(one) & {"assessment", "method", "assessmentMethod", "entityRelatedness"}:
            yield from _coding(one[name], f"suspectEntity.causality.{name}")
