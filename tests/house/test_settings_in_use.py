import ast
import re
from pathlib import Path

import pytest

from primum.settings import OTHER_NAMES, TELEMETRY_OFF, Settings

ROOT = Path(__file__).parents[2]
PLACES = ("docker", ".ci", "README.md", "CONTRIBUTING.md", "prefect.yaml", "docs/how-to")


def attributes_read() -> set[str]:
    files = [path for room in ("primum", "flows", "tasks") for path in (ROOT / room).rglob("*.py")]
    nodes = [node for path in files if path.name != "settings.py" for node in ast.walk(ast.parse(path.read_text()))]
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def texts() -> list[Path]:
    tops = [ROOT / place for place in PLACES if (ROOT / place).exists()]
    return [path for top in tops for path in ([top] if top.is_file() else top.rglob("*")) if path.is_file()]


def test_every_setting_is_read_by_something():
    assert set(Settings.model_fields) - attributes_read() == set()


@pytest.mark.parametrize("path", texts(), ids=lambda path: path.name)
def test_a_text_names_only_settings_that_exist(path):
    named = set(re.findall(r"\bPRIMUM_[A-Z_]+\b", path.read_text()))

    assert named - set(Settings.names()) - OTHER_NAMES == set()


@pytest.mark.parametrize("name", TELEMETRY_OFF)
def test_the_containers_keep_quiet_too(name):
    written = "\n".join(path.read_text() for path in (ROOT / "docker").rglob("*") if path.is_file())

    assert re.search(rf"{name}[=:] *\"?{TELEMETRY_OFF[name]}\b", written)
