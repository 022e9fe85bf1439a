"""What is missing or odd in a rollout's files, said before anything runs. Pure: files are looked at elsewhere."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.designs import design_finding
from primum.roadmap.evaluations import DocumentFacts
from primum.roadmap.freshness import document_findings, why_stale
from primum.roadmap.model_card import gaps_in_card
from primum.roadmap.people import Person
from primum.roadmap.policy import Criterion, Policy
from primum.roadmap.protocol import Protocol
from primum.roadmap.randomised_units import as_asked, shares_cases
from primum.roadmap.rollout import Document, Evidence, Rollout
from primum.roadmap.seats import Seat, binds, matching, required_seats, why_not_sit
from primum.roadmap.stages import GATE_OF, Stage
from primum.roadmap.uses import Modality, ModelClass, Purpose
from primum.roadmap.verdicts import BINDING, Outcome

MODEL_CARD = "model-card"
DIAGNOSTIC = frozenset(
    {Purpose.IMAGE_INTERPRETATION, Purpose.DIFFERENTIAL_DIAGNOSIS, Purpose.FLAGGING_FINDINGS, Purpose.TRIAGE}
)


def remarks(
    *, rollout: Rollout, policy: Policy, people: Sequence[Person], stage: Stage, at: datetime
) -> tuple[str, ...]:
    """Return one sentence for each thing that is missing or odd before the gate of a stage."""
    return (
        *on_use(rollout),
        *on_people(rollout=rollout, people=people),
        *on_tables(rollout=rollout, policy=policy, at=at),
        *on_protocol(rollout=rollout, policy=policy, stage=stage),
        *on_criteria(rollout=rollout, policy=policy, stage=stage),
        *on_documents(rollout=rollout, policy=policy, stage=stage, at=at),
        *on_seats(rollout=rollout, policy=policy, people=people, stage=stage, at=at),
    )


def on_use(rollout: Rollout) -> Iterator[str]:
    """Yield what is odd about the model and its use (D4, P2.5)."""
    model, use = rollout.model, rollout.use
    text_only = set(model.modalities) == {Modality.TEXT}
    if text_only and model.model_class is not ModelClass.LLM:
        yield f"The model reads text only and is classed {model.model_class}; such a model is an LLM (D4)."
    if model.model_class is ModelClass.LLM and not text_only:
        yield f"The model is classed LLM and reads {', '.join(model.modalities)}; an LLM reads text only (D4)."
    if use.purpose in DIAGNOSTIC and not use.critical_conditions and rollout.kind == "rollout":
        yield "`use.critical_conditions` is empty, so no sensitivity above 95 % is asked for (P2.5); is that meant?"
    if not model.endpoint and not model.weights_digest:
        yield "The model has neither `endpoint` nor `weights_digest`; nobody can tell which model was meant."


def on_people(*, rollout: Rollout, people: Sequence[Person]) -> Iterator[str]:
    """Yield every id in the rollout that is nobody in the people file."""
    known = [person.id for person in people]
    named = [(evidence.author, f"author of table '{evidence.name}'") for evidence in rollout.evidence]
    named += [(document.author, f"author of '{document.title}'") for document in rollout.documents]
    named += [(approver, "approver of the tier") for approver in (rollout.tier.approvers if rollout.tier else ())]
    for id_, part in named:
        if id_ not in known:
            yield f"'{id_}', {part}, is nobody in {rollout.people}{_nearest(id_, known)}."


def on_tables(*, rollout: Rollout, policy: Policy, at: datetime) -> Iterator[str]:
    """Yield what is missing or odd in the mapping of each table, and which tables are too old."""
    for evidence in rollout.evidence:
        yield from _on_columns(evidence, _wanted(evidence, rollout, policy))
        if stale := why_stale(evidence=evidence, policy=policy, at=at, replay=rollout.kind == "replay"):
            yield stale


def _wanted(evidence: Evidence, rollout: Rollout, policy: Policy) -> tuple[str, ...]:
    needed = CONTRACTS[evidence.kind].needed({*rollout.declares, rollout.use.mode})
    wanted = tuple(column.name for column in needed)
    if evidence.kind == "trial" and rollout.protocol:
        wanted += (rollout.protocol.primary.event, *(endpoint.event for endpoint in rollout.protocol.safety))
    held = (one for one in _bound(rollout, policy) if one.level in BINDING and one.evidence == evidence.kind)
    named = (one.parameters.get("column") for one in held)
    return wanted + tuple(column for column in named if column)


def _on_columns(evidence: Evidence, wanted: Iterable[str]) -> Iterator[str]:
    mapped = list(evidence.columns)
    for column in dict.fromkeys(wanted):
        if column not in mapped:
            yield f"Table '{evidence.name}' maps no column to `{column}`, which is needed."
    contract = CONTRACTS[evidence.kind]
    for column in mapped:
        if meant := contract.meant_by(column):
            yield f"Column `{column}` of table '{evidence.name}' is not in the contract; perhaps '{meant}' is meant."
        elif not contract.free and column not in contract.by_name:
            yield f"Column `{column}` of table '{evidence.name}' is not in the contract of '{evidence.kind}'."
    for column in evidence.subgroups:
        if column not in mapped:
            yield f"Subgroup `{column}` of table '{evidence.name}' is no mapped column{_nearest(column, mapped)}."
    for column in evidence.values:
        if column not in mapped:
            yield f"`values.{column}` of table '{evidence.name}' is for no mapped column{_nearest(column, mapped)}."


def on_protocol(*, rollout: Rollout, policy: Policy, stage: Stage) -> Iterator[str]:
    """Yield what is missing or odd in the protocol (P2.1, P2.3, P2.7-P2.9, R2.2)."""
    protocol = rollout.protocol
    finding = design_finding(policy=policy, rollout=rollout, gate=GATE_OF[Stage.PILOT])
    if finding and finding.outcome is not Outcome.PASS and (protocol or stage is Stage.PILOT):
        yield finding.sentence
    if protocol is None:
        return
    yield from _on_looks(protocol)
    if protocol.locked_at is None and rollout.kind == "rollout":
        yield "`protocol.locked_at` is not set; `primum protocol lock` fixes it before the first outcome (P2.3)."
    if not protocol.safety:
        yield "The protocol has no safety endpoint, so harm cannot be compared between the arms (P2.0)."


def _on_looks(protocol: Protocol) -> Iterator[str]:
    planned = [look.at for look in protocol.looks]
    if shares_cases(protocol) and (planned or protocol.spending != "none"):
        yield "A crossed reader study is analysed once, at its end; take `looks` and `spending` out of its protocol."
    if planned != sorted(set(planned)):
        yield f"The looks at {', '.join(map(str, planned))} do not rise from one to the next."
    if planned and planned[-1] > protocol.planned_units:
        yield f"The last look is at {planned[-1]} units, and {protocol.planned_units} are planned."
    if planned and protocol.spending == "none":
        yield "Looks are planned and no `spending` is declared; each look would be charged in full."


def on_criteria(*, rollout: Rollout, policy: Policy, stage: Stage) -> Iterator[str]:
    """Yield each table that a binding criterion needs at the gate of a stage and nobody declared."""
    gate = GATE_OF[stage]
    kinds = {evidence.kind for evidence in rollout.evidence if stage in evidence.stages}
    needed: dict[str, list[str]] = {}
    for criterion in _bound(rollout, policy):
        asked = as_asked(criterion, rollout.protocol).evidence
        if gate in criterion.gates and criterion.level in BINDING and asked not in kinds:
            needed.setdefault(asked, []).append(criterion.title)
    for kind, titles in needed.items():
        yield f"Gate {gate} needs a table of kind '{kind}' for stage {stage}, for: {'; '.join(titles)}."
    if not any(gate in criterion.gates for criterion in policy.criteria):
        yield f"Policy {policy.id} measures nothing at gate {gate}."


def _bound(rollout: Rollout, policy: Policy) -> tuple[Criterion, ...]:
    return tuple(one for one in policy.criteria if binds(applies=one.applies, rollout=rollout))


def on_documents(*, rollout: Rollout, policy: Policy, stage: Stage, at: datetime) -> Iterator[str]:
    """Yield each document that is missing, not in force or asked for nowhere, and what the model card lacks."""
    facts = tuple(_facts(document) for document in rollout.documents)
    found = document_findings(policy=policy, rollout=rollout, gate=GATE_OF[stage], documents=facts, at=at)
    yield from (finding.sentence for finding in found if finding.outcome is not Outcome.PASS)
    known = [rule.kind for rule in policy.documents]
    if MODEL_CARD in known:
        yield from gaps_in_card(rollout)
    for document in rollout.documents:
        if document.kind not in known:
            yield f"Policy {policy.id} asks for no document of kind '{document.kind}'{_nearest(document.kind, known)}."


def _facts(document: Document) -> DocumentFacts:
    return DocumentFacts(
        kind=document.kind,
        title=document.title,
        digest="",
        author=document.author,
        issued_on=document.issued_on.isoformat(),
        expires_on=document.expires_on.isoformat() if document.expires_on else None,
    )


def on_seats(
    *, rollout: Rollout, policy: Policy, people: Sequence[Person], stage: Stage, at: datetime
) -> Iterator[str]:
    """Yield each seat of a gate that nobody can take, and those that lack a person of their own (N4)."""
    gate = GATE_OF[stage]
    seats = required_seats(policy=policy, rollout=rollout, gate=gate)
    able = {
        person.id: frozenset(seat.role for seat in seats if _may_sit(person, seat, seats, rollout, at))
        for person in people
    }
    seated = matching(seats=seats, candidates=able)
    for seat in (seat for index, seat in enumerate(seats) if index not in seated):
        names = [person.name for person in people if seat.role in able[person.id]]
        outside = " from another organisation" if seat.other_organisation else ""
        if names:
            yield f"Seat {seat.role} at {gate} has nobody of its own: {', '.join(names)} sits elsewhere (N4)."
        else:
            yield f"Nobody in {rollout.people} can take the seat {seat.role}{outside} at {gate} today."


def _may_sit(person: Person, seat: Seat, seats: Sequence[Seat], rollout: Rollout, at: datetime) -> bool:
    authors = frozenset(evidence.author for evidence in rollout.evidence)
    reason = why_not_sit(
        person=person, role=seat.role, rollout=rollout, seats=seats, requested_by="", authors=authors, at=at
    )
    return reason is None


def _nearest(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; perhaps '{near[0]}' is meant" if near else ""
