import json
import re

import pytest

from primum.cli.explained import as_plain, as_text
from primum.evidence.explanations.explaining import Step, Working, explain
from tests import explanation_factories as factories


def working(**changes):
    values = {
        "scope": "all",
        "title": "sensitivity: Found",
        "columns": ("reference", "rows"),
        "cells": (("1", "36"),),
        "formula": "p = x / n\nL solves  P(X >= x | n, L) = a",
        "steps": (Step(symbol="x", meaning="positives found", value="36"),),
        "result": "0.72 (0.575 to 0.838)",
        "reference": "Clopper & Pearson 1934",
        "check_in": "binom.test(36, 50)$conf.int",
    }
    return Working(**(values | changes))


def test_a_derivation_is_printed_part_by_part():
    assert as_text([working()]).splitlines() == [
        "sensitivity: Found",
        "==================",
        "",
        "Counts",
        "  reference  rows",
        "  1          36",
        "",
        "Formula",
        "  p = x / n",
        "  L solves  P(X >= x | n, L) = a",
        "",
        "Steps",
        "  x  36  positives found",
        "",
        "Result",
        "  0.72 (0.575 to 0.838)",
        "",
        "Reference",
        "  Clopper & Pearson 1934",
        "",
        "Check in R",
        "  binom.test(36, 50)$conf.int",
    ]


def test_what_is_not_shown_has_a_title_and_a_result_only():
    bare = working(columns=(), cells=(), formula="", steps=(), reference="", check_in="", result="not shown: few")

    assert as_text([bare]).splitlines()[2:] == ["", "Result", "  not shown: few"]


@pytest.mark.parametrize(("name", "method"), factories.BY_METHOD)
def test_every_derivation_fits_into_100_columns(name, method):
    text = as_text(explain(factories.asked(name, method)))

    assert max(len(line) for line in text.splitlines()) <= 100
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)


@pytest.mark.parametrize("name", ["gap in sensitivity", "wedge", "ratio", "heterogeneity, tau2"])
def test_a_line_of_r_is_broken_only_where_it_goes_on(name):
    check = explain(factories.asked(name, ""))[0].check_in

    printed = as_text([working(check_in=check)]).partition("Check in R\n")[2]

    lines = printed.splitlines()
    assert all(re.search(r"[,;{+\-*/]$", line) for line in lines[:-1])
    assert " ".join(line.strip() for line in lines) == check


def test_json_has_every_part():
    (plain,) = json.loads(json.dumps(as_plain([working()])))

    assert plain["steps"] == [{"symbol": "x", "meaning": "positives found", "value": "36"}]
    assert set(plain) == set(Working.__dataclass_fields__)
