"""What the figures were measured on; without it they say nothing."""

import importlib.metadata
import importlib.util
import os
import platform
import subprocess
from datetime import datetime
from pathlib import Path

from benchmarks.processes import ROOT

LIBRARIES = ("great-expectations", "mlflow", "prefect", "pandas", "pyarrow", "numpy", "scipy", "matplotlib")


def described(*, at: datetime) -> list[str]:
    """Return the date, the code, the machine, its load and the versions, a line each."""
    load, _, _ = os.getloadavg()
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    return [
        f"- Measured on {at:%Y-%m-%d}, code of commit `{_commit()}`.",
        f"- {platform.system()} {platform.machine()}, {_processor()}, {os.cpu_count()} cores, {_memory()} GB.",
        f"- Load average {load:.1f} before the run. The machine is shared with others, so seconds vary.",
        f"- Python {platform.python_version()}; {versions}.",
        "- Seconds are of the clock: the median of the rounds, and the smallest and largest.",
        "- Ratios are of processor seconds, which neighbours stretch less: of each round, then the median of these.",
        f"- Bytecode: {_compiled()}.",
    ]


def _commit() -> str:
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or "unknown"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


def _memory() -> int:
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)


def _compiled() -> str:
    files = list((ROOT / "primum").rglob("*.py"))
    ready = sum(_is_compiled(path) for path in files)
    return f"compiled for {ready} of Primum's {len(files)} modules; the libraries as pip compiled them"


def _is_compiled(path: Path) -> bool:
    cached = Path(importlib.util.cache_from_source(path))
    return cached.exists() and cached.stat().st_mtime >= path.stat().st_mtime
