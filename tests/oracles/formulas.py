"""R's model formulas of oracle rows, ``y ~ a + b(P ref A) + factor(c) + a:b + (1|site)``, as cells of a regression."""

import re

import numpy as np

from primum.evidence.models.grouped import grouped
from tests.oracles import datasets

REFERENCES = ("control", "placebo", "A", "usual care", "Control", "Placebo", "0")
EVENTS = {"yes": 1, "no": 0, "Yes": 1, "No": 0, "TRUE": 1, "FALSE": 0, "True": 1, "False": 0}
RENAMED = {"indo_rct": {"outcome": "pancreatitis"}, "ohio_wheeze": {"outcome": "resp"}}
TERM = re.compile(r"^(?:factor|C|as\.factor)?\(?(?P<name>[\w.]+?)\)?(?:\((?P<detail>[^()|]*)\))?$")


def rows_of(given):
    """The rows of the data set that a row names, after its filter."""
    table = datasets.read(given["dataset"])
    for wanted in filter(None, re.split(r"\s*(?:&&?|,|\band\b)\s*", given.get("filter") or "")):
        match = re.match(r"^(!?)\s*([\w.]+)\s*(?:(==|=|!=)\s*['\"]?([^'\"]*)['\"]?)?$", wanted.strip())
        negated, column, operator, level = match.groups()
        kept = table[column].astype(str) == level if operator else table[column].fillna(False).astype(bool)
        table = table[kept != (bool(negated) or operator == "!=")]
    return table


def clusters_of(table, text):
    """One number per cluster, in order of first appearance, from ``id`` or ``center x id``."""
    columns = [one for one in re.split(r"\s*(?:\bx\b|[*:+,&])\s*", text) if one in table]
    return table.groupby(columns, sort=False).ngroup().to_numpy()


def outcome_of(table, name, *, dataset=""):
    """The outcome as numbers; yes and no are 1 and 0."""
    stem = dataset.rsplit("/", 1)[-1].split(".")[0]
    column = table[name if name in table else RENAMED.get(stem, {}).get(name, name)]
    return (
        column.map(EVENTS).astype(float)
        if column.dtype.kind in "OTUS" or column.dtype == "str"
        else column.astype(float)
    )


def cells_of(given, *, cluster=""):
    """The cells of a regression, and the names under which each of its terms may be expected."""
    table = rows_of(given)
    left, right = (side.strip() for side in given["formula"].split("~"))
    random = re.search(r"\(\s*1\s*\|\s*([\w.:]+)\s*\)", right)
    grouping = cluster or given.get("cluster") or (random.group(1) if random else "")
    right = re.sub(r"\+?\s*\(\s*1\s*\|[^)]*\)", "", right)
    outcome = outcome_of(table, left, dataset=given["dataset"])
    table, outcome = table[outcome.notna()], outcome[outcome.notna()]
    columns, aliases = {}, {"(Intercept)": ["(Intercept)"]}
    for text in _products(right):
        parts = [_coded(table, part) for part in text.split(":")]
        for names in _crossed(parts):
            name = ":".join(one[0] for one in names)
            columns[name] = np.prod([one[2] for one in names], axis=0)
            aliases[name] = [":".join(one[1][k] for one in names) for k in range(3)]
    data = grouped(
        columns=columns,
        total=outcome.to_numpy(),
        cluster=clusters_of(table, grouping) if grouping else None,
    )
    return data, aliases


def named(values, aliases):
    """Values of terms under every name they may be expected by."""
    return {alias: value for names, value in zip(aliases.values(), values, strict=True) for alias in names}


def _products(right):
    for text in (one.strip() for one in re.split(r"\+(?![^(]*\))", right)):
        if "*" in text:
            one, two = (part.strip() for part in text.split("*"))
            yield from (one, two, f"{one}:{two}")
        elif text and text != "1":
            yield text


def _crossed(parts):
    if not parts:
        yield []
        return
    for first in parts[0]:
        for rest in _crossed(parts[1:]):
            yield [first, *rest]


def _coded(table, text):
    """Columns of one variable as (name, names by R and others, values); a level named as reference has none."""
    text = text.strip()
    is_factor = text.startswith(("factor", "C(", "as.factor"))
    match = TERM.match(text)
    name, detail = match.group("name"), match.group("detail") or ""
    column, stated = table[name], re.search(r"(?:([\w. ]+?)\s+)?ref(?:erence)?\b[:= ]*([\w. ]+)?", detail)
    is_text = column.dtype.kind in "OTUS" or str(column.dtype) in ("str", "string", "category")
    # A number of two levels stays a number, whatever is said of its reference: R reads it so.
    if not (is_factor or is_text or (stated and column.nunique() > 2)):
        return [(name, [name] * 3, column.to_numpy(float))]
    texts = column.astype(str)
    levels = sorted(texts.unique(), key=lambda level: (float(level) if not is_text else 0.0, level))
    usual = next((level for level in levels if level in REFERENCES), levels[0]) if is_text else levels[0]
    said = [one.strip() for one in (stated.groups() if stated else ()) if one]
    reference = next((one for one in reversed(said) if one in levels), usual)
    kept = [level for level in levels if level != reference]
    return [
        (
            f"{name}{level}",
            [f"{name}{level}", f"factor({name}){level}", name if len(kept) == 1 else f"C({name})[T.{level}]"],
            (texts == level).to_numpy(float),
        )
        for level in kept
    ]
