"""The command ``primum rehearse``: how often each gate would open, be held or stop for harm, before anybody enrols."""

from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, RolloutFile
from primum.cli.outcomes import ExitCode
from primum.roadmap.truths import Truth

if TYPE_CHECKING:
    from primum.actions.rehearsal import Rehearsed

FEWEST, USUAL, MOST = 10, 1_000, 100_000


def rehearse(
    file: RolloutFile,
    truth: Annotated[Truth, typer.Option("--truth", help="What is taken for true.")] = Truth.BETTER,
    runs: Annotated[int, typer.Option("--runs", min=FEWEST, max=MOST, help="How many runs.")] = USUAL,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same runs.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Simulate a rollout under its own protocol and policy; nothing of it is evidence, and nothing is written."""
    from primum.actions.rehearsal import rehearse_gates
    from primum.cli.progress import watched

    entrance.settings()
    with watched() as show:
        gates = rehearse_gates(
            path=file, truth=truth, runs=runs, seed=seed, progress=lambda done: show(f"{truth} truth", done, runs)
        )
    if as_json:
        entrance.show_json({"truth": truth, "runs": runs, "seed": seed, "gates": [told.plain() for told in gates]})
    else:
        for told in gates:
            _show(told)
        entrance.say(gates[-1].note)
    if any(told.keeps is False for told in gates):
        entrance.leave(ExitCode.GATE_NOT_PASSED)


def _show(told: "Rehearsed") -> None:
    outlook = told.outlook
    entrance.say(
        f"{told.rollout}, gate {told.gate}, {told.runs:,} simulated runs; the truth is {told.truth} (seed {told.seed})."
    )
    rows = []
    for ending, share in outlook.endings.items():
        ends = f"{100 * share.interval.lower:.1f}% to {100 * share.interval.upper:.1f}%"
        when = ", ".join(f"{times:,}" for times in outlook.by_look[ending])
        rows.append((str(ending), f"{share.times:,}", f"{100 * share.value:.1f}%", ends, when))
    entrance.show_table("How the runs ended", ("ending", "runs", "share", "95% interval", "at look 1, 2, ..."), rows)
    months = ", ".join("never" if month is None else str(month) for month in told.months)
    entrance.say(
        f"Looks at {', '.join(f'{at:,}' for at in told.looks)} units, in month {months}; "
        f"{outlook.mean_units:,.0f} units on average.",
        f"Asked at each look: {', '.join(told.checks)}.",
    )
    if outlook.held_by:
        held = ", ".join(f"{check} in {times:,}" for check, times in outlook.held_by.items())
        entrance.say(f"What held the gate at the last look: {held}.")
    if told.allowed is not None:
        words = "keeps to it" if told.keeps else "opens more often than that"
        entrance.say(f"By its error the gate may open in {100 * told.allowed:g}% of such runs; it {words}.")
