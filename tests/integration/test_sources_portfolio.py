"""Every table of the shipped portfolio fits its contract; what its expectations say is on record."""

import pytest

from primum.evidence.counts.counting import count
from primum.evidence.measures.registry import keys_of
from primum.integrations import sources
from primum.integrations.configuration import load_rollout
from primum.integrations.expectations import check_table
from primum.roadmap.verdicts import Outcome
from primum.settings import shipped

FILES = sorted(shipped("examples").glob("*/rollout*.yaml"))
TABLES = [(path, evidence) for path in FILES for evidence in load_rollout(path).evidence]
COUNTED = [(path, one) for path, one in TABLES if keys_of(evidence=one, rollout=load_rollout(path))]
STOPPED = {("cardiac-second-opinion", "rollout.yaml", "readings")}


def named(one) -> str:
    return getattr(one, "name", "") if hasattr(one, "kind") else one.parent.name


@pytest.mark.parametrize(("path", "evidence"), TABLES, ids=named)
def test_a_table_of_the_portfolio_is_stopped_only_where_it_should_be(path, evidence):
    rollout = load_rollout(path)
    facts = sources.inspect(evidence=evidence, base=path.parent)

    said = check_table(
        evidence=evidence,
        base=path.parent,
        digest=facts.digest,
        declares=rollout.declares | {rollout.use.mode},
    )

    stopped = (path.parent.name, path.name, evidence.name) in STOPPED
    assert said.rows == facts.rows
    assert said.outcome is (Outcome.FAIL if stopped else Outcome.PASS)


@pytest.mark.parametrize(("path", "evidence"), COUNTED, ids=named)
def test_counting_a_table_of_the_portfolio_loses_no_row(path, evidence):
    keys = keys_of(evidence=evidence, rollout=load_rollout(path))
    facts = sources.inspect(evidence=evidence, base=path.parent)

    batches = sources.coded_batches(evidence=evidence, base=path.parent, digest=facts.digest, keys=keys)
    cells = count(batches, kind=evidence.kind, keys=keys, sources=(facts.digest,))

    assert cells.counts.sum() == facts.rows
