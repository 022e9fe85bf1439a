"""What a page shows, as plain strings; a presenter fills these and a template only prints them."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, kw_only=True)
class Mark:
    """An outcome as word and symbol; ``kind`` names its colour, which never stands alone."""

    word: str
    symbol: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class ReasonView:
    """One reason why a gate does not open, with the requirements behind it."""

    mark: Mark
    sentence: str
    requirements: str


@dataclass(frozen=True, kw_only=True)
class EstimateView:
    """One estimate: whom it is about, the number, its interval, how many people."""

    group: str
    value: str
    interval: str
    counts: str
    note: str
    mark: Mark | None


@dataclass(frozen=True, kw_only=True)
class CriterionView:
    """One criterion of the policy and what was measured for it."""

    title: str
    mark: Mark
    level: str
    asked: str
    method: str
    source: str
    requirements: str
    about: str
    first: tuple[EstimateView, ...]
    more: tuple[EstimateView, ...]


@dataclass(frozen=True, kw_only=True)
class ExpectationView:
    """One expectation on a table: counts only, never a value."""

    words: str
    mark: Mark
    counts: str
    requirements: str


@dataclass(frozen=True, kw_only=True)
class TableView:
    """One table: where its expectations stand and what it is known by."""

    name: str
    mark: Mark
    summary: str
    digest: str
    broken: tuple[ExpectationView, ...]
    kept: tuple[ExpectationView, ...]


@dataclass(frozen=True, kw_only=True)
class CheckView:
    """A finding that is neither a criterion nor a table: a document, the design, the time a stage lasts."""

    title: str
    mark: Mark
    sentence: str
    requirements: str
    level: str


@dataclass(frozen=True, kw_only=True)
class SeatView:
    """One seat and the signature on it, if there is one."""

    role: str
    mark: Mark
    person: str
    reason: str
    at: str


@dataclass(frozen=True, kw_only=True)
class FigureView:
    """A figure with its data table; ``svg`` is ours and stands in the page as it is."""

    title: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class FactView:
    """A named fact; ``code`` marks what is copied rather than read, such as a digest."""

    name: str
    value: str
    code: bool = False


@dataclass(frozen=True, kw_only=True)
class GateView:
    """What is known of a gate besides its evaluation; everything is text already."""

    gate: str
    name: str
    title: str
    institution: str
    kind: str
    summary: str
    model: str
    decision: str
    stage: str
    state: str
    opened: str
    expires: str
    digest: str
    run_id: str
    experiment: str
    next_step: str
    commands: tuple[str, ...]
    seats: tuple[SeatView, ...]


@dataclass(frozen=True, kw_only=True)
class GatePage:
    """The whole gate page."""

    view: GateView
    heading: str
    state: Mark
    state_words: str
    verdict: str
    reasons: tuple[ReasonView, ...]
    criteria: tuple[CriterionView, ...]
    figures: tuple[FigureView, ...]
    tables: tuple[TableView, ...]
    documents: tuple[CheckView, ...]
    documents_in_force: tuple[CheckView, ...]
    checks: tuple[CheckView, ...]
    facts: tuple[FactView, ...]


@dataclass(frozen=True, kw_only=True)
class BoardRow:
    """One rollout on the board."""

    rollout: str
    title: str
    kind: str
    stage: str
    gate: str
    state: str
    mark: Mark
    exposure: str
    reasons: tuple[str, ...]
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class BoardColumn:
    """One stage of the board with its rollouts."""

    stage: str
    rows: tuple[BoardRow, ...]


@dataclass(frozen=True, kw_only=True)
class BoardPage:
    """The whole board."""

    at: str
    summary: str
    columns: tuple[BoardColumn, ...]


@dataclass(frozen=True, kw_only=True)
class GlanceView:
    """One criterion in one line: what was asked, what was measured where it is worst, what that comes to."""

    title: str
    measured: str
    asked: str
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class MeasuredView:
    """One criterion with its finding in a sentence, and what would change it."""

    view: CriterionView
    sentence: str
    outlook: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GroupView:
    """How many rows belong to each level of one attribute: (level, rows)."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class ReadingView:
    """A place where the source documents allow two readings, the one taken, and what it touched here."""

    question: str
    resolution: str
    here: str


@dataclass(frozen=True, kw_only=True)
class WordView:
    """A word of the page and what it means."""

    word: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class EvaluationView:
    """The whole page of the evaluation of a table."""

    title: str
    above: str
    mark: Mark
    verdict: str
    next_step: str
    facts: tuple[FactView, ...]
    groups: tuple[GroupView, ...]
    glance: tuple[GlanceView, ...]
    deciding: tuple[MeasuredView, ...]
    shown: tuple[MeasuredView, ...]
    figures: tuple[FigureView, ...]
    left_out: tuple[str, ...]
    tables: tuple[TableView, ...]
    readings: tuple[ReadingView, ...]
    otherwise: str
    words: tuple[WordView, ...]
    record: tuple[FactView, ...]
    commands: tuple[str, ...]
