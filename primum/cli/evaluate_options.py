"""What is written behind ``primum evaluate``, as a request."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from primum.actions.table_request import TableRequest
    from primum.roadmap.policy import EvidenceKind

Choice = TypeVar("Choice", bound=StrEnum)


def request_of(
    *,
    kind: str,
    policy: str,
    mapped: list[str],
    values: list[str],
    subgroups: list[str],
    conditions: list[str],
    use_case: str,
    purpose: str,
    like: Path | None,
    protocol: Path | None,
) -> "TableRequest":
    """
    Return the request that these options make.

    :raises RequestRefused: if one of them says nothing that is known
    """
    from typing import cast

    from primum.actions.table_request import RequestRefused, TableRequest
    from primum.roadmap.contracts import CONTRACTS
    from primum.roadmap.uses import Purpose, UseCase

    if kind not in CONTRACTS:
        raise RequestRefused(f"There is no kind '{kind}' of table; known are {', '.join(CONTRACTS)}.")
    return TableRequest(
        kind=cast("EvidenceKind", kind),
        policy=policy,
        columns=_pairs(mapped, option="--map", form="contract=yours"),
        values=_values(values),
        subgroups=tuple(subgroups),
        conditions=tuple(conditions),
        use_case=_one_of(use_case, UseCase, option="--use-case"),
        purpose=_one_of(purpose, Purpose, option="--purpose"),
        like=like,
        protocol=protocol,
    )


def _one_of(given: str, known: type[Choice], *, option: str) -> Choice | None:
    from primum.actions.table_request import RequestRefused

    if given and given not in list(known):
        raise RequestRefused(f"{option} {given} is not known; known are {', '.join(known)}.")
    return known(given) if given else None


def _pairs(given: list[str], *, option: str, form: str) -> dict[str, str]:
    from primum.actions.table_request import RequestRefused

    odd = next((one for one in given if "=" not in one.strip("=")), None)
    if odd is not None:
        raise RequestRefused(f"{option} '{odd}' says nothing; write it as {form}.")
    return dict(one.split("=", maxsplit=1) for one in given)


def _values(given: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for left, meant in _pairs(given, option="--value", form="column:yours=contract").items():
        column, _, raw = left.partition(":")
        found.setdefault(column, {})[raw] = meant
    return found
