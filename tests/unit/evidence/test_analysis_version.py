import re
import shutil
import subprocess
import sys
from pathlib import Path

from primum.evidence import ANALYSIS_VERSION, analysis_version

ROOT = Path(__file__).parents[3]


def version_in(folder: Path) -> str:
    code = "from primum.evidence import analysis_version; print(analysis_version())"
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_the_version_names_the_release_and_the_source_of_the_numbers():
    assert re.fullmatch(rf"{re.escape(ANALYSIS_VERSION)}\+[0-9a-f]{{12}}", analysis_version())


def test_any_change_of_the_analysis_code_is_another_version(tmp_path):
    shutil.copytree(ROOT / "primum", tmp_path / "primum", ignore=shutil.ignore_patterns("__pycache__"))
    before = version_in(tmp_path)

    with (tmp_path / "primum" / "evidence" / "cells.py").open("a") as source:
        source.write("# a change\n")

    assert before == analysis_version()
    assert version_in(tmp_path) != before
