import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOW_TOS = ROOT / "docs" / "how-to"
PAGES = [
    *ROOT.glob("*.md"),
    *(page for folder in ("docs", "docker", "examples", "benchmarks") for page in (ROOT / folder).rglob("*.md")),
]


def links(page: Path) -> list[str]:
    found = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    return [one.partition("#")[0] for one in found if not one.startswith(("http", "mailto", "#"))]


def test_every_how_to_is_in_the_list_once():
    written = {page.name for page in HOW_TOS.glob("*.md")} - {"README.md"}

    assert sorted(links(HOW_TOS / "README.md")) == sorted(written)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_of_a_page_leads_nowhere(page):
    assert [link for link in links(page) if not (page.parent / link).exists()] == []
