"""Trainers of the hospital's own, in real processes: each way of going wrong has its sentence; nothing is run here."""

import json
import os
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from primum.integrations import training
from primum.integrations.training import TrainerFailed, TrainingRequest
from primum.integrations.training_files import digest_of_file
from primum.roadmap.training import Interface, Trainer
from tests.changes_at_work import TRAINER as READING_PARQUET

# The same without pyarrow, which takes half a second of every process.
TRAINER = READING_PARQUET.replace("import pyarrow.parquet as pq\n", "").replace(
    'pq.read_table(request["cases"]["path"]).to_pylist()',
    'json.loads(Path(request["cases"]["path"]).with_suffix(".json").read_text())',
)
CASES = [(f"case-{number}", 110 + number, 70, 50) for number in range(40)]
INPUTS = ["systolic", "diastolic", "age"]
CANARY = "PATIENT-CANARY-77"


def asked(folder: Path, **changes) -> TrainingRequest:
    """Ten rows to learn from, forty cases to answer."""
    cases = pd.DataFrame(CASES, columns=["case_id", *INPUTS])
    cases.head(10).drop(columns="case_id").assign(label=1).to_parquet(folder / "training.parquet")
    cases.to_parquet(folder / "cases.parquet")
    cases.to_json(folder / "cases.json", orient="records")
    values = {
        "change": "advice.bp.2",
        "guideline": "bp@2",
        "champion": "1.0",
        "champion_digest": "",
        "seed": 1,
        "training": folder / "training.parquet",
        "cases": folder / "cases.parquet",
        "case_ids": tuple(case for case, *_ in CASES),
    }
    return TrainingRequest(**(values | changes))


def run(folder: Path, code: str = TRAINER, *, trainer: Trainer | None = None, **changes):
    """Run a trainer with this code as the product does."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trainer.py").write_text(code, encoding="utf-8")
    request = asked(folder, **changes)
    chosen = trainer or Trainer(entry_point="trainer.py:train", seconds=30, memory_mb=2048)
    interface = Interface(inputs=tuple(INPUTS), output="probability")
    wanted = training.wanted_of(trainer=chosen, request=request, interface=interface, base=folder)
    return training.train(
        trainer=chosen, wanted=wanted, request=request, base=folder, folder=folder / "run", api_url=None
    )


def replaced(before: str, after: str) -> str:
    assert before in TRAINER
    return TRAINER.replace(before, after)


def test_a_trainer_is_told_of_cases_without_labels_and_hands_back_answers(tmp_path):
    made = run(tmp_path, READING_PARQUET)

    request = json.loads((tmp_path / "run" / "request.json").read_text())
    assert made.result.model.version == "2.0"
    assert made.predictions.answers == tuple("1" if 110 + number >= 130 else "0" for number in range(40))
    assert "label" not in pd.read_parquet(request["cases"]["path"]).columns
    assert request["guideline"] == "bp@2"
    assert made.code_digest == digest_of_file(tmp_path / "trainer.py")


FAULTS = [
    (
        "crashes",
        "def train(request, output):",
        "def train(request, output):\n    raise ValueError('x')",
        "ended with an",
    ),
    ("leaves no result", '(output / "result.json")', '(output / "other.json")', "left no result.json"),
    ("writes no JSON", "json.dumps(result(request, output, path))", "'{'", "result.json cannot be used"),
    ("changes the inputs", 'request["interface"],\n', '{"inputs": ["age"], "output": "probability"},\n', "reads age;"),
    (
        "changes the output",
        'request["interface"],\n',
        '{**request["interface"], "output": "yes-no"},\n',
        "answers with a yes-no",
    ),
    ("forges the model", "sha(path.read_bytes())", "sha(b'other')", "digest of the model file"),
    ("forges the data", 'request["training"]["digest"]', "sha(b'other')", "digest of the training table"),
    ("forges its code", 'request["code_digest"]', "sha(b'other')", "digest of the trainer's code"),
    ("forges its libraries", "sha(json.dumps(LIBRARIES", "sha(b'x' + json.dumps({}", None),
    ("answers with NaN", "return 0.99 if answer else 0.01", "return float('nan')", "no finite number"),
    ("answers beyond 1", "return 0.99 if answer else 0.01", "return 7", "below 0 or above 1"),
    ("answers with words", "return int(systolic", "return 'perhaps' if age else int(systolic", "neither 0 nor 1"),
    ("answers too few", "*rows(request)]", "*list(rows(request))[1:]]", "given 40 cases and answered 39 rows"),
    (
        "answers one twice",
        "*rows(request)]",
        "*[*list(rows(request))[1:], *list(rows(request))[1:2]]]",
        "a second time",
    ),
    ("answers a stranger", 'yield [one["case_id"]', 'yield [one["case_id"] + "x"', "cases that it was not given"),
]


@pytest.mark.parametrize(("fault", "before", "after", "sentence"), FAULTS, ids=[one[0] for one in FAULTS])
def test_each_fault_of_a_trainer_has_its_sentence(tmp_path, fault, before, after, sentence):
    code = replaced(before, after)
    if fault == "forges its libraries":
        code, sentence = (
            TRAINER.replace('"libraries": LIBRARIES', '"libraries": {"numpy": "9"}'),
            "digest of the libraries",
        )

    with pytest.raises(TrainerFailed, match=sentence) as refused:
        run(tmp_path, code)

    assert "case-" not in str(refused.value)


def test_a_pickle_is_named_and_never_opened(tmp_path):
    flag = tmp_path / "opened"
    planted = (
        "import os, pickle\n"
        f"class Bomb:\n    def __reduce__(self):\n        return (os.system, ('touch {flag}',))\n" + TRAINER
    )
    as_pickle = planted.replace(
        'path = output / "model.json"\n    path.write_text(\'{"rule": "130/80"}\')',
        'path = output / "model.bin"\n    path.write_bytes(pickle.dumps(Bomb()))',
    )
    assert "pickle.dumps" in as_pickle

    with pytest.raises(TrainerFailed, match=r"is a pickle, which runs code whenever it is opened. It was not opened"):
        run(tmp_path, as_pickle)

    assert not flag.exists()


def test_a_trainer_that_hangs_is_ended_with_its_children_at_its_limit(tmp_path):
    code = replaced(
        "def train(request, output):",
        "def train(request, output):\n"
        "    import subprocess, sys, time, signal\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "    (output / 'child').write_text(str(child.pid))\n"
        "    time.sleep(60)",
    )
    began = time.monotonic()

    with pytest.raises(TrainerFailed, match="was ended after 2 seconds, its limit"):
        run(tmp_path, code, trainer=Trainer(entry_point="trainer.py:train", seconds=2))

    assert time.monotonic() - began < 20
    child = int((tmp_path / "run" / "output" / "child").read_text())
    while _runs(child) and time.monotonic() - began < 30:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(process: int) -> bool:
    """Whether a process is at work; a zombie that nobody fetched is not."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


