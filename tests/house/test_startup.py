import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("duckdb", "great_expectations", "matplotlib", "mlflow", "pandas", "prefect", "pyarrow", "scipy", "sqlmodel")
COMMANDS = ["--help", "run --help", "gate approve --help"]


@pytest.mark.parametrize("command", COMMANDS)
def test_asking_for_help_loads_no_heavy_library(command, tmp_path):
    code = (
        "import sys\n"
        f"sys.argv = ['primum', *{command.split()!r}]\n"
        "from primum.cli.main import run\n"
        "try:\n    run()\n"
        "except SystemExit as ended:\n"
        f"    print('loaded', [name for name in {HEAVY!r} if name in sys.modules], 'code', ended.code)\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
    )

    assert run.stdout.splitlines()[-1] == "loaded [] code 0"
