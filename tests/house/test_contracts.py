import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
PYDANTIC = {"pydantic", "pydantic_core"}
FREE = {"roadmap": PYDANTIC, "evidence": PYDANTIC | {"numpy", "scipy"}}
IMPORT_NAMES = {"python-dateutil": "dateutil", "ruamel.yaml": "ruamel"}

# contract, importer, what it imports
BREACHES = [
    ("house", "tasks.planted", "flows"),
    ("house", "primum.actions.planted", "tasks"),
    ("rooms", "primum.web.planted", "primum.cli"),
    ("rooms", "primum.actions.planted", "primum.web"),
    ("rooms", "primum.integrations.planted", "primum.actions"),
    ("rooms", "primum.ledger.planted", "primum.integrations"),
    ("rooms", "primum.integrations.planted", "primum.ledger"),
    ("rooms", "primum.evidence.planted", "primum.ledger"),
    ("rooms", "primum.roadmap.planted", "primum.evidence"),
    ("numbers", "primum.evidence.counts.planted", "primum.evidence.shares"),
    ("numbers", "primum.evidence.shares.planted", "primum.evidence.trials"),
    ("numbers", "primum.evidence.models.planted", "primum.evidence.designs"),
    ("numbers", "primum.evidence.measures.planted", "primum.evidence.explanations"),
    *[("roadmap", "primum.roadmap.planted", name) for name in CONTRACTS["roadmap"]["forbidden_modules"]],
    *[("evidence", "primum.evidence.planted", name) for name in CONTRACTS["evidence"]["forbidden_modules"]],
    *[("doors", f"{room}.planted", "mlflow") for room in ("flows", "tasks", "primum.actions", "primum.ledger")],
    ("doors", "primum.cli.planted", "great_expectations"),
    ("doors", "primum.web.planted", "slack_sdk"),
    *[("doors", "primum.chat.planted", name) for name in CONTRACTS["doors"]["forbidden_modules"]],
    *[("pages", "primum.actions.planted", name) for name in CONTRACTS["pages"]["forbidden_modules"]],
    ("rooms", "primum.chat.planted", "primum.web"),
    ("rooms", "primum.actions.planted", "primum.chat"),
    *[("engine", f"primum.{room}.planted", "prefect") for room in ("actions", "cli", "ledger", "web")],
]


def one_breach_per_importer() -> list[tuple[str, dict[str, list[str]]]]:
    by_contract: dict[str, dict[str, list[str]]] = {}
    for contract, importer, imported in BREACHES:
        by_contract.setdefault(contract, {}).setdefault(importer, []).append(imported)
    return list(by_contract.items())


def house_with(*, folder: Path, planted: dict[str, list[str]]) -> Path:
    for package in ("primum", "flows", "tasks"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for importer, imported in planted.items():
        lines = "".join(f"import {name}\n" for name in imported)
        (folder / Path(*importer.split("."))).with_suffix(".py").write_text(lines)
    return folder


def lint(*, folder: Path, contract: str) -> tuple[int, str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo", "--contract", contract]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return run.returncode, re.sub(r"\s+", " ", run.stdout + run.stderr)


@pytest.mark.parametrize(("contract", "planted"), one_breach_per_importer(), ids=lambda value: str(value)[:8])
def test_each_forbidden_import_is_found(contract, planted, tmp_path):
    code, told = lint(folder=house_with(folder=tmp_path, planted=planted), contract=contract)

    assert code == 1, told
    assert f"{CONTRACTS[contract]['name']} BROKEN" in told
    for importer, imported in planted.items():
        for name in imported:
            assert re.search(rf"{re.escape(importer)} -> {re.escape(name)}\b", told), (importer, name, told)


def test_a_cycle_between_two_modules_of_a_room_is_found(tmp_path):
    planted = {"primum.roadmap.planted": ["primum.roadmap.grown"], "primum.roadmap.grown": ["primum.roadmap.planted"]}

    code, told = lint(folder=house_with(folder=tmp_path, planted=planted), contract="cycles")

    assert code == 1, told
    assert f"{CONTRACTS['cycles']['name']} BROKEN" in told


def test_a_room_nobody_gave_a_place_is_found(tmp_path):
    code, told = lint(folder=house_with(folder=tmp_path, planted={"primum.cellar": []}), contract="rooms")

    assert code == 1, told
    assert "cellar" in told


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_house_as_it_stands_keeps_the_contract(contract):
    code, told = lint(folder=ROOT, contract=contract)

    assert code == 0, told


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_contract_is_broken_on_purpose_somewhere(contract):
    assert contract in {*(breach[0] for breach in BREACHES), "cycles"}


@pytest.mark.parametrize("room", FREE)
def test_a_pure_room_is_closed_to_every_other_dependency(room):
    declared = {re.split(r"[\[<>=!~ ;]", line)[0] for line in declared_dependencies()}

    closed = set(CONTRACTS[room]["forbidden_modules"])

    assert {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in declared} - FREE[room] <= closed


def declared_dependencies() -> list[str]:
    extras = PYPROJECT["project"].get("optional-dependencies", {}).values()
    return [*PYPROJECT["project"]["dependencies"], *(line for extra in extras for line in extra)]
