"""The gate page: one HTML file that a clinical lead reads on a telephone."""

from collections.abc import Callable, Sequence

from primum.integrations.figures import Figure
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.gates import MEANING, GateState
from primum.roadmap.policy import Policy
from primum.roadmap.suppression import publishable
from primum.web.findings import (
    SOURCES,
    criteria_of,
    documents_of,
    other_checks_of,
    reasons_of,
    tables_of,
    verdict_sentence,
)
from primum.web.marks import moment, state_mark
from primum.web.rendering import figure_view, rendered
from primum.web.views import FactView, GatePage, GateView


def render(*, evaluation: Evaluation, gate: GateView, policy: Policy, figures: Sequence[Figure] = ()) -> str:
    """
    Return the gate page as one self-contained HTML file.

    Cells under the policy's smallest are emptied here too, whoever calls (P9).
    """
    return rendered("gate.html", page=page_of(evaluation=evaluation, gate=gate, policy=policy, figures=figures))


def page_of(
    *,
    evaluation: Evaluation,
    gate: GateView,
    policy: Policy,
    figures: Sequence[Figure] = (),
    say: Callable[[str], str] = moment,
) -> GatePage:
    """Return everything on the gate page as plain strings; ``say`` puts an ISO 8601 moment into words."""
    outside = publishable(evaluation, smallest_cell=policy.smallest_cell)
    mark, documents = state_mark(gate.state), documents_of(outside)
    return GatePage(
        view=gate,
        heading=f"{gate.title}: gate {gate.name} {_state_in_heading(gate.state)}",
        state=mark,
        state_words=MEANING.get(GateState(gate.state), "") if gate.state in set(GateState) else "",
        verdict=verdict_sentence(outside.verdict),
        reasons=reasons_of(outside.verdict),
        criteria=criteria_of(outside.verdict, policy=policy),
        figures=tuple(figure_view(figure) for figure in figures),
        tables=tables_of(outside.tables, checks=outside.data_checks),
        documents=tuple(one for one in documents if one.mark.kind != "pass"),
        documents_in_force=tuple(one for one in documents if one.mark.kind == "pass"),
        checks=other_checks_of(outside),
        facts=(*_facts(outside, gate, say), *_sources(policy)),
    )


def _state_in_heading(state: str) -> str:
    return f"is {state_mark(state).word.lower()}"


def _facts(evaluation: Evaluation, gate: GateView, say: Callable[[str], str]) -> tuple[FactView, ...]:
    """Return what the page can be checked by."""
    facts = [
        FactView(name="Evidence digest to sign", value=gate.digest, code=True),
        FactView(name="Release bundle", value=evaluation.bundle_digest, code=True),
        FactView(name="Policy", value=f"{evaluation.policy_id} {evaluation.policy_digest}", code=True),
        FactView(name="MLflow run", value=gate.run_id, code=True),
        FactView(name="MLflow experiment", value=gate.experiment, code=True),
        FactView(name="Analysis version", value=evaluation.analysis_version, code=True),
        *(
            FactView(name=f"Suites of {one.evidence}", value=one.suite_digest, code=True)
            for one in evaluation.data_checks
        ),
        FactView(name="Evaluated", value=say(evaluation.at)),
        FactView(name="Gate opened", value=gate.opened),
        FactView(name="Gate open until", value=gate.expires),
    ]
    return tuple(fact for fact in facts if fact.value.strip())


def _sources(policy: Policy) -> tuple[FactView, ...]:
    """Return the titles behind the short names that the criteria cite."""
    return tuple(FactView(name=SOURCES[one.id].capitalize(), value=one.title) for one in policy.sources)
