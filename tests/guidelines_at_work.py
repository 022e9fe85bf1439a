"""A registered rollout that follows the older hypertension guideline, and a steward who publishes the newer one."""

from dataclasses import dataclass
from pathlib import Path

from primum.actions import guidelines
from primum.actions.registration import register
from primum.actions.submission import read_submission
from primum.actions.workplace import Workplace, open_workplace
from primum.roadmap.guidelines import Guideline
from primum.roadmap.people import Person
from primum.settings import Settings
from tests import rollouts_on_disk
from tests.factories import MORNING

STEWARD, LEAD = "gita-steward", "leila-haddad"
BEFORE, AFTER = "hypertension@before-2025", "hypertension@2025"
PERSON = """
  - id: {id}
    name: {name}
    organisation: Riverside University Hospital
    authorities:
      - role: guideline-steward
        rollouts: ["{rollouts}"]
        valid_from: 2026-01-01T00:00:00+01:00
        valid_until: 2036-01-01T00:00:00+01:00
"""


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """A workplace with one rollout on disk."""

    place: Workplace
    folder: Path

    def publish(self, guideline: Guideline, person: str = STEWARD, **changes) -> guidelines.Published:
        given = {"channel": "cli", "at": MORNING, "workplace": self.place}
        return guidelines.publish(guideline=guideline, person=self.person(person), **(given | changes))

    def person(self, id_: str) -> Person:
        return read_submission(self.folder / "rollout.yaml").person(id_)

    def follow(self, *names: str) -> None:
        """Register the rollout again, following these versions."""
        file = self.folder / "rollout.yaml"
        kept = [line for line in file.read_text().splitlines() if not line.startswith("release:")]
        declared = f"release: {{guidelines: [{', '.join(names)}]}}"
        file.write_text("\n".join([*kept, declared]) + "\n", encoding="utf-8")
        register(path=file, person="noah-kim", at=MORNING, workplace=self.place)


def at_work(folder: Path, *, follows: str = BEFORE, **settings) -> AtWork:
    """Register a rollout that follows a version of a guideline; close its ledger yourself."""
    disk = rollouts_on_disk.write(folder / "rollout")
    people = disk.folder / "people.yaml"
    people.write_text(people.read_text().rstrip() + PERSON.format(id=STEWARD, name="Gita Steward", rollouts="*"))
    working = AtWork(place=open_workplace(Settings(home=folder / "home", **settings)), folder=disk.folder)
    working.follow(follows)
    return working
