"""Every command that a page shows is one, with options it has."""

import re
import shlex
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from primum.cli.main import app
from primum.cli.naming import UsualUnlessNamed

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docker" / "README.md", *sorted((ROOT / "docs").glob("[ah]*/*.md"))]
A_BLOCK = re.compile(r"```[a-z]*\n(.*?)```", re.DOTALL)
IN_A_LINE = re.compile(r"`([^`\n]*\bprimum [^`\n]*)`")
CALLED = re.compile(r"(?:^|[\s/(])primum ([a-z-].*)$")
TOP = get_command(app)


def commands(page: Path) -> list[list[str]]:
    text = page.read_text(encoding="utf-8")
    blocks = "\n".join(A_BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    found = [CALLED.search(line) for line in (*blocks, *IN_A_LINE.findall(text)) if not line.lstrip().startswith("#")]
    return [shlex.split(one.group(1), comments=True) for one in found if one]


def what_is_wrong(words: list[str]) -> list[str]:
    command, rest = TOP, words
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        if rest[0] in command.commands:
            command, rest = command.commands[rest[0]], rest[1:]
        elif isinstance(command, UsualUnlessNamed):
            command = command.commands[command.usual]
        else:
            return [rest[0]]
    return [one for one in rest if one.startswith("--") and one.partition("=")[0] not in options(command)]


def options(command: TyperCommand | TyperGroup) -> set[str]:
    return {"--help", *(name for one in command.params for name in (*one.opts, *one.secondary_opts))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_command_on_a_page_is_one_with_options_it_has(page):
    wrong = {" ".join(words): found for words in commands(page) if (found := what_is_wrong(words))}

    assert wrong == {}


def test_a_command_or_an_option_that_is_not_there_is_found():
    assert what_is_wrong(["gate", "bless", "ONE"]) == ["bless"]
    assert what_is_wrong(["gate", "apply", "ONE", "--hastily"]) == ["--hastily"]
    assert what_is_wrong(["plan", "rollout.yaml", "--data-docs", "pages"]) == []