def test_a_trainer_that_wants_too_much_memory_ends(tmp_path):
    code = replaced("def train(request, output):", "def train(request, output):\n    bytearray(3 * 2**30)")

    with pytest.raises(TrainerFailed, match="ended with an error"):
        run(tmp_path, code, trainer=Trainer(entry_point="trainer.py:train", seconds=30, memory_mb=1024))


def test_a_trainer_finds_no_key_and_no_secret_and_works_in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PRIMUM_SLACK_BOT_TOKEN", "xoxb-canary")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    told = "import os\n" + TRAINER.replace(
        'path.write_text(\'{"rule": "130/80"}\')', "path.write_text(json.dumps({**os.environ, 'cwd': os.getcwd()}))"
    )

    run(tmp_path, told)

    seen = json.loads((tmp_path / "run" / "output" / "model.json").read_text())
    assert not [name for name in seen if name.startswith("PRIMUM_") or "SECRET" in name]
    assert seen["cwd"] == seen["HOME"] == str(tmp_path / "run")
    assert "canary" not in json.dumps(seen)


def test_what_a_trainer_prints_stays_in_its_folder(tmp_path, capfd):
    code = replaced("def train(request, output):", f"def train(request, output):\n    raise ValueError({CANARY!r})")

    with pytest.raises(TrainerFailed) as refused:
        run(tmp_path, code)

    seen = capfd.readouterr()
    assert CANARY not in f"{refused.value}{seen.out}{seen.err}"
    assert CANARY in (tmp_path / "run" / "trainer.log").read_text()


def test_a_link_in_the_output_is_not_followed(tmp_path):
    code = replaced('path.write_text(\'{"rule": "130/80"}\')', "path.symlink_to('/etc/hostname')")

    with pytest.raises(TrainerFailed, match="is no plain file; a link may lead anywhere"):
        run(tmp_path, code)


def test_the_model_in_use_handed_back_is_no_challenger(tmp_path):
    first = run(tmp_path / "one")

    with pytest.raises(TrainerFailed, match="handed back the model that is in use already"):
        run(tmp_path / "two", champion_digest=first.result.model.digest)


def test_a_trainer_may_be_any_command_such_as_a_containers(tmp_path):
    calling = (
        "import importlib.util, json, sys; from pathlib import Path; "
        "spec = importlib.util.spec_from_file_location('t', sys.argv[1]); t = importlib.util.module_from_spec(spec); "
        "spec.loader.exec_module(t); t.train(json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3]))"
    )
    command = (sys.executable, "-c", calling, str(tmp_path / "trainer.py"), "{request}", "{output}")
    (tmp_path / "trainer.py").write_text(TRAINER)
    declared = Trainer(command=command, code_digest=digest_of_file(tmp_path / "trainer.py"), seconds=30)

    assert run(tmp_path, trainer=declared).result.model.version == "2.0"


def test_a_deployment_needs_a_prefect(tmp_path):
    with pytest.raises(TrainerFailed, match="PRIMUM_PREFECT_API_URL names no Prefect"):
        run(tmp_path, trainer=Trainer(deployment="train/bp"))


def test_a_trainer_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TrainerFailed, match=r"There is no trainer 'gone.py' beside the rollout's file"):
        run(tmp_path, trainer=Trainer(entry_point="gone.py:train"))


@pytest.mark.parametrize(
    "given", [{}, {"entry_point": "trainer.py:train", "deployment": "a/b"}, {"entry_point": "trainer"}]
)
def test_a_trainer_is_one_of_three_things(given):
    with pytest.raises(ValueError, match="entry_point"):
        Trainer(**given)


def test_nothing_of_a_trainer_is_imported_here(tmp_path):
    code = "import os\nos.environ['TRAINED_HERE'] = '1'\n" + TRAINER

    run(tmp_path, code)

    assert "TRAINED_HERE" not in os.environ
    assert "trainer" not in sys.modules
