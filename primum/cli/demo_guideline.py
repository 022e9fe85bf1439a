"""The story of a guideline change: published, retrained, signed, told, looked back at, closed; with scripted people."""

import csv
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from primum.cli import entrance
from primum.cli.demo_home import settings_of
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.submission import Submission
    from primum.actions.workplace import Workplace

ROLLOUT = "hypertension-advice"
BEFORE, NOW = "hypertension@before-2025", "hypertension@2025"
CHANGE = f"{ROLLOUT}.{NOW.replace('@', '.')}"
# The days are fixed so that two demos print the same.
DAY = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
ML_OPS, STEWARD, NURSE, LEAD = "noah-kim", "yusuf-demir", "jonas-weber", "amara-okafor"
SIGNERS = {
    "clinical-lead": (LEAD, "The challenger follows the new target and loses nothing that was right."),
    "equity-lead": ("samuel-osei", "Every group gains, by sex, age, race or ethnicity and education."),
    "safety-officer": ("ines-moreau", "I can send every practice back to standard care, and tried it."),
    "guideline-steward": (STEWARD, "The labels are those of the version I published."),
}
HEADING = "A guideline changes: advice on high blood pressure (NHANES)"
ITS_OWN_GATE = (
    "The model is in use when the story begins (stage sustain). Its own gate there, GS.1, is held and stays so: it "
    "asks for the papers of a hospital, an ethics committee's approval among them, and no hospital ever used this "
    "example. A guideline change goes through a gate of its own, GU.1."
)
CLOSING = "Every step is taken, and the practices know of it."


def tell(place: "Workplace") -> None:
    """Tell the story among the other rollouts of the demo."""
    from rich.rule import Rule

    screen = entrance.console()
    screen.print()
    screen.print(Rule(f"[bold]{HEADING}[/]", align="left"))
    tell_the_change(place)


def rehearse_change(folder: Path) -> None:
    """Tell the story in a folder of its own, and check the ledger at the end."""
    from primum.actions.workplace import open_workplace
    from primum.ledger.audit import verify

    place = open_workplace(settings_of(folder))
    try:
        is_closed = tell_the_change(place)
        problems = verify(place.ledger, outside=place.ledger.checkpoint())
    finally:
        place.ledger.close()
    entrance.say(*(problems or ["✔ The ledger is intact: every entry, row and checkpoint agrees."]))
    entrance.say(f"Try:   PRIMUM_HOME={folder} {entrance.command_name()} change show {CHANGE}")
    if problems or not is_closed:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


def tell_the_change(place: "Workplace") -> bool:
    """Take the change from publication to its end; return whether it is closed."""
    from primum.actions import guideline_changes
    from primum.cli.change_lines import show_steps

    entrance.say("  The sources' own example: the target falls from 140/90 to 130/80.")
    file = _copied(place.home)
    submission = _begun(file, place)
    entrance.say_paragraph(ITS_OWN_GATE)
    _published(submission, place)
    digest = _retrained(submission, place)
    gate = _compared(_edited(file, digest), submission, place)
    _signed(gate, submission, place)
    changed = _promoted(gate, place)
    _told(changed, place)
    _looked_back(changed, place)
    _closed(changed, place)
    shown = guideline_changes.view(change=CHANGE, workplace=place)
    show_steps(shown)
    return shown.closed_at is not None


def _copied(home: Path) -> Path:
    """The team's own files, since the story changes them."""
    from primum.settings import shipped

    folder = home / "rollouts" / ROLLOUT
    shutil.copytree(shipped("examples") / ROLLOUT, folder)
    shutil.copy(shipped("examples") / "people.yaml", folder.parent / "people.yaml")
    return folder / "rollout.yaml"


def _begun(file: Path, place: "Workplace") -> "Submission":
    from primum.actions.runs import run_stage
    from primum.cli.progress import tick

    return run_stage(path=file, person=ML_OPS, at=DAY, workplace=place, progress=tick).submission


def _published(submission: "Submission", place: "Workplace") -> None:
    from primum.actions import guidelines
    from primum.integrations.configuration import load_guideline
    from primum.settings import shipped

    folder, who = shipped("config") / "guidelines", submission.person(STEWARD)
    before, now = (load_guideline(folder / f"{name.replace('@', '-')}.yaml") for name in (BEFORE, NOW))
    guidelines.publish(guideline=before, person=who, channel="demo", at=DAY, workplace=place)
    at = DAY + timedelta(minutes=1)
    made = guidelines.publish(guideline=now, person=who, channel="demo", at=at, workplace=place)
    found = ", ".join(one.rollout for one in made.affected)
    entrance.say_item("✔", f"{STEWARD} publishes {NOW}; found to follow {BEFORE}: {found}.")


