"""Which guideline versions the registered release bundles declare, and which rollouts depend on each."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from primum.actions.workplace import Workplace
from primum.ledger import reading
from primum.roadmap.bundle import ReleaseBundle


@dataclass(frozen=True, kw_only=True)
class Dependent:
    """A rollout that follows a guideline."""

    rollout: str
    title: str
    stage: str
    suspended: bool


@dataclass(frozen=True, kw_only=True)
class DeclaredGuideline:
    """One guideline version, as release bundles write it, and the rollouts whose bundle has it."""

    version: str
    dependents: tuple[Dependent, ...]

    def plain(self) -> dict[str, object]:
        """Return it as JSON-ready values."""
        return asdict(self)


def declared_guidelines(
    *, rollouts: Collection[str], workplace: Workplace
) -> tuple[tuple[DeclaredGuideline, ...], tuple[Dependent, ...]]:
    """Return the guideline versions of these rollouts, by name, and the rollouts that declare none."""
    following: dict[str, list[Dependent]] = {}
    without: list[Dependent] = []
    with workplace.ledger.reading() as session:
        for record in reading.rollouts(session):
            if record.id not in rollouts:
                continue
            suspended = reading.suspension(session, rollout=record.id) is not None
            one = Dependent(rollout=record.id, title=record.title, stage=record.stage, suspended=suspended)
            declared = ReleaseBundle.model_validate_json(record.bundle).guidelines
            for version in declared:
                following.setdefault(version, []).append(one)
            if not declared:
                without.append(one)
    listed = (DeclaredGuideline(version=version, dependents=tuple(following[version])) for version in sorted(following))
    return tuple(listed), tuple(without)
