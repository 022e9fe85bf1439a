"""The command ``primum plan power``: how large a pilot must be, how long it takes, and whether that can be had."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, RolloutFile
from primum.cli.naming import UsualUnlessNamed
from primum.cli.outcomes import ExitCode
from primum.cli.rollouts import plan

if TYPE_CHECKING:
    from primum.actions.power_plan import PowerPlan

app = typer.Typer(
    cls=UsualUnlessNamed,
    help="Show what a run would find (`plan FILE`), or how large a pilot must be (`plan power FILE`).",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("usual", short_help="Show what a run would find, changing nothing.")(plan)


@app.command("power")
def power(
    file: RolloutFile,
    as_json: AsJson = False,
    figure: Annotated[Path | None, typer.Option("--figure", help="Also write the power curve here, as SVG.")] = None,
) -> None:
    """Say how many units the pilot, its groups and its critical conditions need, and whether they can be had."""
    from primum.actions.power_plan import figure_of, plan_power

    entrance.settings()
    found = plan_power(path=file)
    if figure:
        figure.write_text(figure_of(path=file).svg, encoding="utf-8")
    if as_json:
        entrance.show_json(found.plain())
    else:
        _show(found)
    if not found.reachable:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


def _show(found: "PowerPlan") -> None:
    size = found.size
    clusters = f", {size.clusters:,} clusters" if size.clusters is not None else ""
    entrance.say(
        f"{found.rollout}: {size.largest:,} {found.unit}s in both arms together{clusters} "
        f"({size.per_arm[0]:,} and {size.per_arm[1]:,}); {size.fixed:,} without looks.",
        f"Formula: {size.formula}; inflation by looks {size.inflation:.4f}, design effect {size.design_effect:.2f}.",
        f"Planned: {size.planned:,}, power {100 * size.power:.1f}%; on average {size.expected_h1:,} are enough if "
        f"what is hoped for is so, {size.expected_h0:,} if there is no effect.",
        f"Sites: {found.sites}, {found.volume:,} {found.unit}s a month; the stage has {found.months or 'no'} months.",
        f"It ends after {_months(found.expected.months)} on average, {_months(found.latest.months)} at the latest.",
    )
    _show_looks(found)
    _show_needs(found)
    entrance.say(found.verdict)


def _show_looks(found: "PowerPlan") -> None:
    rows = [
        (
            str(look.number),
            f"{look.at:,} ({100 * look.fraction:.1f}%)",
            f"{look.boundary:.4f}",
            "" if look.futility is None else f"{look.futility:.4f}",
            f"{look.alpha_spent:.6f}",
            f"{100 * look.stops_h1:.1f}%",
        )
        for look in found.size.looks
    ]
    if rows:
        columns = ("look", "at", "boundary z", "futility z", "alpha spent", "ends here if as hoped")
        entrance.show_table("Looks", columns, rows)


def _show_needs(found: "PowerPlan") -> None:
    rows = [
        (
            one.need.name,
            "never" if one.need.of_it is None else f"{one.need.of_it:,} {one.need.kind}",
            "" if one.need.of_all is None else f"{one.need.of_all:,}",
            _months(one.reach.months) if one.reach else "",
            one.need.words,
        )
        for one in found.asked
    ]
    if rows:
        entrance.show_table("Groups and conditions", ("what", "needs", "of all", "takes", "so that"), rows)


def _months(months: int | None) -> str:
    return "never" if months is None else f"{months:,} {'month' if months == 1 else 'months'}"