def _retrained(submission: "Submission", place: "Workplace") -> str:
    from primum.actions import change_training, guideline_changes

    who, at = submission.person(ML_OPS), DAY + timedelta(hours=1)
    scope = guideline_changes.scope(change=CHANGE, submission=submission, person=who, at=at, workplace=place)
    entrance.say_item("✔", scope.words)
    at += timedelta(minutes=1)
    counts = change_training.relabel(change=CHANGE, submission=submission, person=who, at=at, workplace=place)
    entrance.say_item(
        "✔", f"{counts['changed']:,} of {counts['n']:,} labels change (of the sample; no survey weights)."
    )
    at += timedelta(minutes=1)
    made = change_training.retrain(change=CHANGE, submission=submission, person=who, at=at, workplace=place)
    entrance.say_item("✔", f"The hospital's own trainer made the challenger: {made.version}, {made.digest[:19]}.")
    return made.digest


def _edited(file: Path, digest: str) -> Path:
    """What the team writes into its file: another version of the model, its digest, and the guideline it follows."""
    from primum.integrations.configuration import load_rollout

    model, text = load_rollout(file).model, file.read_text(encoding="utf-8")
    for before, after in (
        (f'version: "{model.version}"', 'version: "2.0"'),
        (model.weights_digest, digest),
        (BEFORE, NOW),
    ):
        text = text.replace(before, after)
    changed = file.with_name("rollout.2025.yaml")
    changed.write_text(text, encoding="utf-8")
    return changed


def _compared(file: Path, submission: "Submission", place: "Workplace") -> str:
    from primum.actions import change_comparison
    from primum.actions.reporting import gate_report
    from primum.cli.rollouts import MARKS
    from primum.roadmap.gates import MEANING, GateState

    who, at = submission.person(ML_OPS), DAY + timedelta(hours=2)
    found = change_comparison.compare(
        change=CHANGE, file=file, submission=submission, person=who, at=at, workplace=place
    )
    report = gate_report(gate=found.gate, submission=submission, workplace=place)
    for finding in report.verdict.findings:
        if finding.check in ("learning", "retention", "potential"):
            entrance.say_item(MARKS[finding.outcome], finding.sentence)
    entrance.say(f"  Gate {found.gate}: {found.state} ({MEANING[GateState(found.state)]})")
    return found.gate


def _signed(gate: str, submission: "Submission", place: "Workplace") -> None:
    from primum.actions.reporting import gate_report
    from primum.actions.voting import Ballot, vote
    from primum.roadmap.people import Role
    from primum.roadmap.seats import Answer, Meaning

    report = gate_report(gate=gate, submission=submission, workplace=place)
    for number, seat in enumerate(report.seats):
        person, reason = SIGNERS[seat.role]
        ballot = Ballot(
            role=Role(seat.role),
            answer=Answer.APPROVE,
            meaning=Meaning.APPROVAL,
            reason=reason,
            shown_digest=report.digest,
            channel="demo",
            authentication="scripted",
            zone="UTC",
        )
        at = DAY + timedelta(hours=3, minutes=number)
        vote(gate=gate, ballot=ballot, submission=submission, person=person, at=at, workplace=place)
        entrance.say_item("✍", f"{person} ({seat.role}): approve. “{reason}”")


def _promoted(gate: str, place: "Workplace") -> "Submission":
    from primum.actions import projection, promotion
    from primum.actions.resubmission import submitted

    submission = submitted(rollout=ROLLOUT, workplace=place)
    promotion.apply(gate=gate, submission=submission, person=ML_OPS, at=DAY + timedelta(hours=4), workplace=place)
    submission = submitted(rollout=ROLLOUT, workplace=place)
    projection.project_alias(submission=submission, workplace=place)
    entrance.say_item("✔", f"Everything was asked once more: version {submission.rollout.model.version} is promoted.")
    return submission


def _told(submission: "Submission", place: "Workplace") -> None:
    from primum.actions import change_telling

    at = DAY + timedelta(hours=5)
    sites = change_telling.tell(
        change=CHANGE, submission=submission, person=submission.person(ML_OPS), at=at, workplace=place
    )
    for number, site in enumerate(sites):
        change_telling.acknowledge(
            change=CHANGE,
            site=site,
            person=submission.person(NURSE),
            channel="demo",
            at=at + timedelta(hours=number + 1),
            workplace=place,
        )
    entrance.say_item("✔", f"Told, and acknowledged in time: {', '.join(sites)}.")


def _looked_back(submission: "Submission", place: "Workplace") -> None:
    from primum.actions import look_back

    at = DAY + timedelta(days=1)
    made = look_back.make(
        submission=submission,
        evidence="readings",
        old=BEFORE,
        new=NOW,
        person=submission.person(LEAD),
        at=at,
        workplace=place,
    )
    entrance.say_item("✔", f"The worklist stays in the data plane. {made.state.words}")
    with made.file.open(encoding="utf-8", newline="") as file:
        units = [row["unit"] for row in csv.DictReader(file)]
    done = look_back.close(
        look_back=made.state.id,
        units=units,
        person=submission.person(LEAD),
        at=at + timedelta(days=3),
        workplace=place,
    )
    entrance.say_item("✔", done.words)


def _closed(submission: "Submission", place: "Workplace") -> None:
    from primum.actions import guideline_changes

    at = DAY + timedelta(days=5)
    who = submission.person(LEAD)
    guideline_changes.write_card(change=CHANGE, person=who, at=at, workplace=place)
    guideline_changes.close(change=CHANGE, person=who, reason=CLOSING, at=at + timedelta(minutes=1), workplace=place)
