"""What may differ between the release in use and the challenger that a guideline change would put in its place."""

from collections.abc import Iterator

from primum.roadmap.parts import Part
from primum.roadmap.rollout import Rollout

# A release of the same product: its model's version, the guideline it follows, its tables, papers and card.
MAY_DIFFER = frozenset({"model", "release", "card", "evidence", "documents", "summary", "monitors"})
OF_THE_MODEL = frozenset({"version", "weights_digest"})
OF_THE_RELEASE = frozenset({"guidelines"})


def why_not_candidate(*, champion: Rollout, candidate: Rollout, guideline: str, model_digest: str) -> str | None:
    """
    Return the one reason a rollout file is not that of the challenger that was trained, if there is one (P6.10).

    :param guideline: the new version, as the release names it
    :param model_digest: of the model that the trainer made
    """
    return next(_problems(champion, candidate, guideline, model_digest), None)


def _problems(champion: Rollout, candidate: Rollout, guideline: str, model_digest: str) -> Iterator[str]:
    if candidate.rollout != champion.rollout:
        yield f"The file describes '{candidate.rollout}', and the change is one of '{champion.rollout}'."
    if candidate.model.weights_digest != model_digest:
        named = candidate.model.weights_digest[:19] or "no digest"
        yield (
            f"The file names {named} as the model's `weights_digest`; "
            f"the challenger that was trained is {model_digest}."
        )
    if candidate.model.version == champion.model.version:
        yield f"The file still names version {champion.model.version} of the model; another model has another version."
    name = guideline.partition("@")[0]
    declared = [one for one in candidate.release.guidelines if one.partition("@")[0] == name]
    if declared != [guideline]:
        follows = ", ".join(declared) or "no version"
        yield f"The file's release follows {follows} of {name}; it is to follow {guideline}."
    for part, allowed in (("model", OF_THE_MODEL), ("release", OF_THE_RELEASE)):
        yield from _beyond(getattr(champion, part), getattr(candidate, part), allowed, part)
    yield from _beyond(champion, candidate, MAY_DIFFER, "rollout")


def _beyond(one: Part, other: Part, allowed: frozenset[str], part: str) -> Iterator[str]:
    for name in type(one).model_fields:
        if name not in allowed and getattr(one, name) != getattr(other, name):
            yield (
                f"`{name}` of the {part} differs from the release in use, and no change plan covers that; "
                "it goes through a full gate of its own."
            )
