import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OURS = {"benchmarks", "flows", "primum", "tasks", "tests", "tools"}
DISTRIBUTIONS = {name: [one.lower() for one in ones] for name, ones in packages_distributions().items()}
# SQLAlchemy finds psycopg by its URL; fastapi reads the forms of a page with python-multipart.
NEEDED_BY_OTHERS = {"psycopg", "python-multipart"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~ ;]", name)[0]).lower()


def run_time() -> set[str]:
    extras = PYPROJECT["project"].get("optional-dependencies", {}).values()
    return {canonical(line) for lines in (PYPROJECT["project"]["dependencies"], *extras) for line in lines}


def development() -> set[str]:
    return {canonical(line) for line in PYPROJECT["dependency-groups"]["dev"]}


def imported(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                for name in names:
                    top = name.split(".")[0]
                    if top not in sys.stdlib_module_names | OURS and not (path.parent / f"{top}.py").is_file():
                        yield str(path.relative_to(ROOT)), top


@pytest.mark.parametrize(
    ("folders", "allowed"),
    [
        (("primum", "flows", "tasks"), run_time()),
        (("tests", "tools", "benchmarks"), run_time() | development()),
    ],
    ids=["product", "tests and tools"],
)
def test_what_is_imported_is_declared(folders, allowed):
    undeclared = {
        (path, top)
        for path, top in imported(*folders)
        if not {canonical(one) for one in DISTRIBUTIONS.get(top, [top])} & allowed
    }

    assert undeclared == set()


def test_what_is_declared_is_imported():
    names = {canonical(one) for _, top in imported("primum", "flows", "tasks") for one in DISTRIBUTIONS.get(top, [top])}

    assert run_time() - names - NEEDED_BY_OTHERS == set()
