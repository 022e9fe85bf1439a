"""What somebody asks of a table alone: how its columns are called, and as what use it is to be judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from primum.integrations import configuration, sources
from primum.integrations.counts_files import Described
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.digests import digest
from primum.roadmap.policy import EvidenceKind, Policy
from primum.roadmap.protocol import Protocol
from primum.roadmap.randomised_units import READINGS
from primum.roadmap.rollout import Evidence, Model, Rollout, Use
from primum.roadmap.stages import Stage
from primum.roadmap.uses import Domain, Modality, Mode, ModelClass, Purpose, UseCase

NOT_DECLARED = "not declared"
SHOWS_ONLY = "every-measure"


class RequestRefused(Exception):
    """What is asked of a table does not fit together; the message says what to give instead."""


@dataclass(frozen=True, kw_only=True)
class TableRequest:
    """
    How one or several tables of one kind are to be read and judged.

    ``like`` is a rollout file whose mapping, use and protocol are taken over; what is given beside it goes before.
    """

    kind: EvidenceKind
    policy: str
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    subgroups: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    use_case: UseCase | None = None
    purpose: Purpose | None = None
    like: Path | None = None
    protocol: Path | None = None


@dataclass(frozen=True, kw_only=True)
class TableToJudge:
    """A table with the policy, and the rollout it is judged as."""

    evidence: Evidence
    rollout: Rollout
    policy: Policy
    policy_digest: str
    base: Path

    @property
    def mapping(self) -> str:
        """The digest of how the table's columns become those of the contract."""
        return digest({"columns": self.evidence.columns, "values": self.evidence.values})


def table_to_judge(*, request: TableRequest, table: Path | str, at: datetime) -> TableToJudge:
    """
    Return what a request asks of one table; columns that are called as in the contract map themselves.

    :raises RequestRefused: if the request does not fit together
    :raises SourceRefused: if the table cannot be opened
    :raises ConfigurationRefused: if policy, protocol or rollout file cannot be read
    """
    like = configuration.load_rollout(request.like) if request.like else None
    base = Path.cwd()
    protocol = _protocol(request, like)
    evidence = _evidence(request, like, protocol, source=str(table), base=base, at=at)
    policy_base = request.like.parent if like and request.like and request.policy == like.policy else base
    return TableToJudge(
        evidence=evidence,
        rollout=_rollout(request, like, protocol, evidence),
        policy=configuration.load_policy(request.policy, base=policy_base),
        policy_digest=configuration.policy_digest(request.policy, base=policy_base),
        base=base,
    )


def counts_to_judge(*, request: TableRequest, described: Described, at: datetime) -> TableToJudge:
    """
    Return what a request asks of counts that were made elsewhere; their columns are the contract's already.

    :raises RequestRefused: if the counts are of another kind
    :raises ConfigurationRefused: if policy, protocol or rollout file cannot be read
    """
    if described.kind != request.kind:
        raise RequestRefused(f"The counts are of kind '{described.kind}'; you asked for '{request.kind}'.")
    like = configuration.load_rollout(request.like) if request.like else None
    protocol = _protocol(request, like)
    evidence = _made(
        request,
        name=described.name,
        source=described.name,
        columns={one: one for one in described.columns},
        values={},
        subgroups=described.subgroups,
        suites=(),
        at=at,
    )
    return TableToJudge(
        evidence=evidence,
        rollout=_rollout(request, like, protocol, evidence),
        policy=configuration.load_policy(request.policy, base=Path.cwd()),
        policy_digest=configuration.policy_digest(request.policy, base=Path.cwd()),
        base=Path.cwd(),
    )


def _protocol(request: TableRequest, like: Rollout | None) -> Protocol | None:
    if request.protocol:
        return configuration.load_protocol(request.protocol)
    if like and like.protocol:
        return like.protocol
    if request.kind == "trial" or (request.kind == READINGS and request.policy != SHOWS_ONLY):
        what = "A trial is" if request.kind == "trial" else "The table of a reader study is"
        raise RequestRefused(
            f"{what} judged by the question it asked. Give its protocol with `--protocol FILE`, "
            "or a rollout that has one with `--like rollout.yaml`."
        )
    return None


