"""What a team hands in: its rollout file and the policy, people and sites it names."""

from dataclasses import dataclass
from pathlib import Path

from primum.integrations import configuration
from primum.roadmap.digests import digest
from primum.roadmap.people import Person, Site
from primum.roadmap.policy import Policy
from primum.roadmap.rollout import Evidence, Rollout
from primum.roadmap.stages import Stage


class UnknownPerson(Exception):
    """Somebody who is not in people.yaml was named; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A rollout file with everything it points to, read and checked."""

    path: Path
    rollout: Rollout
    policy: Policy
    policy_digest: str
    people: tuple[Person, ...]
    sites: tuple[Site, ...]
    zone: str | None = None

    @property
    def timezone(self) -> str:
        """Where people are who do not say it themselves: the institution's zone, else that of the first site."""
        return self.zone or next((site.timezone for site in self.sites), "UTC")

    @property
    def base(self) -> Path:
        """The folder that relative names in the rollout file start from."""
        return self.path.parent

    @property
    def spec_digest(self) -> str:
        """The digest of what the rollout file says."""
        return digest(self.rollout.model_dump(mode="json"))

    @property
    def authors(self) -> frozenset[str]:
        """Everybody who made a table of this rollout; none of them may sign on it."""
        return frozenset(evidence.author for evidence in self.rollout.evidence)

    def tables_of(self, stage: Stage) -> tuple[Evidence, ...]:
        """Return the tables that count in a stage."""
        return tuple(evidence for evidence in self.rollout.evidence if stage in evidence.stages)

    def person(self, id_: str) -> Person:
        """
        Return a person of people.yaml.

        :raises UnknownPerson: if nobody has this id
        """
        for person in self.people:
            if person.id == id_:
                return person
        known = ", ".join(person.id for person in self.people)
        raise UnknownPerson(f"Nobody in {self.rollout.people} has the id '{id_}'; known are {known}.")


def read_submission(path: Path) -> Submission:
    """
    Read a rollout file with its policy, people and sites.

    :raises ConfigurationRefused: if a file is missing, unreadable or says something it may not
    """
    path = path.resolve()
    rollout = configuration.load_rollout(path)
    base = path.parent
    known = configuration.load_people(base / rollout.people)
    return Submission(
        path=path,
        rollout=rollout,
        policy=configuration.load_policy(rollout.policy, base=base),
        policy_digest=configuration.policy_digest(rollout.policy, base=base),
        people=known.people,
        zone=known.timezone,
        sites=configuration.load_sites(base / rollout.sites).sites,
    )
