"""The demo at the point of care: what a hospital's software is told, before and after somebody stops."""

from datetime import timedelta
from typing import TYPE_CHECKING

from primum.cli import entrance
from primum.cli.demo_script import FIRST_DAY, LEAD, SUBMITTER

if TYPE_CHECKING:
    from datetime import datetime

    from primum.actions.exposing import Replica
    from primum.actions.submission import Submission
    from primum.actions.workplace import Workplace
    from primum.roadmap.exclusions import Facts

ROLLOUT, SITE = "rehearsal-only", "site-01"
HEADING = "At the point of care: may the model speak?"
STORY = (
    "A hospital's software asks at each encounter, and shows the model's output only for 'lmm'. Rehearsed in a ledger "
    "of its own, as if the gate of an invented pilot at forty sites had opened; none of its patients exists."
)
FOLDER = "point-of-care"
ADULT: "Facts" = {"age": 44, "machine": "fixed"}
CHILD: "Facts" = {"age": 12, "machine": "fixed"}
ENOUGH = 12
DAY = FIRST_DAY + timedelta(days=14)


def tell(place: "Workplace") -> None:
    """Show what some encounters are answered, suspend, and show what they are answered then."""
    from rich.rule import Rule

    from primum.actions import suspension
    from primum.actions.exposing import replica_of

    screen = entrance.console()
    screen.print()
    screen.print(Rule(f"[bold]{HEADING}[/]", align="left"))
    entrance.say_paragraph(STORY)
    own = _own(place)
    submission = _in_pilot(own)
    replica = replica_of(workplace=own, name="demo")
    try:
        asked = [*_one_of_each_arm(own), ("a child of 12", "P-0099", CHILD)]
        _answers(replica, asked, at=DAY)
        suspension.suspend(
            rollout=ROLLOUT, person=submission.person(LEAD), reason="A second look.", at=DAY, workplace=own
        )
        entrance.say_item("■", f"{LEAD} suspends: “A second look.” The next questions:")
        _answers(replica, asked, at=DAY + timedelta(seconds=1))
    finally:
        replica.close()
        own.ledger.close()


def _own(place: "Workplace") -> "Workplace":
    from primum.actions.workplace import open_workplace
    from primum.settings import Settings

    home = place.home / FOLDER
    return open_workplace(Settings(home=home, database_url=f"sqlite:///{home}/primum.db", ledger_key=home / "key"))


def _in_pilot(place: "Workplace") -> "Submission":
    """Register the example, lock its protocol, and expose it as a granted gate would."""
    from primum.actions import protocol_lock, registration
    from primum.ledger.exposures import expose
    from primum.settings import shipped

    file = shipped("examples") / ROLLOUT / "rollout.yaml"
    submission = registration.register(path=file, person=SUBMITTER, at=DAY, workplace=place)
    protocol_lock.lock(
        submission=submission,
        person=submission.person(LEAD),
        reason="The plan is complete and nothing was seen.",
        change="lock",
        channel="demo",
        authentication="scripted",
        zone="UTC",
        at=DAY,
        workplace=place,
    )
    with place.ledger.transaction() as tx:
        row = tx.lock_rollout(ROLLOUT)
        assert row is not None
        row.stage, row.stage_since = "pilot", DAY
        tx.session.add(row)
        approved = {"bundle": row.bundle_digest}
        expose(tx, rollout=ROLLOUT, at=DAY, state="pilot", cause="rehearsal", conditions=approved)
        tx.record(kind="rollout.rehearsed", rollout=ROLLOUT, person=SUBMITTER, at=DAY, body={})
    return submission


def _one_of_each_arm(place: "Workplace") -> list[tuple[str, str, "Facts"]]:
    """Allocate some patients and return one of each arm."""
    from primum.actions.allocation import Enrolled, allocate

    names = [f"P-{number:04d}" for number in range(1, ENOUGH + 1)]
    units = [Enrolled(unit=name, values={"site": SITE}) for name in names]
    drawn = allocate(rollout=ROLLOUT, units=units, person=SUBMITTER, at=DAY, workplace=place)
    by_arm = {one.arm: one.unit for one in reversed(drawn)}
    # Who is in which arm follows from a seed that is new each time; what is printed is the same.
    return [("patient A", by_arm["intervention"], ADULT), ("patient B", by_arm["control"], ADULT)]


def _answers(replica: "Replica", asked: list[tuple[str, str, "Facts"]], *, at: "datetime") -> None:
    for name, unit, facts in asked:
        shown, why = _asked(replica, unit, facts, at=at)
        entrance.say_item("→" if shown == "lmm" else "·", f"{name}: {shown}. {why}")


def _asked(replica: "Replica", unit: str, facts: "Facts", *, at: "datetime") -> tuple[str, str]:
    from primum.roadmap.exposure import Encounter

    answered = replica.answer(rollout=ROLLOUT, encounter=Encounter(unit=unit, site=SITE, at=at, facts=facts))
    assert answered is not None
    return str(answered.exposed.shown), answered.exposed.sentence
