from typing import get_args

import pytest

from primum.roadmap.columns import Form
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.policy import EvidenceKind
from primum.roadmap.uses import Mode

EVERY_COLUMN = [(contract, column) for contract in CONTRACTS.values() for column in contract.columns]


def test_every_kind_of_evidence_has_a_contract():
    assert set(CONTRACTS) == set(get_args(EvidenceKind))


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.kind)
def test_a_contract_names_each_column_once_and_says_what_one_row_is(contract):
    names = [column.name for column in contract.columns]

    assert len(set(names)) == len(names)
    assert set(contract.unit) <= set(names)
    assert contract.by_name[contract.unit[0]].required


@pytest.mark.parametrize(
    ("contract", "column"), EVERY_COLUMN, ids=lambda one: getattr(one, "name", getattr(one, "kind", ""))
)
def test_every_column_is_explained_in_a_sentence(contract, column):
    assert column.meaning[0].isupper() or column.meaning[0].isdigit()
    assert column.meaning.endswith(".")


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("diagnostic", {"case_id", "patient_id", "site", "reference", "prediction"}),
        ("trial", {"unit_id", "arm", "site"}),
        ("inputs", {"unit_id", "site"}),
    ],
)
def test_the_columns_that_must_be_mapped(kind, names):
    assert {column.name for column in CONTRACTS[kind].required} == names


@pytest.mark.parametrize(
    ("declares", "columns"),
    [
        (set(), set()),
        ({"treatment-planning"}, {"consent_id", "consent_status", "consent_withdrawn_ts"}),
        ({Mode.SECOND_READER}, {"human_read_ts", "reviewer_specialty"}),
    ],
)
def test_what_a_rollout_declares_may_ask_for_more_columns(declares, columns):
    contract = CONTRACTS["interactions"]

    needed = {column.name for column in contract.needed(declares)}

    assert needed - {column.name for column in contract.required} == columns


def test_yes_and_no_are_written_1_and_0():
    assert {column.levels for _, column in EVERY_COLUMN if column.form is Form.BINARY} == {("0", "1")}


def test_a_name_spelled_a_little_differently_is_recognised():
    assert CONTRACTS["trial"].meant_by("Unit-ID") == "unit_id"
    assert CONTRACTS["trial"].meant_by("unit_id") is None
    assert CONTRACTS["trial"].meant_by("relapse") is None
