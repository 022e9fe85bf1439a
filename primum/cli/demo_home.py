"""A home of a demo's own: whatever the environment names, a real ledger is never touched."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from primum.cli import entrance
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.settings import Settings

MARKER = "made-by-primum-demo"


def settings_of(folder: Path) -> "Settings":
    """Return settings in which everything lies in one folder; a folder that a demo did not make is left alone."""
    from primum.settings import Settings, quiet_telemetry

    quiet_telemetry()
    home = folder.absolute()
    if home.exists() and not (home / MARKER).exists():
        entrance.say(f"{folder} exists and was not made by a demo; name another folder with --home.")
        entrance.leave(ExitCode.USAGE)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / MARKER).touch()
    return Settings(
        home=home,
        database_url=f"sqlite:///{home}/primum.db",
        tracking_uri=f"sqlite:///{home}/mlflow.db",
        artifacts=home / "artifacts",
        ledger_key=home / "ledger.key",
        prefect_api_url=None,
    )
