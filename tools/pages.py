"""The pages of the reference, each from the code or the data it describes."""

import ast
import importlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from primum.roadmap.gates import MEANING, TRANSITIONS, GateState
from primum.roadmap.policy import Policy, Source, Threshold
from primum.roadmap.stages import GATE_OF, NEXT_STAGE
from primum.settings import TELEMETRY_OFF, Settings

HEAD = "<!-- Written by `make docs`; change the source named below and write it again. -->"
Page = Callable[[Path], str]


def everything(root: Path) -> dict[str, str]:
    """Return the text of every generated file by its path from the root."""
    written = {f"docs/reference/{name}.md": page(root) for name, page in PAGES.items()}
    written["docs/reference/README.md"] = _contents(written)
    return written


def states(_root: Path) -> str:
    """Return the page of the gate's states: a diagram and the table it is drawn from."""
    arrows = [f"    {_node(now)} --> {_node(then)}" for now, then in _ways()]
    ends = [f"    {_node(state)} --> [*]" for state, ways in TRANSITIONS.items() if not ways]
    named = [f"    {_node(state)}: {state}" for state in TRANSITIONS]
    rows = [
        (state, MEANING[state], ", ".join(sorted(ways)) or "nothing, it is final")
        for state, ways in TRANSITIONS.items()
    ]
    gate_rows = [(stage, gate, NEXT_STAGE[stage]) for stage, gate in GATE_OF.items()]
    return _page(
        "The states of a gate",
        "primum/roadmap/gates.py",
        "\n".join(["```mermaid", "stateDiagram-v2", *named, "    [*] --> collecting", *arrows, *ends, "```"]),
        _table(("State", "What it means", "What can follow"), rows),
        "A suspended rollout keeps its gates as they are; nothing is applied until it is resumed.",
        "## The gate at the end of each stage",
        _table(("Stage", "Gate", "Then"), gate_rows),
    )


def settings(_root: Path) -> str:
    """Return the page of the settings: the variable, its default, what it is for."""
    rows = [
        (f"`{name}`", _default(field), field.description)
        for name, field in zip(Settings.names(), Settings.model_fields.values(), strict=True)
    ]
    quiet = [(f"`{name}`", f"`{value}`") for name, value in sorted(TELEMETRY_OFF.items())]
    return _page(
        "Settings",
        "primum/settings.py",
        "Primum reads these once, when it starts. A name it does not know or a value it cannot use stops it "
        "with a sentence. `primum config show` prints what is in force, passwords hidden.",
        _table(("Variable", "Default", "What it is for"), rows),
        "## Telemetry of the libraries",
        "Primum sets these before it loads a library, unless they are set already.",
        _table(("Variable", "Value"), quiet),
    )


def command_line(_root: Path) -> str:
    """Return the page of the commands, from the same declarations that ``--help`` prints."""
    application = importlib.import_module("primum.cli.main").app
    top = get_command(application)
    codes = [
        (0, "done"),
        (1, "a gate is not passed"),
        (2, "the command was misused"),
        (3, "indeterminate: something could not be read or reached"),
        (4, "denied: this person may not do this"),
    ]
    return _page(
        "The command line",
        "primum/cli/",
        _first_paragraph(top.help),
        "## Exit codes",
        _table(("Code", "Meaning"), codes),
        *_commands(top, ("primum",)),
    )


def policies(root: Path) -> str:
    """Return the page of the policies: each threshold with the line it comes from, each ambiguity resolved."""
    configuration = importlib.import_module("primum.integrations.configuration")
    paths = sorted((root / "config" / "policies").glob("*.yaml"))
    loaded = [configuration.load_policy(str(path), base=root) for path in paths]
    return _page("Policies", "config/policies/", *(part for policy in loaded for part in _policy(policy)))


def expectations(root: Path) -> str:
    """Return the page of the expectation suites: each expectation with its reason and its requirements."""
    paths = sorted((root / "expectations").glob("*.json"))
    return _page(
        "Expectations",
        "expectations/",
        "Each suite is data that a data steward can review and extend without writing Python.",
        *(part for path in paths for part in _suite(path)),
    )


def behaviour(root: Path) -> str:
    """Return the page of the specification: the titles of tests/spec and their sentences."""
    paths = sorted((root / "tests" / "spec").rglob("test_*.py"))
    return _page(
        "What Primum does, as tested",
        "tests/spec/",
        *(part for path in paths for part in _sentences(path)),
    )


