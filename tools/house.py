"""The rules of the house that no other tool holds: sizes, places, names, the clock, the environment."""

import ast
import re
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

LONGEST_FUNCTION = 60
MEDIAN_FUNCTION = 10
LONGEST_FILE = 450
LONGEST_TEST = 45
CODE = ("primum", "flows", "tasks")
OWN = (*CODE, "tools", "benchmarks", "tests")
DATA = ("config", "docker", "expectations", "schemas")
BELOW_AN_ENTRANCE = ("roadmap", "evidence", "ledger", "integrations", "actions")
BY_POSITION = {"roadmap": 2, "evidence": 2, "ledger": 2, "integrations": 2, "actions": 1, "web": 2}
EMPTY_NAMES = frozenset({"common", "helper", "helpers", "manager", "misc", "util", "utils"})
CLOCKS = frozenset({"now", "today", "utcnow", "time", "time_ns", "localtime", "gmtime"})
CLOCK_OWNERS = frozenset({"date", "datetime", "dt", "time"})
MOCKS_ONE_IN = 20
TEXT = frozenset({".cfg", ".css", ".html", ".ini", ".json", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml", ""})
BUILT = frozenset({"build", "dist", "mlruns"})
SHOWN = frozenset({".ci", ".dockerignore", ".editorconfig", ".github", ".gitignore"})
# Spelled in pieces, so that this file does not break its own rule.
MACHINE = re.compile("|".join((r"(?<![\w.~-])/(root|work|tmp|Users)" + "/", r"py" + r"pi\.org", "python" + "hosted")))
WAIVER = re.compile(r"# no" + r"qa\b")
WAIVER_WITH_REASON = re.compile(r"# no" + r"qa: [A-Z0-9, ]+ -- \S")
BORROWED = "WHO " + "requires"

Rule = Callable[[Path], Iterator[str]]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def long_functions(root: Path) -> Iterator[str]:
    """Yield a sentence for each function that is longer than 60 lines, and one if their median is over 10."""
    lengths: list[int] = []
    for path in _python(root, *CODE):
        for function in _functions(path):
            lengths.append(_length(function))
            if lengths[-1] > LONGEST_FUNCTION:
                yield f"{_at(root, path, function)} has {lengths[-1]} lines; a function has {LONGEST_FUNCTION} at most."
    if lengths and statistics.median(lengths) > MEDIAN_FUNCTION:
        yield f"The median function has {statistics.median(lengths)} lines; {MEDIAN_FUNCTION} at most is the bar."


def long_files(root: Path) -> Iterator[str]:
    """Yield a sentence for each Python file of more than 450 lines."""
    for path in _python(root, *OWN):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_FILE:
            yield f"{path.relative_to(root)} has {lines} lines; a file has {LONGEST_FILE} at most."


def long_tests(root: Path) -> Iterator[str]:
    """Yield a sentence for each test of more than 45 lines."""
    for path in _python(root, "tests"):
        for function in _functions(path):
            if function.name.startswith("test_") and _length(function) > LONGEST_TEST:
                yield (f"{_at(root, path, function)} has {_length(function)} lines; a test has {LONGEST_TEST} at most.")


def classes_where_work_is_ordered(root: Path) -> Iterator[str]:
    """Yield a sentence for each class defined in flows/ or tasks/."""
    for path in _python(root, "flows", "tasks"):
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ClassDef):
                yield f"{_at(root, path, node)} is a class; flows and tasks define none."


def python_among_data(root: Path) -> Iterator[str]:
    """Yield a sentence for each Python file in a folder that holds data only."""
    for path in _python(root, *DATA):
        yield f"{path.relative_to(root)} is Python; {path.relative_to(root).parts[0]}/ holds data only."


def empty_names(root: Path) -> Iterator[str]:
    """Yield a sentence for each module whose name says nothing."""
    for path in _python(root, *OWN):
        if EMPTY_NAMES & set(path.relative_to(root).with_suffix("").parts):
            yield f"{path.relative_to(root)} says nothing by its name; name it after what it does."


def clocks_below_an_entrance(root: Path) -> Iterator[str]:
    """Yield a sentence for each place below the entrances that reads the clock instead of being told the time."""
    for path in _python(root, *(f"primum/{room}" for room in BELOW_AN_ENTRANCE)):
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Call) and _reads_the_clock(node.func):
                yield f"{_at(root, path, node)} reads the clock; the time is passed in from an entrance."


