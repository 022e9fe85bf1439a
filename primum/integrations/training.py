"""
Running a trainer of the hospital's own and reading what it left: never imported, never unpickled here (P6.10).

It runs in a process of its own under a leash, with limits of time and memory, a folder of its own and an
environment without keys. Only its ``result.json`` and a CSV of predictions are read; the model is hashed.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from primum.integrations import leash, training_process
from primum.integrations.training_files import (
    LARGEST_RESULT,
    OutputRefused,
    digest_of_file,
    first_bytes,
    own_file,
    text_of_result,
)
from primum.integrations.training_predictions import Predictions, read_predictions
from primum.roadmap.training import Interface, Trainer, TrainerResult, Wanted, why_not_result
from primum.settings import TELEMETRY_OFF

RESULT, REQUEST, OUTPUT, LOG = "result.json", "request.json", "output", "trainer.log"
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
THREADS = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"}
END_SECONDS = 15


class TrainerFailed(Exception):
    """The trainer did not hand back a model that can be compared; the message says why and holds no value."""


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """
    What a trainer is told: labelled rows to learn from, cases without labels to answer, and nothing else.

    ``training`` and ``cases`` are Parquet files inside the data plane, with the interface's columns;
    ``training`` also has ``label`` (0 or 1), ``cases`` also ``case_id``.
    """

    change: str
    guideline: str
    champion: str
    champion_digest: str
    seed: int
    training: Path
    cases: Path
    case_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a trainer handed back, checked: its result and its answers to the cases, in the order asked."""

    result: TrainerResult
    predictions: Predictions
    code_digest: str
    data_digest: str
    folder: Path


def train(
    *,
    trainer: Trainer,
    wanted: Wanted,
    request: TrainingRequest,
    base: Path,
    folder: Path,
    api_url: str | None,
) -> Trained:
    """
    Run a trainer in a folder of its own and return what it made.

    :param base: the folder of the rollout's file, where an entry point stands
    :param api_url: of Prefect, for a trainer that is a deployment
    :raises TrainerFailed: if it ends with an error, takes too long, or hands back what cannot be used
    """
    written = write_request(request=request, wanted=wanted, folder=folder)
    if trainer.deployment:
        _deployed(trainer, written=written, folder=folder, api_url=api_url)
    else:
        _in_a_process(trainer, written=written, base=base, folder=folder)
    return read_output(request=request, wanted=wanted, folder=folder)


def wanted_of(*, trainer: Trainer, request: TrainingRequest, interface: Interface, base: Path) -> Wanted:
    """
    Return what is known of a training before it runs.

    :raises TrainerFailed: if the trainer's file is not there
    """
    code = trainer.code_digest
    if trainer.entry_point:
        file = base / trainer.file
        if not file.is_file():
            raise TrainerFailed(f"There is no trainer '{trainer.file}' beside the rollout's file.")
        code = digest_of_file(file)
    return Wanted(
        interface=interface,
        data_digest=digest_of_file(request.training),
        code_digest=code,
        champion_digest=request.champion_digest,
    )


def write_request(*, request: TrainingRequest, wanted: Wanted, folder: Path) -> Path:
    """Write ``request.json`` and make the folder for the output; return the request's path."""
    output = folder / OUTPUT
    output.mkdir(parents=True, exist_ok=True, mode=0o700)
    said = {
        "contract": 1,
        "change": request.change,
        "guideline": request.guideline,
        "champion": request.champion,
        "seed": request.seed,
        "interface": wanted.interface.model_dump(mode="json"),
        "training": {"path": str(request.training), "digest": wanted.data_digest, "label": "label"},
        "cases": {"path": str(request.cases), "digest": digest_of_file(request.cases), "rows": len(request.case_ids)},
        "code_digest": wanted.code_digest,
        "output": str(output),
    }
    written = folder / REQUEST
    written.write_text(json.dumps(said, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return written


def read_output(*, request: TrainingRequest, wanted: Wanted, folder: Path) -> Trained:
    """
    Read what a trainer left and hold it against what was asked.

    :raises TrainerFailed: with the one reason why it cannot be used
    """
    output = folder / OUTPUT
    try:
        result = _result(output)
        model = own_file(output, result.model.file)
        found, begins = digest_of_file(model), first_bytes(model)
        if problem := why_not_result(result=result, wanted=wanted, model_digest=found, begins_with=begins):
            raise TrainerFailed(problem)
        predictions = read_predictions(own_file(output, result.predictions), case_ids=request.case_ids)
    except OutputRefused as refused:
        raise TrainerFailed(str(refused)) from None
    code = wanted.code_digest or result.code_digest
    return Trained(
        result=result, predictions=predictions, code_digest=code, data_digest=wanted.data_digest, folder=folder
    )


def _result(output: Path) -> TrainerResult:
    text = text_of_result(output, RESULT, most=LARGEST_RESULT)
    try:
        return TrainerResult.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise OutputRefused(f"The trainer's {RESULT} cannot be used: `{where}`: {first['msg']}.") from None


def _in_a_process(trainer: Trainer, *, written: Path, base: Path, folder: Path) -> None:
    limits = [str(trainer.memory_mb), str(trainer.seconds)]
    output = str(folder / OUTPUT)
    if trainer.entry_point:
        file = str((base / trainer.file).resolve())
        what = ["call", file, trainer.function, str(written), output]
    else:
        what = ["exec", *(_filled(part, written, output) for part in trainer.command)]
    program = [sys.executable, "-I", str(Path(training_process.__file__).resolve()), *limits, *what]
    _run(program, folder=folder, seconds=trainer.seconds)


def _filled(part: str, written: Path, output: str) -> str:
    return part.replace("{request}", str(written)).replace("{output}", output)


def _run(program: list[str], *, folder: Path, seconds: float) -> None:
    """Run a program on a leash in its folder; what it prints stays there, since it may be about patients (P9)."""
    held = [sys.executable, "-I", str(Path(leash.__file__).resolve()), *program]
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 -- the program is the hospital's own, declared in its rollout
            held,
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TrainerFailed(
                f"The trainer was ended after {_words(seconds)}, its limit; it had not finished. "
                f"Give it more `seconds` in the change plan, or find out what it waits for."
            ) from None
        finally:
            _end(process)
    if code:
        raise TrainerFailed(
            f"The trainer ended with an error (code {code}) and handed back nothing that counts. What it said is in "
            f"{LOG} of its folder, which does not leave the data plane."
        )


def _words(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 60 else f"{seconds:.0f} seconds"  # noqa: PLR2004 -- one minute


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the whole group, whatever it does with signals, and let go of its pipe."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(END_SECONDS)
    if process.stdin is not None:
        process.stdin.close()


def environment(folder: Path) -> Mapping[str, str]:
    """Return all that a trainer finds in its environment: where programs are, its own home, telemetry off."""
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True, mode=0o700)
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, **THREADS, **TELEMETRY_OFF, "HOME": str(folder), "TMPDIR": str(scratch)}


def _deployed(trainer: Trainer, *, written: Path, folder: Path, api_url: str | None) -> None:
    from primum.integrations.training_deployment import DeploymentFailed, run_deployment

    if api_url is None:
        raise TrainerFailed(
            f"The trainer is the deployment {trainer.deployment}, and PRIMUM_PREFECT_API_URL names no Prefect."
        )
    try:
        run_deployment(
            name=trainer.deployment,
            parameters={"request": str(written), "output": str(folder / OUTPUT)},
            key=f"train:{digest_of_file(written)}",
            seconds=trainer.seconds,
            api_url=api_url,
        )
    except DeploymentFailed as failed:
        raise TrainerFailed(str(failed)) from None
