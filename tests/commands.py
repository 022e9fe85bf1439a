"""The command line run inside the test's own process, through its real entrance."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from primum.cli.main import run
from primum.integrations.tracking_store import opened
from primum.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return f"{self.out}\n{self.err}"


@pytest.fixture(scope="session")
def empty_tracking_store(tmp_path_factory):
    """An MLflow store as it is after its first use; making one takes seconds."""
    settings = Settings(home=tmp_path_factory.mktemp("mlflow"))
    with opened(settings):
        return settings.home / "mlflow.db"


@pytest.fixture
def primum(monkeypatch, capfd, tmp_path, empty_tracking_store):
    """A function that runs ``primum`` with these words; its home is the test's own."""
    (tmp_path / "home").mkdir()
    shutil.copy(empty_tracking_store, tmp_path / "home" / "mlflow.db")
    return typed_at(tmp_path / "home", monkeypatch=monkeypatch, capfd=capfd)


def typed_at(home: Path, *, monkeypatch, capfd) -> Callable[..., Ended]:
    """A function that runs ``primum`` with these words, in a home that is there already."""
    monkeypatch.setenv("PRIMUM_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["primum", *words])
        capfd.readouterr()
        code = 0
        try:
            run()
        except SystemExit as ended:
            code = int(ended.code or 0)
        seen = capfd.readouterr()
        return Ended(code=code, out=seen.out, err=seen.err)

    return call
