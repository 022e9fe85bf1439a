"""The catalogue holds every demand of the two source documents, and every citation leads to it."""

import re
from importlib import import_module
from inspect import getdoc, getsource
from pathlib import Path

import pytest

import primum
from primum.evidence.measures.registry import METRICS
from primum.integrations.configuration import load_policy, load_requirements, load_suites
from primum.integrations.coverage import coverage_of
from primum.roadmap.requirements import NOT_YET, RULES, coverage, unknown_ids
from primum.roadmap.roles import Role
from primum.settings import shipped

title = "The requirements and what enforces them"
CONFIG = shipped("config")
CATALOGUE = load_requirements()
ROWS = {row.id: row for row in CATALOGUE.requirements}
SOURCES = {
    "S3": (CONFIG / "sources" / "who-lmm-guidance-summary.txt").read_text(encoding="utf-8").splitlines(),
    "S0": (CONFIG / "sources" / "governance-and-responsible-use.txt").read_text(encoding="utf-8").splitlines(),
}
# Prefix, first and last number of each run of rows; a run below another, such as P1.0 to P1.9, names both.
RUNS = [
    *(("D", 1, 5), ("P1.", 0, 9), ("P2.", 0, 11), ("P3.", 0, 13), ("P4.", 0, 8), ("P5.", 0, 15), ("P6.", 0, 13)),
    *(("U", 1, 8), ("I", 1, 7), ("CB", 1, 9), ("N", 1, 9), ("GI", 1, 5)),
    *(("R", 1, 4), ("R1.", 1, 3), ("R2.", 1, 4), ("R3.", 1, 3), ("R4.", 1, 3)),
    *(("F", 1, 5), ("K", 1, 7), ("T", 1, 4), ("X", 1, 7), ("Z", 1, 1), ("V", 0, 40)),
]
A_PREFIX = "|".join(sorted({re.match("[A-Z]+", prefix)[0] for prefix, _, _ in RUNS} | {"AMB"}, key=len, reverse=True))
AN_ID = re.compile(rf"(?<![\w.-])(?:{A_PREFIX})\d+(?:\.\d+)?(?![\w])")
# P1 to P11 are promises of Primum to its users, and R5 is a release of FHIR; they are no rows of the sources.
A_PROMISE = re.compile(r"P([1-9]|10|11)|R5")
# Form FDA 3500A numbers the fields of its section F so.
A_FORM = "roadmap/medwatch.py"


@pytest.mark.parametrize(("prefix", "first", "last"), RUNS)
def test_no_row_of_the_sources_is_missing(prefix, first, last):
    wanted = [f"{prefix}{number}" for number in range(first, last + 1)]

    found = [id_ for id_ in ROWS if re.fullmatch(rf"{re.escape(prefix)}\d+", id_)]

    assert found == wanted


def test_the_catalogue_has_two_hundred_rows_fifteen_ambiguities_and_the_roles():
    assert len(ROWS) == sum(last - first + 1 for _, first, last in RUNS) == 200
    assert len(CATALOGUE.ambiguities) == 15
    assert len(CATALOGUE.roles) == 22


def test_every_passage_lies_inside_its_document_and_says_something():
    passages = [(row.id, place) for row in (*CATALOGUE.requirements, *CATALOGUE.ambiguities) for place in row.source]
    passages += [(role.name, place) for role in CATALOGUE.roles for place in role.source]

    for id_, place in passages:
        document, _, lines = place.partition(":")
        first, _, last = lines.partition("-")
        passage = SOURCES[document][int(first) - 1 : int(last or first)]
        assert len(passage) == int(last or first) - int(first) + 1, f"{id_}: {place}"
        assert any(line.strip(" `-#") for line in passage), f"{id_}: {place} is empty"


def test_a_row_is_in_our_own_words():
    texts = {name: " ".join(lines) for name, lines in SOURCES.items()}

    copied = [
        row.id for row in CATALOGUE.requirements if any(row.criterion.rstrip(".") in text for text in texts.values())
    ]
    assert copied == []


