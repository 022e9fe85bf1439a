import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTED = {
    "mark_skip": "import pytest\n\n@pytest.mark.skip\ndef test_one(): ...\n",
    "mark_skipif": "import pytest\n\n@pytest.mark.skipif(True, reason='x')\ndef test_one(): ...\n",
    "call_skip": "import pytest\n\ndef test_one():\n    pytest.skip('x')\n",
    "skip_module": "import pytest\n\npytest.skip('x', allow_module_level=True)\n",
    "importorskip": "import pytest\n\npytest.importorskip('no_such_library')\n",
    "xfail": "import pytest\n\n@pytest.mark.xfail\ndef test_one():\n    assert False\n",
    "xfail_passes": "import pytest\n\n@pytest.mark.xfail(strict=False)\ndef test_one(): ...\n",
    "no_parameters": "import pytest\n\n@pytest.mark.parametrize('x', [])\ndef test_one(x): ...\n",
    "warning": "import warnings\n\ndef test_one():\n    warnings.warn('x')\n",
}
PLAIN = "plain"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name, text in {**PLANTED, PLAIN: "def test_one(): ...\n"}.items():
        (folder / "tests" / f"test_{name}.py").write_text(text)
    quiet = ["-p", "no:cacheprovider", "-p", "no:xdist", "-rA", "--continue-on-collection-errors"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *quiet],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.splitlines()


@pytest.mark.parametrize("how", PLANTED)
def test_a_test_that_skips_or_warns_fails(how, report):
    outcomes = {line.split()[0] for line in report if f" tests/test_{how}.py" in line and line.split()[0].isupper()}

    assert outcomes <= {"FAILED", "ERROR"}
    assert outcomes


def test_a_plain_test_passes_beside_them(report):
    assert f"PASSED tests/test_{PLAIN}.py::test_one" in report
    assert "skipped" not in report[-1]
    assert "xfailed" not in report[-1]
