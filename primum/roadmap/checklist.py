"""SPIRIT-AI (Cruz Rivera et al. 2020) filled from what a rollout says, and what is still missing."""

from collections.abc import Callable
from dataclasses import dataclass

from primum.roadmap.limitations import words_of
from primum.roadmap.protocol import Protocol
from primum.roadmap.rollout import Rollout


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of the checklist: what it asks in our words, and what the rollout says; empty if nothing."""

    id: str
    asks: str
    said: str

    @property
    def missing(self) -> bool:
        """True if the rollout says nothing of it."""
        return not self.said


def spirit_ai(rollout: Rollout) -> tuple[Item, ...]:
    """Return the items of SPIRIT-AI, and those of SPIRIT that a protocol here holds, in their order."""
    return tuple(Item(id=id_, asks=asks, said=said(rollout).strip()) for id_, asks, said in ITEMS)


def _protocol(say: Callable[[Protocol], str]) -> Callable[[Rollout], str]:
    return lambda rollout: say(rollout.protocol) if rollout.protocol else ""


def _documents(*kinds: str) -> Callable[[Rollout], str]:
    return lambda rollout: "; ".join(one.title for one in rollout.documents if one.kind in kinds)


def _pathway(rollout: Rollout) -> str:
    return f"{rollout.use.purpose} in {rollout.use.domain} care, {rollout.use.mode}. {rollout.use.human_decision}"


def _settings(rollout: Rollout) -> str:
    sites = rollout.protocol.sites if rollout.protocol else ()
    where = f"the service at {rollout.model.endpoint}" if rollout.model.endpoint else "weights held on site"
    return f"{len(sites)} sites; {where}" if sites else ""


def _inputs(rollout: Rollout) -> str:
    checked = [evidence.name for evidence in rollout.evidence if evidence.kind == "inputs"]
    return f"{', '.join(rollout.model.modalities)}; checked as {', '.join(checked)}" if checked else ""


def _poor_inputs(rollout: Rollout) -> str:
    limits = rollout.card.failure_modes
    return "; ".join(limits) if any(evidence.kind == "inputs" for evidence in rollout.evidence) else ""


def _size(protocol: Protocol) -> str:
    plan = protocol.planning
    if plan is None:
        return ""
    return (
        f"{protocol.planned_units:,} {protocol.unit}s; {plan.control} under control against {plan.intervention}, "
        f"power {plan.power}, one-sided alpha {protocol.alpha_one_sided}"
    )


def _sequence(protocol: Protocol) -> str:
    if not protocol.randomised:
        return ""
    if protocol.clusters:
        return f"{len(protocol.clusters)} clusters from a list, {protocol.ratio[0]}:{protocol.ratio[1]}"
    strata = f" within {', '.join(protocol.strata)}" if protocol.strata else ""
    return f"permuted blocks of {' and '.join(map(str, protocol.blocks))}{strata}, from a secret seed"


def _interim(protocol: Protocol) -> str:
    if protocol.spending == "none":
        return "no interim look is planned"
    looks = ", ".join(f"{at:,}" for at in protocol.planned_looks)
    harm = f"; {len(protocol.stopping)} safety boundaries" if protocol.stopping else ""
    return f"looks at {looks} {protocol.unit}s by {protocol.spending}{harm}"


def _missing_data(protocol: Protocol) -> str:
    plan = protocol.missing
    return f"{plan.primary}; sensitivity: {', '.join(plan.sensitivity) or 'none'}" if plan else ""


def _outcomes(protocol: Protocol) -> str:
    rest = "; ".join(endpoint.name for endpoint in (*protocol.safety, *protocol.equity))
    return f"primary: {protocol.primary.name}; others: {rest or 'none'}"


ITEMS: tuple[tuple[str, str, Callable[[Rollout], str]], ...] = (
    ("1(i)", "Title says that it is an AI, and of which kind", lambda r: f"{r.title} ({r.model.model_class})"),
    ("1(ii)", "Intended use", lambda r: f"{r.use.use_case}: {r.use.purpose}"),
    ("2a", "Registry and number", _protocol(lambda p: p.registration)),
    ("6a(i)", "Its place in the clinical pathway, its purpose and its users", _pathway),
    ("6a(ii)", "What is known of it already", _documents("evidence-review", "published-report", "benefit-risk")),
    ("7", "Question, and the margin with its reason", _protocol(lambda p: f"{p.question}. {p.margin_reason}")),
    ("8", "Design, arms and allocation ratio", _protocol(lambda p: f"{p.design}, {' against '.join(p.arms)}")),
    ("9", "What the sites need for it", _settings),
    ("10(i)", "Who may take part", _protocol(lambda p: p.estimand.population if p.estimand else "")),
    (
        "10(ii)",
        "Which input data may be used",
        lambda r: "; ".join((*r.use.out_of_scope, *map(words_of, r.card.limitations))),
    ),
    ("11a(i)", "Exact version of the model", lambda r: f"{r.model.name} {r.model.version} by {r.model.provider}"),
    ("11a(ii)", "How input data are acquired and selected", _inputs),
    ("11a(iii)", "What is done with poor or missing input data", _poor_inputs),
    ("11a(iv)", "Who handles the input data, with which training", _documents("training-record", "competency")),
    ("11a(v)", "What its output is", lambda r: r.card.architecture),
    ("11a(vi)", "How the output enters the decision", lambda r: r.use.human_decision),
    ("12", "Outcomes", _protocol(_outcomes)),
    ("14", "Sample size and its assumptions", _protocol(_size)),
    ("16a", "How the sequence is made", _protocol(_sequence)),
    ("20a", "Statistical methods, with the estimand", _protocol(lambda p: p.estimand.summary if p.estimand else "")),
    ("20b", "Subgroups", _protocol(lambda p: ", ".join(p.subgroups))),
    ("20c", "Missing data", _protocol(_missing_data)),
    ("21b", "Interim analyses and stopping", _protocol(_interim)),
    ("22", "How harm and performance errors are found and analysed", lambda r: "; ".join(r.card.failure_modes)),
    ("24", "Ethics approval", _documents("ethics-approval")),
    ("29", "Whether and how model and code can be had", _documents("vendor-disclosure")),
)
"""Item, what it asks in our own words, and what a rollout says of it."""
