"""The files that people write: rollouts, policies, people, sites, requirements. Every refusal says where and why."""

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from primum.integrations.complaints import complaints
from primum.integrations.written import Problem, Unreadable, Written, text_of
from primum.integrations.yaml_tree import tree_of
from primum.roadmap.change_plans import ChangePlan
from primum.roadmap.conversations import Conversations
from primum.roadmap.digests import digest
from primum.roadmap.guideline_versions import Guideline
from primum.roadmap.jurisdictions import Jurisdiction
from primum.roadmap.monitors import Watch
from primum.roadmap.people import People, Sites
from primum.roadmap.policy import Policy
from primum.roadmap.protocol import Protocol
from primum.roadmap.requirements import Catalogue
from primum.roadmap.rollout import Rollout
from primum.settings import shipped

__all__ = [
    "ConfigurationRefused",
    "Problem",
    "find_policy",
    "load_conversations",
    "load_guideline",
    "load_monitors",
    "load_people",
    "load_policy",
    "load_protocol",
    "load_requirements",
    "load_rollout",
    "load_sites",
    "load_suites",
    "policy_digest",
]

MOST_SHOWN = 30
A_PATH = (".yaml", ".yml")

M = TypeVar("M", bound=BaseModel)


class ConfigurationRefused(Exception):
    """A file says something it may not. ``problems`` holds everything found, in the order of the file."""

    def __init__(self, *, file: str, problems: tuple[Problem, ...]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
        self.line, self.column, self.sentence = (
            self.problems[0].line,
            self.problems[0].column,
            self.problems[0].sentence,
        )
        lines = [f"{file}:{one.line}:{one.column}: {one.sentence}" for one in self.problems[:MOST_SHOWN]]
        if len(self.problems) > MOST_SHOWN:
            lines.append(f"{file}: and {len(self.problems) - MOST_SHOWN} more.")
        super().__init__("\n".join(lines))


def load_rollout(path: Path) -> Rollout:
    """
    Read a ``rollout.yaml``, and its protocol, monitors and change plan where these stand in files beside it.

    :raises ConfigurationRefused: with every problem of a file, each with line, column and sentence
    """
    rollout = _load(path, Rollout)
    if rollout.monitors_file:
        watched = load_monitors(path.parent / rollout.monitors_file).monitors
        rollout = rollout.model_copy(update={"monitors": watched, "monitors_file": ""})
    if rollout.change_plan_file:
        plan = _load(path.parent / rollout.change_plan_file, ChangePlan)
        rollout = rollout.model_copy(update={"change_plan": plan, "change_plan_file": ""})
    if not rollout.protocol_file:
        return rollout
    # Wherever it stands, the same protocol is the same rollout.
    protocol = load_protocol(path.parent / rollout.protocol_file)
    return rollout.model_copy(update={"protocol": protocol, "protocol_file": ""})


def load_monitors(path: Path) -> Watch:
    """
    Read the monitors of a rollout that stand in a file of their own.

    :raises ConfigurationRefused: with every problem of the file
    """
    return _load(path, Watch)


def load_protocol(path: Path) -> Protocol:
    """
    Read a protocol that stands in a file of its own.

    :raises ConfigurationRefused: with every problem of the file
    """
    return _load(path, Protocol)


def load_guideline(path: Path) -> Guideline:
    """
    Read one version of a guideline.

    :raises ConfigurationRefused: with every problem of the file
    """
    return _load(path, Guideline)


def load_conversations(path: Path) -> Conversations:
    """
    Read how an assistant is tried before patients use it.

    :raises ConfigurationRefused: with every problem of the file
    """
    return _load(path, Conversations)


def load_people(path: Path) -> People:
    """
    Read a ``people.yaml``.

    :raises ConfigurationRefused: with every problem of the file
    """
    return _load(path, People)


def load_sites(path: Path) -> Sites:
    """
    Read a ``sites.yaml``.

    :raises ConfigurationRefused: with every problem of the file
    """
    return _load(path, Sites)


def load_jurisdiction(path: Path) -> Jurisdiction:
    """
    Read a pack of a jurisdiction.

    :raises ConfigurationRefused: with every problem of the file
    """
    return _load(path, Jurisdiction)


def load_policy(id_or_path: str, *, base: Path) -> Policy:
    """
    Read a shipped policy by its id, or a policy file relative to ``base``.

    :raises ConfigurationRefused: with every problem of the file, or if a source document it cites
        has another digest than it says
    """
    path = find_policy(id_or_path, base=base)
    policy = _load(path, Policy)
    _check_sources(path, policy)
    return policy


def policy_digest(id_or_path: str, *, base: Path) -> str:
    """
    Return the digest of what a policy says; its comments and layout do not count (P4).

    :raises ConfigurationRefused: as ``load_policy``
    """
    return digest(load_policy(id_or_path, base=base).model_dump(mode="json"))


def load_requirements() -> Catalogue:
    """
    Read the shipped catalogue of requirements.

    :raises ConfigurationRefused: with every problem of the file
    """
    return _load(shipped("config") / "requirements.yaml", Catalogue)


def load_suites(folder: Path | None = None) -> tuple[Mapping[str, object], ...]:
    """
    Read the expectation suites of a folder as plain JSON, for their ids and requirements.

    :raises ConfigurationRefused: if a file is no JSON object
    """
    paths = sorted((folder or shipped("expectations")).glob("*.json"))
    return tuple(_suite(path) for path in paths)


def find_policy(id_or_path: str, *, base: Path) -> Path:
    """
    Return the file of a policy.

    :raises ConfigurationRefused: if the id is of no shipped policy
    """
    if id_or_path.endswith(A_PATH) or "/" in id_or_path:
        return base / id_or_path
    folder = shipped("config") / "policies"
    known = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if id_or_path in known:
        return known[id_or_path]
    words = (
        f"There is no policy {id_or_path!r}; shipped are {', '.join(known)}. A policy of your own is named by its file."
    )
    raise ConfigurationRefused(file=id_or_path, problems=(Problem(line=1, column=1, sentence=words),))


def _load(path: Path, model: type[M]) -> M:
    try:
        loaded = _read(text_of(path), model)
    except Unreadable as error:
        raise ConfigurationRefused(file=str(path), problems=(error.problem,)) from None
    except _Refused as error:
        raise ConfigurationRefused(file=str(path), problems=error.problems) from None
    if not isinstance(loaded, model):
        raise TypeError(f"{path} was read as {type(loaded).__name__}")
    return loaded


class _Refused(Exception):
    """A text says something it may not; where it stands is for the caller to say."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__()


# A policy is asked for again and again, and many rollouts share one list of people; what is read is frozen, so the
# same text may answer twice, wherever it stands.
@functools.lru_cache(maxsize=128)
def _read(text: str, model: type[BaseModel]) -> BaseModel:
    tree, problems = tree_of(text)
    loaded, complained = _validated(tree, model)
    if loaded is None or problems:
        raise _Refused((*problems, *complained))
    return loaded


def _validated(tree: Written, model: type[M]) -> tuple[M | None, tuple[Problem, ...]]:
    """Validate strictly: "3" is no number, 3 is no text, and a number is no date."""
    try:
        return model.model_validate_json(json.dumps(tree.value), strict=True), ()
    except ValidationError as error:
        return None, complaints(error=error, tree=tree, model=model)


def _check_sources(path: Path, policy: Policy) -> None:
    for source in policy.sources:
        copy = shipped("config") / source.file
        found = hashlib.sha256(copy.read_bytes()).hexdigest() if copy.is_file() else "missing"
        if found != source.sha256:
            words = (
                f"The copy of {source.id} in {source.file} is {found[:12]}, and this policy was written on "
                f"{source.sha256[:12]}; its lines may have moved."
            )
            tree, _ = tree_of(text_of(path))
            place = tree.at(("sources",)) or tree
            problem = Problem(line=place.line, column=place.column, sentence=words)
            raise ConfigurationRefused(file=str(path), problems=(problem,))


def _suite(path: Path) -> Mapping[str, object]:
    try:
        suite = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problem = Problem(line=1, column=1, sentence=f"{path.name} is no JSON ({type(error).__name__}).")
        raise ConfigurationRefused(file=str(path), problems=(problem,)) from None
    if isinstance(suite, dict):
        return suite
    words = f"{path.name} holds no suite; a suite is an object with `expectations`."
    raise ConfigurationRefused(file=str(path), problems=(Problem(line=1, column=1, sentence=words),))
