"""Fifty planted identifiers through success and failure: none leaves the data plane (P9)."""

import secrets
from pathlib import Path

import pytest

from tests import rollouts_on_disk

CANARIES = tuple(f"CANARY-{number:02d}-{secrets.token_hex(4)}" for number in range(50))


@pytest.fixture
def rollout(tmp_path):
    ids = [*CANARIES, *(f"P-{number:05d}" for number in range(350))]
    return rollouts_on_disk.write(tmp_path / "rollout", ids=ids)


def duplicated(made):
    made.write_table([*made.rows, made.rows[0]])


def in_the_wrong_column(made):
    made.write_table([(name, name, site, event) for name, _, site, event in made.rows])


def as_an_outcome(made):
    made.write_table([(name, arm, site, name) for name, arm, site, _ in made.rows])


def as_a_site(made):
    made.write_table([(name, arm, name, event) for name, arm, _, event in made.rows])


def alike(made):
    made.write_table([*made.rows, *((f" {name}", arm, site, event) for name, arm, site, event in made.rows)])


def cut_short(made):
    made.table.write_text(made.table.read_text(encoding="utf-8")[:-15] + '"', encoding="utf-8")


def left_as_it_is(made):
    pass


def files_below(folder: Path):
    return (path for path in folder.rglob("*") if path.is_file()) if folder.exists() else ()


@pytest.mark.parametrize("change", [left_as_it_is, duplicated, in_the_wrong_column, as_an_outcome, alike, cut_short])
def test_no_identifier_leaves_the_data_plane(rollout, primum, tmp_path, change):
    change(rollout)

    ended = primum("run", str(rollout.file), "--as", "noah-kim")
    shown = primum("status")

    printed = (ended.text + shown.text).encode()
    assert not [canary for canary in CANARIES if canary.encode() in printed]
    for path in files_below(tmp_path / "home"):
        content = path.read_bytes()
        assert not [canary for canary in CANARIES if canary.encode() in content], path.name


def test_identifiers_put_where_sites_belong_are_suppressed_and_not_printed(rollout, primum, tmp_path):
    as_a_site(rollout)

    ended = primum("run", str(rollout.file), "--as", "noah-kim")

    assert not [canary for canary in CANARIES if canary in ended.text]
    for path in files_below(tmp_path / "home"):
        content = path.read_bytes()
        assert not [canary for canary in CANARIES if canary.encode() in content], path.name
