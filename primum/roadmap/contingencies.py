"""What an approval leaves to be done: by whom, until when, and who says that it is done."""

from dataclasses import dataclass
from datetime import datetime

from primum.roadmap.people import Person, Role

SHORTEST = 10


@dataclass(frozen=True, kw_only=True)
class ContingencyAsked:
    """Approve, but this is to be done: what, by whom (a person's id), until when."""

    what: str
    owner: str
    due_at: datetime

    def plain(self) -> dict[str, str]:
        """Return it as JSON-ready values."""
        return {"what": self.what, "owner": self.owner, "due_at": self.due_at.isoformat()}

    @classmethod
    def read(cls, plain: dict[str, str] | None) -> "ContingencyAsked | None":
        """Return what ``plain`` wrote."""
        if plain is None:
            return None
        due = datetime.fromisoformat(plain["due_at"])
        return cls(what=plain["what"], owner=plain["owner"], due_at=due)


def why_not_ask(*, asked: ContingencyAsked, voter: Person, known: frozenset[str], at: datetime) -> str | None:
    """Return the one reason a contingency cannot be asked for, if there is one."""
    if len(asked.what.strip()) < SHORTEST:
        return f"A contingency says in at least {SHORTEST} characters what is to be done."
    if asked.owner not in known:
        return f"Nobody in people.yaml has the id '{asked.owner}'; a contingency has an owner who is known."
    if asked.owner == voter.id:
        return f"{voter.name} asks for the contingency; somebody else carries it out."
    if asked.due_at <= at:
        return "A contingency is due in the future; give a later date."
    return None


def why_not_close(
    *,
    person: Person,
    owner: str,
    role: Role | None,
    rollout: str,
    is_closed: bool,
    note: str,
    at: datetime,
) -> str | None:
    """Return the one reason this person may not say that a contingency is done, if there is one."""
    if is_closed:
        return "This contingency is closed already."
    if person.id == owner:
        return f"{person.name} carries this contingency out; somebody else says that it is done."
    if role not in person.roles_at(rollout=rollout, at=at):
        return f"{person.name} does not hold the role {role}, in which the contingency was asked for, at this time."
    if len(note.strip()) < SHORTEST:
        return f"Say in at least {SHORTEST} characters what was done."
    return None