def environments_read(root: Path) -> Iterator[str]:
    """
    Yield a sentence for each place that reads the environment; the settings do, once.

    A door in integrations may hand a library the variables that this library reads, and a program it starts ours.
    """
    for path in _python(root, *CODE):
        if path == root / "primum" / "settings.py":
            continue
        is_door = root / "primum" / "integrations" in path.parents
        nodes = list(ast.walk(_tree(path)))
        handed_on = {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
        for node in nodes:
            if (_is_our_variable(node) and id(node) not in handed_on) or (_is_the_environment(node) and not is_door):
                yield f"{_at(root, path, node)} reads the environment; only primum/settings.py does."


def positional_arguments(root: Path) -> Iterator[str]:
    """Yield a sentence for each public function that takes more arguments by position than its room allows."""
    for room, most in BY_POSITION.items():
        for path in _python(root, f"primum/{room}"):
            for node in _tree(path).body:
                if isinstance(node, Function) and not node.name.startswith("_") and not _is_route(node):
                    given = len(node.args.posonlyargs) + len(node.args.args)
                    if given > most:
                        yield f"{_at(root, path, node)} takes {given} arguments by position; {most} at most here."


def _is_route(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A page or call is never called by us: the framework fills its arguments by their names."""
    called = (one.func for one in node.decorator_list if isinstance(one, ast.Call))
    return any(isinstance(one, ast.Attribute) and ast.unparse(one.value).endswith("router") for one in called)


def machine_paths(root: Path) -> Iterator[str]:
    """Yield a sentence for each text that names a path of one machine or a package registry."""
    for path in _texts(root):
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            found = MACHINE.search(line)
            if found:
                yield f"{path.relative_to(root)}:{number} says {found[0]!r}; nothing names one machine or a registry."


def prefects_word(root: Path) -> Iterator[str]:
    """Yield a sentence for each name that calls a rollout a deployment, which is Prefect's word."""
    for path in _python(root, *(f"primum/{room}" for room in ("roadmap", "evidence", "ledger", "actions", "web"))):
        for node in ast.walk(_tree(path)):
            name = node.name if isinstance(node, Function | ast.ClassDef) else getattr(node, "arg", None)
            if isinstance(name, str) and "deployment" in name.lower():
                yield f"{_at(root, path, node)} says deployment, which is Prefect's word; ours is rollout."


def borrowed_authority(root: Path) -> Iterator[str]:
    """Yield a sentence for each text that puts the summary's numbers in the mouth of the WHO (AMB1)."""
    for path in _texts(root):
        if path.relative_to(root).parts[0] != "tests" and BORROWED in path.read_text(
            encoding="utf-8", errors="replace"
        ):
            yield f"{path.relative_to(root)} says {BORROWED!r}; say which source document and line."


def waivers_without_a_reason(root: Path) -> Iterator[str]:
    """Yield a sentence for each rule of the linter that is set aside and nobody says why."""
    for path in _python(root, *OWN):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if WAIVER.search(line) and not WAIVER_WITH_REASON.search(line):
                yield f"{path.relative_to(root)}:{number} sets a rule aside; say why, behind two hyphens."


def mocks(root: Path) -> Iterator[str]:
    """Yield a sentence if one test in twenty or more is in a file that uses mocks."""
    everywhere, mocked = 0, 0
    for path in _python(root, "tests"):
        here = sum(function.name.startswith("test_") for function in _functions(path))
        everywhere += here
        mocked += here if "unittest.mock" in _imported(path) else 0
    if mocked * MOCKS_ONE_IN >= everywhere > 0 and mocked:
        yield f"{mocked} of {everywhere} tests are in files that use mocks; fewer than 1 in {MOCKS_ONE_IN} may."


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        long_functions,
        long_files,
        long_tests,
        classes_where_work_is_ordered,
        python_among_data,
        empty_names,
        clocks_below_an_entrance,
        environments_read,
        positional_arguments,
        machine_paths,
        prefects_word,
        borrowed_authority,
        waivers_without_a_reason,
        mocks,
    )
}


def _python(root: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            if "__pycache__" not in path.parts:
                yield path


def _texts(root: Path) -> Iterator[Path]:
    for top in sorted(root.iterdir()):
        if (top.name.startswith(".") and top.name not in SHOWN) or top.name in BUILT:
            continue
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts:
                yield path


def _tree(path: Path) -> ast.Module:
    return _parsed(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=1024)
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, Function))


def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(_tree(path)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {
        name
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        for name in (f"{node.module}", f"{node.module}.{alias.name}")
    }


def _reads_the_clock(called: ast.expr) -> bool:
    if not isinstance(called, ast.Attribute) or called.attr not in CLOCKS:
        return False
    owner = called.value
    last = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return last in CLOCK_OWNERS


def _is_the_environment(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "putenv"}


def _is_our_variable(node: ast.AST) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and re.fullmatch(r"PRIMUM_[A-Z_]+", text) is not None


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _at(root: Path, path: Path, node: ast.AST) -> str:
    name = getattr(node, "name", "")
    return f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}{' ' + name if name else ''}"


def main() -> int:
    """Print a sentence for each broken rule; 1 if there is one."""
    root = Path(__file__).parent.parent
    sentences = [sentence for rule in RULES.values() for sentence in rule(root)]
    print("\n".join(sentences) or f"The house keeps its {len(RULES)} rules.")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
