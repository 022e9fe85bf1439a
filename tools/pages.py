"""Every generated file, each from the code or the data it describes."""

import ast
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic.fields import FieldInfo
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from primum.integrations.schemas import schema_texts
from primum.roadmap.gates import MEANING, TRANSITIONS, GateState
from primum.roadmap.stages import GATE_OF, NEXT_STAGE
from primum.settings import TELEMETRY_OFF, Settings
from tools import slack_messages
from tools.api_description import openapi_text
from tools.evidence_pages import contracts, metrics
from tools.layout import document, plain, table, title_of
from tools.monitor_pages import monitors
from tools.policy_pages import expectations, policies, requirements

Page = Callable[[Path], str]
EXIT_CODES = (
    (0, "done"),
    (1, "a gate is not passed"),
    (2, "the command was misused"),
    (3, "indeterminate: something could not be read or reached"),
    (4, "denied: this person may not do this"),
)


def everything(root: Path) -> dict[str, str]:
    """Return the text of every generated file by its path from the root."""
    written = {f"docs/reference/{name}.md": page(root) for name, page in PAGES.items()}
    written["docs/reference/README.md"] = _contents(written)
    return written | {"docs/reference/openapi.json": openapi_text()} | schemas()


def schemas() -> dict[str, str]:
    """Return the JSON Schemas that ``primum schema`` writes."""
    return {f"schemas/{name}": text for name, text in schema_texts().items()}


def states(_root: Path) -> str:
    """Return the page of the gate's states: a diagram and the table it is drawn from."""
    arrows = [f"    {_node(now)} --> {_node(then)}" for now, then in _ways()]
    ends = [f"    {_node(state)} --> [*]" for state, ways in TRANSITIONS.items() if not ways]
    named = [f"    {_node(state)}: {state}" for state in TRANSITIONS]
    rows = [
        (state, MEANING[state], ", ".join(sorted(ways)) or "nothing, it is final")
        for state, ways in TRANSITIONS.items()
    ]
    return document(
        "The states of a gate",
        "\n".join(["```mermaid", "stateDiagram-v2", *named, "    [*] --> collecting", *arrows, *ends, "```"]),
        table(("State", "What it means", "What can follow"), rows),
        "A suspended rollout keeps its gates as they are; nothing is applied until it is resumed.",
        "## The gate at the end of each stage",
        table(("Stage", "Gate", "Then"), [(stage, gate, NEXT_STAGE[stage]) for stage, gate in GATE_OF.items()]),
        source="primum/roadmap/gates.py",
    )


def settings(_root: Path) -> str:
    """Return the page of the settings: the variable, its default, what it is for."""
    rows = [
        (f"`{name}`", _default(field), field.description)
        for name, field in zip(Settings.names(), Settings.model_fields.values(), strict=True)
    ]
    return document(
        "Settings",
        "Primum reads these once, when it starts. A name it does not know or a value it cannot use stops it "
        "with a sentence. `primum config show` prints what is in force, passwords hidden.",
        table(("Variable", "Default", "What it is for"), rows),
        "## Telemetry of the libraries",
        "Primum sets these before it loads a library, unless they are set already.",
        table(("Variable", "Value"), [(f"`{name}`", f"`{value}`") for name, value in sorted(TELEMETRY_OFF.items())]),
        source="primum/settings.py",
    )


def command_line(_root: Path) -> str:
    """Return the page of the commands, from the same declarations that ``--help`` prints."""
    top = get_command(importlib.import_module("primum.cli.main").app)
    return document(
        "The command line",
        plain(top.help),
        "## Exit codes",
        table(("Code", "Meaning"), EXIT_CODES),
        *_commands(top, ("primum",)),
        source="primum/cli/",
    )


def behaviour(root: Path) -> str:
    """Return the page of the specification: the titles of tests/spec and their sentences."""
    paths = sorted((root / "tests" / "spec").rglob("test_*.py"))
    parts = [part for path in paths for part in _sentences(path)]
    return document("What Primum does, as tested", *parts, source="tests/spec/")


PAGES: Mapping[str, Page] = {
    "states": states,
    "policy": policies,
    "requirements": requirements,
    "expectations": expectations,
    "contracts": contracts,
    "metrics": metrics,
    "monitors": monitors,
    "behaviour": behaviour,
    "cli": command_line,
    "settings": settings,
    "slack-messages": slack_messages.words,
}


def _ways() -> list[tuple[GateState, GateState]]:
    return [(now, then) for now, ways in TRANSITIONS.items() for then in sorted(ways)]


def _node(state: GateState) -> str:
    return state.replace("-", "_")


def _default(field: FieldInfo) -> str:
    others = {"home": Path("PRIMUM_HOME"), "tracking_uri": ""}
    made = field.get_default(call_default_factory=True, validated_data=others)
    return "none" if made is None else f"`{made}`"


def _commands(command: object, path: tuple[str, ...]) -> list[str]:
    parts: list[str] = []
    for name, child in command.commands.items() if isinstance(command, TyperGroup) else []:
        if not child.hidden and isinstance(child, TyperCommand | TyperGroup):
            rows = [row for parameter in child.params if (row := _parameter(parameter))]
            here = (*path, name)
            parts += [f"## {' '.join(here)}", plain(child.help), table(("Argument or option", "What it does"), rows)]
            parts += _commands(child, here)
    return parts


def _parameter(parameter: object) -> tuple[str, str] | None:
    if isinstance(parameter, TyperArgument) and not parameter.hidden:
        return f"`{(parameter.name or '').upper()}`", plain(parameter.help)
    if isinstance(parameter, TyperOption) and not parameter.hidden and parameter.name != "help":
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        return names, plain(parameter.help)
    return None


def _sentences(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lines = [f"- {_sentence(name)}" for name in tests if name.startswith("test_")]
    return [f"## {_title(tree) or _sentence(path.stem)}", "\n".join(lines)]


def _title(tree: ast.Module) -> str:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "title" for to in node.targets):
            return str(ast.literal_eval(node.value))
    return ""


def _sentence(name: str) -> str:
    words = name.removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]


def _contents(written: Mapping[str, str]) -> str:
    lines = [f"- [{title_of(text)}]({Path(path).name})" for path, text in written.items()]
    return document("Reference", "\n".join(lines), source="tools/pages.py")
