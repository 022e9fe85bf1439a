"""Write the generated reference, or compare what is written with what the code says now."""

import argparse
import difflib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from primum.settings import quiet_telemetry
from tools import pages

ROOT = Path(__file__).parent.parent
GENERATED = ("docs/reference", "schemas")
LONGEST_DIFF = 40
ADVICE = "Run `make docs` and commit what it writes."


def written_by(root: Path) -> dict[str, str]:
    """Return the text of every file that stands in a generated folder, by its path from the root."""
    return {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for folder in GENERATED
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def differences(*, wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence and the first lines of a diff for each file that is missing, stale or left over."""
    for path in sorted({*wanted, *found}):
        if path not in found:
            yield f"{path} is missing. {ADVICE}"
        elif path not in wanted:
            yield f"{path} is generated from nothing any more. {ADVICE}"
        elif wanted[path] != found[path]:
            lines = difflib.unified_diff(
                found[path].splitlines(), wanted[path].splitlines(), f"{path} as written", f"{path} as it should be"
            )
            yield f"{path} is out of date. {ADVICE}\n" + "\n".join([line.rstrip() for line in lines][:LONGEST_DIFF])


def write(*, wanted: Mapping[str, str], root: Path) -> None:
    """Write every generated file and remove what is left over."""
    for path in written_by(root):
        if path not in wanted:
            (root / path).unlink()
    for path, text in wanted.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def main() -> int:
    """Write the reference; with ``--check`` only compare, and answer 1 if something differs."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    quiet_telemetry()
    wanted = pages.everything(ROOT)
    if not parser.parse_args().check:
        write(wanted=wanted, root=ROOT)
        print(f"Wrote {len(wanted)} files under {' and '.join(GENERATED)}.")
        return 0
    problems = list(differences(wanted=wanted, found=written_by(ROOT)))
    print("\n".join(problems) or f"The {len(wanted)} generated files are up to date.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
