"""Commands on monitors: what is watched and how it stands, counts reported, a tick by hand, alarms acknowledged."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.outcomes import ExitCode
from primum.cli.signing import one_of

if TYPE_CHECKING:
    from primum.actions.workplace import Workplace
    from primum.evidence.watching.stored import CountsLine

app = typer.Typer(help="Watch a rollout in use: monitors, their counts, their alarms.", no_args_is_help=True)
RolloutId = Annotated[str, typer.Argument(help="Rollout id.", show_default=False)]
MonitorId = Annotated[str, typer.Argument(metavar="MONITOR", help="Monitor id.", show_default=False)]
MARKS = {"quiet": "✔", "alarm": "✘", "error": "✘", "silent": "✘"}


@app.command("kinds")
def kinds(as_json: AsJson = False) -> None:
    """List the kinds of monitors there are, what each notices and the counts it needs."""
    from primum.evidence.watching.kinds import KINDS

    if as_json:
        entrance.show_json(
            [
                {
                    "kind": kind.name,
                    "notices": kind.notices,
                    "design": kind.designed,
                    "needs": dict(kind.needs),
                    "may_have": dict(kind.may_have),
                    "parameters": kind.parameters.model_json_schema().get("properties", {}),
                }
                for kind in KINDS.values()
            ]
        )
        return
    entrance.show_table(
        "Kinds of monitors",
        ("kind", "notices", "counts it needs"),
        [(kind.name, kind.notices, ", ".join(kind.needs)) for kind in KINDS.values()],
    )


@app.command("list")
def list_monitors(rollout: RolloutId, as_json: AsJson = False) -> None:
    """List the monitors of a rollout, how each stands, and the alarms that stand."""
    from primum.actions.monitor_report import alarm_lines, monitor_lines
    from primum.actions.sustain_gates import approval_sentence

    place, at = entrance.workplace(), entrance.now()
    lines = monitor_lines(rollout=rollout, at=at, workplace=place)
    alarms = alarm_lines(rollout=rollout, workplace=place, is_open=True)
    approval = approval_sentence(rollout=rollout, at=at, workplace=place)
    if as_json:
        said = {
            "monitors": [one.plain() for one in lines],
            "alarms": [one.plain() for one in alarms],
            "approval": approval,
        }
        entrance.show_json(said)
        return
    rows = [
        (one.id, one.kind, f"{one.action}{', shadow' if one.shadow else ''}", one.cadence, one.owner, one.state)
        for one in lines
    ]
    entrance.show_table(f"Monitors of {rollout}", ("id", "kind", "action", "reads", "owner", "state"), rows)
    if approval:
        entrance.say_item("·", approval)
    for one in lines:
        if one.warning:
            entrance.say_item("✘", f"{one.id}: {one.warning}")
    for alarm in alarms:
        entrance.say_item("✘", f"Alarm {alarm.id} of {alarm.monitor or 'the watch'} ({alarm.action}): {alarm.sentence}")


@app.command("show")
def show(rollout: RolloutId, monitor: MonitorId, as_json: AsJson = False) -> None:
    """Show one monitor: its design, its last readings, its alarms."""
    from primum.actions.monitor_report import monitor_report

    report = monitor_report(rollout=rollout, monitor=monitor, at=entrance.now(), workplace=entrance.workplace())
    if as_json:
        entrance.show_json(report.plain())
        return
    line = report.line
    entrance.say(f"{line.id}: {line.title}", f"{line.kind}, {line.nature}, {line.cadence}; {line.owner} answers.")
    entrance.say_item(MARKS.get(line.state, "·"), f"{line.state}: {line.sentence or 'nothing was read yet.'}")
    if line.warning:
        entrance.say_item("✘", line.warning)
    entrance.say_item("·", report.design.words if report.design else report.design_problem)
    for site, period in report.reported:
        entrance.say_item("·", f"{site} reported last for {period}.")
    for reading in report.readings:
        entrance.say_item(MARKS.get(reading.state, "·"), f"{reading.at:%Y-%m-%d %H:%M} UTC: {reading.sentence}")
    for alarm in report.alarms:
        entrance.say_item("✘" if alarm.stands else "✔", f"Alarm {alarm.id}: {alarm.sentence} {alarm.answer}".strip())


@app.command("explain")
def explain(rollout: RolloutId, monitor: MonitorId, as_json: AsJson = False) -> None:
    """Explain what a monitor notices, how often it alarms when all is well, and what an alarm leads to."""
    from primum.actions.monitor_readings import kind_of
    from primum.actions.monitor_report import monitor_report
    from primum.roadmap.monitors import ACTION_WORDS

    report = monitor_report(rollout=rollout, monitor=monitor, at=entrance.now(), workplace=entrance.workplace())
    declared = report.monitor
    kind = kind_of(declared)
    leads = "it is recorded and nothing else (shadow)" if declared.shadow else ACTION_WORDS[declared.action]
    lines = (
        f"{declared.title}: it notices {kind.notices}.",
        f"Design: {report.design.words if report.design else report.design_problem}",
        f"It reads {report.line.cadence}; {declared.cadence.grace_hours} hours late, and it counts as silent.",
        f"On an alarm {leads}; {declared.owner} says what was found and done.",
        *(f"Counts: '{name}' is {meaning}." for name, meaning in kind.needs.items()),
        f"Source of its limit: {declared.source.file} {declared.source.line or ''} {declared.source.words}".strip(),
    )
    if as_json:
        entrance.show_json({"monitor": declared.id, "kind": kind.name, "words": list(lines)})
        return
    for line in lines:
        entrance.say_item("·", line)


@app.command("counts")
def counts(
    rollout: RolloutId,
    monitor: MonitorId,
    file: Annotated[Path, typer.Argument(help="Counts (CSV or Parquet), or rows with --rows.", show_default=False)],
    person: AsPerson,
    rows: Annotated[bool, typer.Option("--rows", help="The file holds rows; count them as the monitor says.")] = False,
    correct: Annotated[str, typer.Option("--correct", help="Why counts reported before were wrong.")] = "",
    as_json: AsJson = False,
) -> None:
    """Report counts for a monitor: rows stay here, only counts go into the ledger."""
    from dataclasses import asdict

    from primum.actions.monitor_counts import report_counts

    place = entrance.workplace()
    lines = _rows_counted(rollout, monitor, file, place) if rows else _lines_in(file)
    done = report_counts(
        rollout=rollout,
        monitor=monitor,
        lines=lines,
        person=entrance.person_at(rollout, id_=person, place=place),
        channel="cli",
        at=entrance.now(),
        workplace=place,
        correct=correct,
    )
    if as_json:
        entrance.show_json(asdict(done))
        return
    entrance.say(
        f"Taken in for {monitor}: {done.new} new periods of a site, {done.corrected} corrected, "
        f"{done.unchanged} known already."
    )


@app.command("run")
def run(
    rollout: Annotated[str, typer.Argument(help="Rollout id; all if left out.")] = "", as_json: AsJson = False
) -> None:
    """Let every monitor read that is due, as the hourly flow does; doing it twice does it once."""
    from dataclasses import asdict

    from primum.actions import monitoring
    from primum.actions.gates import SYSTEM

    ticked = monitoring.watch(at=entrance.now(), person=SYSTEM, workplace=entrance.workplace(), rollout=rollout or None)
    if as_json:
        entrance.show_json(asdict(ticked))
    else:
        entrance.say(ticked.sentence)
        for alarm in ticked.alarms:
            entrance.say_item("✘", f"Alarm {alarm} was raised.")
        for sentence in ticked.unreadable:
            entrance.say_item("✘", sentence)
    if ticked.alarms or ticked.unreadable:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


@app.command("acknowledge")
def acknowledge(
    alarm: Annotated[str, typer.Argument(metavar="ALARM", help="Alarm id.", show_default=False)],
    person: AsPerson,
    found: Annotated[str, typer.Option("--found", help="real, false or unclear.", show_default=False)],
    done: Annotated[str, typer.Option("--done", help="What was found and done, naming nobody.", show_default=False)],
) -> None:
    """Say what was behind an alarm and what was done; its chart begins anew."""
    from primum.actions.alarm_answers import CannotAcknowledge, acknowledge_alarm
    from primum.ledger import monitor_reading
    from primum.roadmap.monitors import Found

    place = entrance.workplace()
    with place.ledger.reading() as session:
        row = monitor_reading.alarm(session, alarm=alarm)
    if row is None:
        raise CannotAcknowledge(f"There is no alarm '{alarm}'; `primum monitor list ROLLOUT` shows those that stand.")
    acknowledge_alarm(
        alarm=alarm,
        person=entrance.person_at(row.rollout, id_=person, place=place),
        found=one_of(Found, found, "--found"),
        done=done,
        channel="cli",
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(f"Alarm {alarm} is acknowledged.")
    if row.hold_id or row.suspension_id:
        entrance.say("What it led to stays: a hold is lifted, and a suspension resumed, by a decision of its own.")


def _lines_in(file: Path) -> "tuple[CountsLine, ...]":
    from primum.integrations.monitor_counts import lines_in

    return lines_in(file)


def _rows_counted(rollout: str, monitor: str, file: Path, place: "Workplace") -> "tuple[CountsLine, ...]":
    from primum.actions.monitor_counts import CannotCount
    from primum.actions.watched import watched
    from primum.integrations.monitor_counts import lines_of_rows

    submission = entrance.submission_of(rollout, place)
    with place.ledger.reading() as session:
        counting = watched(rollout=rollout, session=session).monitor(monitor).counting
    if counting is None:
        raise CannotCount(f"Monitor '{monitor}' declares no `counting`, so rows cannot be counted for it.")
    evidence = next((one for one in submission.rollout.evidence if one.name == counting.evidence), None)
    if evidence is None:
        raise CannotCount(f"The rollout has no evidence '{counting.evidence}', whose mapping the monitor counts by.")
    return lines_of_rows(evidence=evidence, file=file, counting=counting)
