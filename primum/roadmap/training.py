"""A trainer of the hospital's own: what it is asked, what it hands back, and why that may be refused."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from primum.roadmap.digests import digest
from primum.roadmap.parts import Part

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""The name of a file in the trainer's own folder, never a path."""

# What opens by running code: pickles under their usual names, and whatever wraps them.
PICKLED = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".cloudpickle")
PICKLE_MARK = b"\x80"
ENTRY = re.compile(r"^[A-Za-z0-9._/-]+\.py:[A-Za-z_][A-Za-z0-9_]*$")


class Interface(Part):
    """What a model reads and what it answers; a model with another interface is another product."""

    inputs: tuple[str, ...] = Field(min_length=1, description="Columns it reads, in order.")
    output: Literal["yes-no", "probability"] = Field(description="What it answers for a case.")


class Trainer(Part):
    """Who makes the challenger: a Python file of your own, a command such as a container's, or a Prefect deployment."""

    entry_point: str = Field(default="", description="File beside this one and its function: trainer.py:train.")
    command: tuple[str, ...] = Field(
        default=(), description="A command; {request} and {output} in it become the two paths."
    )
    deployment: str = Field(default="", description="A Prefect deployment, flow/name; it is given both paths.")
    code_digest: str = Field(default="", description="Digest of its code, for a command or a deployment.")
    seconds: int = Field(default=3600, ge=1, le=7 * 86_400, description="Longest run; then it is ended.")
    memory_mb: int = Field(default=4096, ge=256, description="Most memory of a process; beyond it is ended.")

    @model_validator(mode="after")
    def _is_one_of_three(self) -> "Trainer":
        if [bool(self.entry_point), bool(self.command), bool(self.deployment)].count(True) != 1:
            raise ValueError("a trainer is an `entry_point`, a `command` or a `deployment`, and one of them")
        if self.entry_point and not ENTRY.match(self.entry_point):
            raise ValueError("an `entry_point` names a file and its function, such as trainer.py:train")
        return self

    @property
    def file(self) -> str:
        """The Python file of an entry point."""
        return self.entry_point.rpartition(":")[0]

    @property
    def function(self) -> str:
        """The function of an entry point."""
        return self.entry_point.rpartition(":")[2]


class TrainedModel(Part):
    """The model a trainer made: its version, its file in the output folder, and the digest of that file."""

    version: str = Field(min_length=1, max_length=60, description="Exact version.")
    file: FileName = Field(description="The file; it is hashed and never opened.")
    digest: Digest = Field(description="SHA-256 of the file.")


class TrainerResult(Part):
    """``result.json``, which a trainer leaves in its output folder."""

    contract: Literal[1] = Field(description="Version of this contract.")
    model: TrainedModel = Field(description="The model.")
    interface: Interface = Field(description="What the model reads and answers.")
    data_digest: Digest = Field(description="SHA-256 of the training table that was read.")
    code_digest: Digest = Field(description="SHA-256 of the trainer's code.")
    environment_digest: Digest = Field(description="SHA-256 of `libraries` as canonical JSON.")
    libraries: dict[str, str] = Field(min_length=1, description="Each library that took part, and its version.")
    predictions: FileName = Field(description="CSV of case_id, prediction and score, one row for each case.")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is known before a trainer runs, and held against what it says; no code digest is not compared."""

    interface: Interface
    data_digest: str
    code_digest: str
    champion_digest: str


def environment_digest(libraries: Mapping[str, str]) -> str:
    """Return the digest of the libraries that took part, as a trainer is to compute it."""
    return digest(dict(libraries))


def why_not_result(*, result: TrainerResult, wanted: Wanted, model_digest: str, begins_with: bytes) -> str | None:
    """
    Return the one reason a trainer's result is refused, if there is one (P6.10).

    :param model_digest: of the bytes of the model's file, computed by us
    :param begins_with: its first bytes, from which a pickle is known; a pickle runs code when it is opened
    """
    return next(_problems(result, wanted, model_digest, begins_with), None)


def _problems(result: TrainerResult, wanted: Wanted, model_digest: str, begins_with: bytes) -> Iterator[str]:
    if result.model.file.endswith(PICKLED) or begins_with.startswith(PICKLE_MARK):
        yield (
            f"The model file '{result.model.file}' is a pickle, which runs code whenever it is opened. It was not "
            "opened. Save the model in a format that holds only numbers, such as JSON, ONNX or safetensors."
        )
    yield from _changed_interface(result.interface, wanted.interface)
    claims = (
        ("model file", result.model.digest, model_digest),
        ("training table", result.data_digest, wanted.data_digest),
        ("trainer's code", result.code_digest, wanted.code_digest),
        ("libraries", result.environment_digest, environment_digest(result.libraries)),
    )
    for what, said, found in claims:
        if found and said != found:
            yield f"The trainer gives {said[:19]} as the digest of the {what}; it is {found[:19]}."
    if wanted.champion_digest and model_digest == wanted.champion_digest:
        yield "The trainer handed back the model that is in use already; nothing was learnt from the new labels."


def _changed_interface(now: Interface, planned: Interface) -> Iterator[str]:
    if now.inputs != planned.inputs:
        yield (
            f"The model reads {', '.join(now.inputs)}; the change plan keeps {', '.join(planned.inputs)}. "
            "A model with other inputs is another product and goes through a full gate."
        )
    if now.output != planned.output:
        yield f"The model answers with a {now.output}; the change plan keeps a {planned.output}."


@dataclass(frozen=True, kw_only=True)
class PredictionCounts:
    """What was counted of a table of predictions; no value of it is inside."""

    rows: int
    cases: int
    unknown_cases: int
    repeated: int
    no_answer: int
    no_number: int
    out_of_range: int


def why_not_predictions(counts: PredictionCounts) -> str | None:
    """Return the one reason a table of predictions is refused, in counts alone, if there is one (P8, P9)."""
    if counts.rows != counts.cases:
        return f"The trainer was given {counts.cases:,} cases and answered {counts.rows:,} rows; one for each is asked."
    problems = (
        (counts.unknown_cases, "are about cases that it was not given"),
        (counts.repeated, "answer a case a second time"),
        (counts.no_number, "have a score that is no finite number"),
        (counts.out_of_range, "have a score below 0 or above 1"),
        (counts.no_answer, "have a prediction that is neither 0 nor 1"),
    )
    return next((f"{n:,} of {counts.rows:,} predictions {words}." for n, words in problems if n), None)