def _evidence(
    request: TableRequest, like: Rollout | None, protocol: Protocol | None, *, source: str, base: Path, at: datetime
) -> Evidence:
    shown = next((one for one in (like.evidence if like else ()) if one.kind == request.kind), None)
    if like and shown is None:
        raise RequestRefused(f"{request.like} declares no table of kind '{request.kind}' to be read alike.")
    name = _name_of(source)
    asked = {**(shown.columns if shown else {}), **request.columns}
    bare = _made(request, name=name, source=source, columns=asked, values={}, subgroups=(), suites=(), at=at)
    subgroups = tuple(dict.fromkeys((*request.subgroups, *(shown.subgroups if shown else ()))))
    itself = _known_names(request.kind, subgroups, protocol) - set(asked)
    found = sources.column_names(evidence=bare, base=base)
    columns = {**asked, **{one: one for one in sorted(itself) if one in found}}
    absent = [one for one in subgroups if one not in columns]
    if absent:
        raise RequestRefused(
            f"The table has no column '{absent[0]}' to compare groups by. "
            f"If it is called otherwise there, add `--map {absent[0]}=its-name`."
        )
    values = {**(shown.values if shown else {}), **{one: dict(two) for one, two in request.values.items()}}
    suites = tuple(str(request.like.parent.resolve() / one) for one in shown.suites) if shown and request.like else ()
    return _made(
        request, name=name, source=source, columns=columns, values=values, subgroups=subgroups, suites=suites, at=at
    )


def _known_names(kind: EvidenceKind, subgroups: Sequence[str], protocol: Protocol | None) -> set[str]:
    endpoints = (protocol.primary, *protocol.safety) if protocol else ()
    return {*(one.name for one in CONTRACTS[kind].columns), *subgroups, *(one.event for one in endpoints)}


def _name_of(source: str) -> str:
    stem = source.rsplit("/", maxsplit=1)[-1].split(".", maxsplit=1)[0].lower()
    letters = "".join(one if one.isalnum() and one.isascii() else "-" for one in stem).strip("-")
    return letters if letters[:1].isalpha() else f"table-{letters or 'one'}"


def _made(
    request: TableRequest,
    *,
    name: str,
    source: str,
    columns: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]],
    subgroups: tuple[str, ...],
    suites: tuple[str, ...],
    at: datetime,
) -> Evidence:
    return Evidence(
        name=name,
        kind=request.kind,
        stages=(Stage.ASSESS,),
        source=source,
        columns=dict(columns),
        values={one: dict(two) for one, two in values.items()},
        subgroups=subgroups,
        suites=suites,
        measured_on=at,
        author=NOT_DECLARED,
    )


def _rollout(request: TableRequest, like: Rollout | None, protocol: Protocol | None, evidence: Evidence) -> Rollout:
    if like:
        use = like.use.model_copy(update=_said(request))
        return like.model_copy(update={"use": use, "protocol": protocol, "evidence": (evidence,)})
    try:
        return _bare(request, protocol, evidence)
    except ValidationError as error:
        raise RequestRefused(f"The table cannot be judged as asked: {error.errors()[0]['msg']}.") from None


def _said(request: TableRequest) -> dict[str, object]:
    said = {
        "use_case": request.use_case,
        "purpose": request.purpose,
        "critical_conditions": request.conditions or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _bare(request: TableRequest, protocol: Protocol | None, evidence: Evidence) -> Rollout:
    return Rollout(
        rollout="table",
        title=evidence.name,
        institution=NOT_DECLARED,
        summary="A table that is judged alone, outside any rollout.",
        model=Model(
            name=NOT_DECLARED,
            version=NOT_DECLARED,
            provider=NOT_DECLARED,
            model_class=ModelClass.OTHER,
            modalities=(Modality.OTHER,),
        ),
        use=Use(
            use_case=request.use_case or UseCase.DECISION_SUPPORT,
            purpose=request.purpose or Purpose.FLAGGING_FINDINGS,
            domain=Domain.CLINICAL,
            mode=Mode.ASSISTIVE,
            human_decision=NOT_DECLARED,
            critical_conditions=request.conditions,
        ),
        policy=request.policy,
        people=NOT_DECLARED,
        sites=NOT_DECLARED,
        protocol=protocol,
        evidence=(evidence,),
    )
