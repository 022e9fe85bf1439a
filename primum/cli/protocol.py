"""Commands on a protocol: lock, amend, show, checklist."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson

if TYPE_CHECKING:
    from primum.roadmap.locking import Change

app = typer.Typer(help="Fix the question of a pilot before its first outcome is read.", no_args_is_help=True)

RolloutId = Annotated[str, typer.Argument(help="Rollout id.", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="Why, such as the minute that approved it.", show_default=False)]
HowOn = Annotated[
    Literal["restart", "by-version"],
    typer.Option("--then", help="Begin the trial again, or go on and tell the versions apart.", show_default=False),
]


@app.command("lock")
def lock(rollout: RolloutId, person: AsPerson, reason: Reason) -> None:
    """Sign the protocol as its file says it now; what is read before does not count."""
    _sign(rollout, person, reason, change="lock")


@app.command("amend")
def amend(rollout: RolloutId, person: AsPerson, reason: Reason, then: HowOn) -> None:
    """Sign a changed protocol as a new version."""
    _sign(rollout, person, reason, change=then)


def _sign(rollout: str, person: str, reason: str, *, change: "Change") -> None:
    from primum.actions import protocol_lock

    place = entrance.workplace()
    submission = entrance.submission_of(rollout, place)
    made = protocol_lock.lock(
        submission=submission,
        person=submission.person(person),
        reason=reason,
        change=change,
        channel="cli",
        authentication="local account of the machine",
        zone=entrance.zone(),
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(
        f"Version {made.version} of the protocol of {rollout} is locked as {made.digest[:19]}.",
        f"The criteria it is judged by are {made.criteria_digest[:19]}.",
    )


@app.command("show")
def show(rollout: RolloutId, as_json: AsJson = False) -> None:
    """Show every locked version with its signature, and whether the file still says the same."""
    from primum.actions import protocol_lock

    place = entrance.workplace()
    versions = protocol_lock.locked_versions(rollout=rollout, workplace=place)
    protocol = entrance.submission_of(rollout, place).rollout.protocol
    now = protocol.digest if protocol else ""
    if as_json:
        rows = [row.model_dump(exclude={"salt", "content"}) for row in versions]
        entrance.show_json({"now": now, "locked": bool(versions) and versions[-1].digest == now, "versions": rows})
        return
    entrance.show_table(
        "Protocol",
        ("version", "change", "digest", "signed by", "as", "when", "reason"),
        [
            (
                str(row.version),
                row.change,
                row.digest[:19],
                row.printed_name,
                row.roles,
                f"{row.at:%Y-%m-%d %H:%M}",
                row.reason,
            )
            for row in versions
        ],
    )
    same = bool(versions) and versions[-1].digest == now
    entrance.say("The file says the same." if same else f"The file says {now[:19] or 'nothing'}, which is not locked.")


@app.command("checklist")
def checklist(file: entrance.RolloutFile, as_json: AsJson = False) -> None:
    """Fill SPIRIT-AI from the rollout's files, and list what is missing."""
    from dataclasses import asdict

    from primum.actions.submission import read_submission
    from primum.roadmap.checklist import spirit_ai

    entrance.settings()
    items = spirit_ai(read_submission(file).rollout)
    absent = [item for item in items if item.missing]
    if as_json:
        entrance.show_json({"items": [asdict(item) for item in items], "missing": [item.id for item in absent]})
        return
    rows = [(item.id, item.asks, item.said or "missing") for item in items]
    entrance.show_table("SPIRIT-AI", ("item", "asks", "this rollout says"), rows)
    entrance.say(f"{len(items) - len(absent)} of {len(items)} items are filled; {len(absent)} are missing.")
