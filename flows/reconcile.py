"""What no run is doing although our tables say that it must happen."""

from prefect import flow

from tasks import changing, promotion, upkeep


@flow(name="reconcile", persist_result=False)
def reconcile() -> None:
    """Every five minutes: begin again what was lost, expire what is over, promote what was granted."""
    upkeep.expire_gates_that_are_due()
    upkeep.begin_lost_runs_again()
    upkeep.promote_granted_gates()
    promotion.begin_entered_stages()
    changing.begin_those_whose_turn_has_come()
