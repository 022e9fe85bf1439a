"""
One public OFREP server beside ours: ``fast-feature`` of PyPI, in an environment of its own, versions as ours.

It was the only one found that a package registry installs and that needs no container: flagd, Flipt and GO Feature
Flag are programs in Go whose packages on PyPI and npm are clients. It knows one flag that splits by targeting key;
it keeps no allocation, no ledger, no log of answers, and asks for no key.
"""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

from benchmarks.processes import Failed

VERSION = "0.0.2"
SAME = ("fastapi", "uvicorn", "starlette", "pydantic")
APP = """\
import sys
import uvicorn
from fastapi import FastAPI
from fast_feature.core import Flag
from fast_feature.ofrep import OfrepRouter
from fast_feature.storage.inmemory import InMemoryFlagRepository

split = {"fractional": [{"var": "targetingKey"}, ["lmm", 50], ["control", 50]]}
flag = Flag(key="FLAG", variants={"lmm": "lmm", "control": "control"}, default_variant="control", targeting=split)
app = FastAPI(openapi_url=None)
app.include_router(OfrepRouter.build(InMemoryFlagRepository([flag])))
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False, server_header=False)
"""


def command(folder: Path, *, flag: str) -> list[str]:
    """
    Install the server below a folder and return how it is started, its port left to be added.

    :raises Failed: if it cannot be installed
    """
    place = folder / "peer"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    same = [f"{name}=={importlib.metadata.version(name)}" for name in SAME]
    install = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", f"fast-feature=={VERSION}", *same]
    ended = subprocess.run(install, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Failed(f"fast-feature {VERSION} could not be installed:\n{ended.stderr[-1000:]}")
    file = folder / "peer.py"
    file.write_text(APP.replace("FLAG", flag), encoding="utf-8")
    return [str(place / "bin" / "python"), str(file)]
