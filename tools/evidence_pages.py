"""The pages that are written from contracts and metrics: what a table holds, and what is computed of it."""

from pathlib import Path

from primum.evidence.explanations.explaining import FORMULAS
from primum.evidence.measures.registry import METHODS, METRICS
from primum.roadmap.columns import Column
from primum.roadmap.contracts import CONTRACTS
from tools.layout import document, plain, table


def contracts(_root: Path) -> str:
    """Return the page of the contracts: the columns of each kind of evidence."""
    parts: list[str] = []
    for kind, contract in CONTRACTS.items():
        free = " Further columns may be mapped." if contract.free else ""
        parts += [
            f"## {kind}",
            f"{plain(contract.meaning)} One row for each {' and '.join(contract.unit)}.{free}",
            table(("Column", "Form", "Needed", "What it means"), [_column(one) for one in contract.columns]),
        ]
    return document("Contracts", *parts, source="primum/roadmap/contracts.py")


def metrics(_root: Path) -> str:
    """Return the page of the metrics: what a policy may ask for, by which method, after which paper."""
    rows = [
        (f"`{metric}`", ", ".join(f"`{method}`" for method in METHODS[metric]), _summary(metric)) for metric in METRICS
    ]
    methods = dict.fromkeys(method for named in METHODS.values() for method in named)
    papers = [(f"`{method}`", plain(FORMULAS[method].reference)) for method in methods if method in FORMULAS]
    return document(
        "Metrics and methods",
        "A criterion of a policy names a metric and, in its threshold, one of its methods; the first is taken where it "
        "names none. `primum evaluate ... --explain METRIC` derives one from the counts, step by step.",
        table(("Metric", "Methods", "What it is"), rows),
        "## After which paper",
        table(("Method", "Reference"), papers),
        source="primum/evidence/measures/registry.py",
    )


def _column(column: Column) -> tuple[str, str, str, str]:
    levels = f": {', '.join(f'`{level}`' for level in column.levels)}" if column.levels else ""
    needed = "yes" if column.required else f"for {column.needed_by}" if column.needed_by else "no"
    return f"`{column.name}`", f"{column.form}{levels}", needed, plain(column.meaning)


def _summary(metric: str) -> str:
    return plain((METRICS[metric].__doc__ or "").strip().partition("\n")[0])
