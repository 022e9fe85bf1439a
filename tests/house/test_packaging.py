import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import setuptools

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = PYPROJECT["tool"]["setuptools"]["package-dir"]
# The engine's package is the root itself, of which one file travels.
DATA = tuple(folder for folder in FOLDERS.values() if folder != ".")


def pins() -> list[str]:
    text = re.sub(r"\\\n", "", (ROOT / "constraints.txt").read_text())
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    copy = tmp_path_factory.mktemp("source") / "primum"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", out, copy]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("primum-*.whl"))


def test_every_package_is_listed():
    found = set(setuptools.find_packages(str(ROOT), include=["primum*", "flows*", "tasks*"]))

    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == found | set(FOLDERS)


def test_the_wheel_carries_the_code_and_all_data(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())

    expected = {
        str(path.relative_to(ROOT))
        for folder in ("primum", "flows", "tasks")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    } | {"primum/shipped/engine/prefect.yaml"}
    expected |= {
        f"primum/shipped/{path.relative_to(ROOT)}"
        for folder in DATA
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected - names == set()


def test_an_installed_primum_finds_what_it_ships(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)

    code = "import primum.settings as s; print(s.__file__); [print(s.shipped(n)) for n in " + repr(DATA) + "]"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, env={"PYTHONPATH": "."}
    )

    found = [Path(line).resolve() for line in run.stdout.splitlines()]
    assert found == [
        tmp_path / "primum" / "settings.py",
        *(tmp_path / "primum" / "shipped" / name for name in DATA),
    ]


def test_every_pin_has_a_version_and_hashes():
    bare = [line.split()[0] for line in pins() if "==" not in line or "--hash=sha256:" not in line]

    assert bare == []


def test_no_pin_says_where_it_was_downloaded():
    text = (ROOT / "constraints.txt").read_text()

    assert "://" not in text
    assert "index-url" not in text


def test_every_declared_dependency_is_pinned():
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in pins()}
    groups = [
        PYPROJECT["project"]["dependencies"],
        *PYPROJECT["project"].get("optional-dependencies", {}).values(),
        PYPROJECT["dependency-groups"]["dev"],
    ]

    declared = {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~ ;]", line)[0]).lower() for group in groups for line in group}

    assert declared - pinned == set()


def test_fastapi_is_one_that_prefect_starts_with():
    versions = [tuple(map(int, line.split("==")[1].split()[0].split("."))) for line in pins() if "fastapi==" in line]

    assert versions
    assert all((0, 139) <= version < (0, 151) for version in versions)