PAGES: Mapping[str, Page] = {
    "states": states,
    "settings": settings,
    "cli": command_line,
    "policy": policies,
    "expectations": expectations,
    "behaviour": behaviour,
}


def _ways() -> list[tuple[GateState, GateState]]:
    return [(now, then) for now, ways in TRANSITIONS.items() for then in sorted(ways)]


def _node(state: GateState) -> str:
    return state.replace("-", "_")


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        made = field.get_default(call_default_factory=True, validated_data={"home": Path("PRIMUM_HOME")})
        return f"`{made}`"
    return "none" if field.default is None else f"`{field.default}`"


def _commands(command: object, path: tuple[str, ...]) -> list[str]:
    parts: list[str] = []
    for name, child in sorted(command.commands.items()) if isinstance(command, TyperGroup) else []:
        if not child.hidden and isinstance(child, TyperCommand | TyperGroup):
            rows = [row for parameter in child.params if (row := _parameter(parameter))]
            here = (*path, name)
            parts += [f"## {' '.join(here)}", _plain(child.help)]
            parts += [_table(("Argument or option", "What it does"), rows)] if rows else []
            parts += _commands(child, here)
    return parts


def _parameter(parameter: object) -> tuple[str, str] | None:
    if isinstance(parameter, TyperArgument) and not parameter.hidden:
        return f"`{(parameter.name or '').upper()}`", _plain(parameter.help)
    if isinstance(parameter, TyperOption) and not parameter.hidden and parameter.name != "help":
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        return names, _plain(parameter.help)
    return None


def _policy(policy: Policy) -> list[str]:
    criteria = [
        (
            f"`{one.id}`",
            one.title,
            _threshold(one.threshold),
            str(one.level),
            ", ".join(one.gates),
            ", ".join(one.requirements),
            _source(one.source),
        )
        for one in policy.criteria
    ]
    seats = [
        (str(one.role), one.people, ", ".join(one.gates), ", ".join(one.requirements), _source(one.source))
        for one in policy.seats
    ]
    documents = [
        (f"`{one.kind}`", one.title, str(one.level), ", ".join(one.gates), _source(one.source))
        for one in policy.documents
    ]
    ambiguities = [(one.id, one.question, one.resolution) for one in policy.ambiguities]
    return [
        f"## {policy.title} (`{policy.id}`, version {policy.version})",
        _plain(policy.provenance),
        "### Criteria",
        _table(("Criterion", "Title", "Threshold", "Level", "Gates", "Requirements", "Source"), criteria),
        "### Seats",
        _table(("Role", "People", "Gates", "Requirements", "Source"), seats),
        "### Documents",
        _table(("Document", "Title", "Level", "Gates", "Source"), documents),
        "### Ambiguities of the sources, and how this policy resolves them",
        _table(("Ambiguity", "Question", "Resolution"), ambiguities),
    ]


def _threshold(threshold: Threshold | None) -> str:
    if threshold is None:
        return "shown"
    words = str(threshold.operator).replace("_", " ")
    return f"{threshold.bound} {words} {threshold.value} ({threshold.method})"


def _source(source: Source) -> str:
    return source.words if source.file == "local" else f"{source.file}:{source.line}"


def _suite(path: Path) -> list[str]:
    suite = json.loads(path.read_text(encoding="utf-8"))
    rows = [_expectation(one) for one in suite.get("expectations", [])]
    return [f"## {path.stem}", _table(("Expectation", "Column", "Why", "Requirements"), rows)]


def _expectation(one: dict[str, Any]) -> tuple[str, str, str, str]:
    arguments = one.get("kwargs", {})
    columns = [str(arguments[key]) for key in ("column", "column_A", "column_B", "column_list") if key in arguments]
    notes = one.get("notes", "")
    return (
        f"`{one['type']}`",
        ", ".join(f"`{column}`" for column in columns),
        " ".join(notes) if isinstance(notes, list) else str(notes),
        ", ".join(one.get("meta", {}).get("requirements", [])),
    )


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
    lines = [f"- [{text.splitlines()[2].removeprefix('# ')}]({Path(path).name})" for path, text in written.items()]
    return _page("Reference", "tools/pages.py", "\n".join(lines))


def _page(title: str, source: str, *parts: str) -> str:
    body = "\n\n".join(part for part in parts if part)
    return f"{HEAD}\n\n# {title}\n\nSource: `{source}`\n\n{body}\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [tuple(head), ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    return _plain(str(value)).replace("|", "\\|")


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def _first_paragraph(text: str | None) -> str:
    return _plain((text or "").split("\n\n")[0])
