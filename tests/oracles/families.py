"""One function per oracle family, gathered from the modules ``families_*.py`` beside this one."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

Inputs = Mapping[str, object]
Numbers = dict[str, object]

NOT_YET = frozenset({})
"""Families of the oracle file that no function answers yet."""


def _gathered() -> dict[str, Callable[[Inputs], Numbers]]:
    modules = sorted(path.stem for path in Path(__file__).parent.glob("families_*.py"))
    return {
        family: function
        for name in modules
        for family, function in import_module(f"tests.oracles.{name}").FAMILIES.items()
    }


REPRODUCED = _gathered()
"""Family -> the function that answers its rows: the row's inputs in, our numbers out under the row's own names."""
