from datetime import UTC, datetime
from types import SimpleNamespace

from primum.actions.reporting import BoardLine, GateReport, SeatStanding
from primum.settings import Settings
from primum.web.pages import write_board_page, write_gate_page
from tests import web_factories
from tests.unit.web.test_gate_page import text_of

AT = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)


def report(**changes) -> GateReport:
    values = {
        "gate": "cardiac-second-opinion.G1.1",
        "name": "G1",
        "rollout": "cardiac-second-opinion",
        "stage": "assess",
        "state": "awaiting-seats",
        "digest": "sha256:7f",
        "evaluation": web_factories.heart(),
        "seats": (
            SeatStanding(role="clinical-lead", person="Dr Amara Osei", answer="reject", reason="Women.", at=AT),
            SeatStanding(role="independent-statistician"),
        ),
        "tracking_run": "de27",
        "opened_at": AT,
        "expires_at": None,
        "next_step": "The open seats sign, or say no.",
    }
    return GateReport(**{**values, **changes})


def written(tmp_path, **changes):
    submission = SimpleNamespace(rollout=web_factories.rollout(), policy=web_factories.policy())
    workplace = SimpleNamespace(settings=Settings(home=tmp_path))
    return write_gate_page(report(**changes), submission=submission, workplace=workplace), workplace


def line(gate: str) -> BoardLine:
    return BoardLine(
        rollout="cardiac-second-opinion",
        title="Cardiac second opinion",
        kind="rollout",
        stage="assess",
        gate=gate,
        state="held",
        exposure="off",
        reasons=("Women.",),
    )


def test_a_gates_page_lies_where_the_artifacts_are_and_is_replaced_as_a_whole(tmp_path):
    first, _ = written(tmp_path)
    second, _ = written(tmp_path, state="rejected")

    assert first == second == tmp_path / "artifacts" / "pages" / "cardiac-second-opinion.G1.1.html"
    assert "✕ Rejected" in text_of(second.read_text())
    assert [path.name for path in first.parent.iterdir()] == ["cardiac-second-opinion.G1.1.html"]


def test_the_page_names_the_signer_the_open_seat_and_what_to_type(tmp_path):
    path, _ = written(tmp_path)
    text = text_of(path.read_text())

    assert "Clinical lead ✕ Rejected Dr Amara Osei Women. 21 November 2026, 13:05 (UTC)" in text
    assert "Independent statistician ○ Open" in text
    assert "primum gate approve cardiac-second-opinion.G1.1 --as YOU" in text


def test_the_board_links_the_pages_that_lie_beside_it_and_no_others(tmp_path):
    page, workplace = written(tmp_path)
    lines = [line("cardiac-second-opinion.G1.1"), line("elsewhere.G1.1")]

    board = write_board_page(lines, at=AT, workplace=workplace)

    assert board.parent == page.parent
    assert 'href="cardiac-second-opinion.G1.1.html"' in board.read_text()
    assert "elsewhere.G1.1.html" not in board.read_text()
