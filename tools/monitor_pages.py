"""The page that is written from the kinds of monitors: what each notices, needs and is told."""

from pathlib import Path

from primum.evidence.watching.kinds import KINDS, MonitorKind
from tools.layout import document, plain, table


def monitors(_root: Path) -> str:
    """Return the page of the kinds of monitors: how each is designed, its columns of counts and its parameters."""
    rows = [(f"[`{kind.name}`](#{kind.name})", kind.notices, plain(kind.designed)) for kind in KINDS.values()]
    parts = [part for kind in KINDS.values() for part in _of(kind)]
    return document(
        "Kinds of monitors",
        "A monitor of a rollout names a kind and gives its parameters as text. Counts are by period, site and "
        "group; none of a person. `primum monitor explain ROLLOUT MONITOR` says how often one of yours alarms if all "
        "is well, and after how long it notices a change.",
        table(("Kind", "Notices", "How false alarms are designed"), rows),
        *parts,
        source="primum/evidence/watching/kinds.py",
    )


def _of(kind: MonitorKind) -> list[str]:
    columns = [(f"`{name}`", "yes", plain(words)) for name, words in kind.needs.items()]
    columns += [(f"`{name}`", "no", plain(words)) for name, words in kind.may_have.items()]
    fields = kind.parameters.model_fields.items()
    parameters = [(f"`{name}`", "yes" if one.is_required() else "no", plain(one.description)) for name, one in fields]
    serves = f" Can serve {', '.join(kind.serves)}." if kind.serves else ""
    return [
        f"## {kind.name}",
        f"It notices {kind.notices}.{serves}",
        table(("Counts", "Needed", "What they are"), columns),
        table(("Parameter", "Needed", "What it is"), parameters),
    ]
