"""The names of a table's columns: each once, and every mapped one there."""

from collections.abc import Sequence

from primum.integrations.source_files import OpenFile
from primum.integrations.source_limits import Limits, SourceRefused, refused
from primum.roadmap.rollout import Evidence


def check_header(file: OpenFile, names: Sequence[str]) -> None:
    """
    Do nothing if a file's column names can be mapped.

    :raises SourceRefused: if they are too many, one appears twice, or a mapped one is absent
    """
    check_names(evidence=file.evidence, names=names, limits=file.limits)


def check_names(*, evidence: Evidence, names: Sequence[str], limits: Limits) -> None:
    """
    Do nothing if these column names can be mapped.

    The names in the table are not shown: in a file without a header they are a patient's values.

    :raises SourceRefused: if they are too many, one appears twice, or a mapped one is absent
    """
    if len(names) > limits.columns:
        raise refused(evidence, f"has {len(names):,} columns; {limits.columns:,} at most are read.")
    _refuse_twice(evidence, names)
    for contract, raw in evidence.columns.items():
        if raw not in names:
            raise _absent(evidence, contract=contract, raw=raw, names=names)


def _refuse_twice(evidence: Evidence, names: Sequence[str]) -> None:
    mapped = set(evidence.columns.values())
    twice = {name for name in names if names.count(name) > 1}
    if not twice:
        return
    shown = ", ".join(f"'{name}'" for name in sorted(twice & mapped))
    which = f"{shown} among them" if shown else "none of them mapped"
    raise refused(
        evidence,
        f"has {len(twice)} column name(s) more than once, {which}. Give every column its own name.",
    )


def _absent(evidence: Evidence, *, contract: str, raw: str, names: Sequence[str]) -> SourceRefused:
    near = [name for name in names if name.strip().casefold() == raw.strip().casefold()]
    advice = f"did you mean '{near[0]}'" if len(near) == 1 else "correct the name under `columns`, or add the column"
    return refused(
        evidence,
        f"has no column '{raw}', which is mapped to '{contract}'; it has {len(names)} columns with other names. "
        f"{advice[0].upper()}{advice[1:]}{'?' if len(near) == 1 else '.'}",
    )
