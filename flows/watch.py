"""What is watched while rollouts are in use, and when their approval is asked for again."""

from prefect import flow

from tasks import watching


@flow(name="watch", persist_result=False)
def watch() -> None:
    """Every hour: let monitors read that are due, walk back what failed or ran out, begin reviews that are due."""
    watching.let_monitors_read()
    watching.walk_back_what_failed()
    watching.end_approvals_that_ran_out()
    watching.begin_reviews_that_are_due()
