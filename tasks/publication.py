"""Making a gate visible in Prefect: a table of what was found, a link, an event, the name of a run's end."""

from prefect.client.schemas.objects import State

from primum.actions import unfinished
from primum.actions.reporting import GateReport, gate_report
from primum.actions.resubmission import submitted
from primum.integrations import orchestrator_pages
from primum.roadmap.suppression import publishable
from tasks.entrance import at_work
from tasks.patience import patient


@patient(minutes=5)
def show(*, gate: str) -> GateReport:
    """Publish what a gate says, small cells emptied."""
    with at_work() as workplace:
        submission = submitted(rollout=unfinished.rollout_of(gate), workplace=workplace)
        report = gate_report(gate=gate, submission=submission, workplace=workplace)
        outside = publishable(report.evaluation, smallest_cell=submission.policy.smallest_cell)
        orchestrator_pages.show_verdict(
            gate=gate, rollout=report.rollout, state=report.state, findings=outside.verdict.findings
        )
        pages = workplace.settings.tracking_pages
        if pages and report.tracking_run:
            orchestrator_pages.show_tracked_run(gate=gate, rollout=report.rollout, pages=pages, run=report.tracking_run)
        orchestrator_pages.announce(gate=gate, rollout=report.rollout, state=report.state, digest=report.digest)
    return report


def not_begun(*, rollout: str, reason: str) -> State[str]:
    """Return how a run ends whose rollout was moved to another stage before its turn came."""
    return orchestrator_pages.ended(name="not-begun", message=reason, result=rollout)


def end_of(report: GateReport) -> State[str]:
    """Return how a run ends: under the name of the gate's state, with the main reason, or that people said no."""
    return orchestrator_pages.ended(name=report.state, message=report.came_to, result=report.gate)