def test_the_seats_of_the_roles_are_all_seats():
    named = {role.seat for role in CATALOGUE.roles if role.seat}

    assert named == set(Role)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_in_the_code_exists_and_names_what_it_keeps(rule):
    module, _, member = rule.name.rpartition(".")

    kept = getattr(import_module(module), member)

    assert getdoc(kept)
    text = getsource(import_module(module))
    assert [id_ for id_ in rule.requirements if not cites(text, id_)] == []
    assert set(rule.requirements) <= CATALOGUE.ids


def cites(text: str, id_: str) -> bool:
    """Return whether a text names an id, by itself or inside a run such as ``U5-U8``."""
    if re.search(rf"(?<![\w.]){re.escape(id_)}(?![\w.]*\d)", text):
        return True
    prefix, number = re.fullmatch(r"(.*?)(\d+)", id_).groups()
    runs = re.findall(rf"(?<![\w.]){re.escape(prefix)}(\d+)(?: ?-|-){re.escape(prefix)}(\d+)", text)
    return any(int(first) <= int(number) <= int(last) for first, last in runs)


def test_every_id_cited_in_code_and_suites_is_in_the_catalogue():
    root = Path(primum.__file__).parent
    cited = {
        (path.relative_to(root).as_posix(), id_)
        for path in root.rglob("*.py")
        for id_ in AN_ID.findall(path.read_text(encoding="utf-8"))
        if not A_PROMISE.fullmatch(id_) and not (path.match(A_FORM) and id_.startswith("F"))
    }

    assert cited
    assert sorted((path, id_) for path, id_ in cited if id_ not in CATALOGUE.ids) == []


def test_every_claim_of_the_default_policy_can_be_called_up():
    policy = load_policy("who-lmm-2025", base=CONFIG)
    suites = load_suites()
    criteria = {criterion.id: criterion for criterion in policy.criteria}
    names = {
        "criterion": {name for name, criterion in criteria.items() if criterion.metric in METRICS},
        "document": {document.kind for document in policy.documents},
        "seat": {str(role) for role in Role},
        "expectation": {one["meta"]["id"] for suite in suites for one in suite["expectations"]},
    }

    claims = {claim for row in coverage_of(policy="who-lmm-2025", base=CONFIG) for claim in row.enforced_by}

    assert unknown_ids(catalogue=CATALOGUE, policy=policy, suites=suites) == ()
    assert [str(claim) for claim in claims if claim.name not in names.get(claim.by, {claim.name})] == []


def test_a_row_nothing_enforces_says_not_yet():
    rows = {
        row.id: row for row in coverage(catalogue=CATALOGUE, policy=load_policy("who-lmm-2025", base=CONFIG), suites=())
    }

    assert rows["F1"].words == NOT_YET
    assert rows["P2.5"].words == "criterion sensitivity-critical (mandatory)"
    assert "rule roadmap.uses.why_not_register" in rows["U5"].words
    assert "document ethics-approval (mandatory)" in rows["GI1"].words


def test_an_expectation_enforces_what_its_meta_names():
    suite = {"expectations": [{"meta": {"id": "reviewed-before-action", "requirements": ["P1.1", "Q9"]}}, {"meta": {}}]}
    policy = load_policy("replay-of-a-published-trial", base=CONFIG)

    rows = {row.id: row for row in coverage(catalogue=CATALOGUE, policy=policy, suites=[suite], rules=())}

    assert rows["P1.1"].words == "expectation reviewed-before-action"
    assert unknown_ids(catalogue=CATALOGUE, policy=policy, suites=[suite]) == ("Q9",)


def test_every_test_that_proves_a_row_is_there_and_its_row_is_enforced():
    root = Path(primum.__file__).parents[1]
    proved = {row.id: row for row in coverage_of(policy="who-lmm-2025", base=CONFIG) if row.tests}
    named = {(row.id, *test.split("::")) for row in proved.values() for test in row.tests}

    gone = [
        (id_, file, test)
        for id_, file, test in sorted(named)
        if not (root / file).is_file() or f"def {test}(" not in (root / file).read_text(encoding="utf-8")
    ]

    assert gone == []
    assert [id_ for id_, row in proved.items() if not row.enforced_by] == []
