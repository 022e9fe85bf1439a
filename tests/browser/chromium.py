"""A real browser on this machine: what a page looks like, what it asks for, what a screen reader would trip over."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from primum.actions import sessions
from primum.web.session_cookies import cookie_name
from tests.consoles import Console, have_account

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
NARROW, WIDE = 360, 1280
SCHEMES = ("light", "dark")
# WCAG 2.2 asks for targets of 24 pixels; axe looks only when it is told to.
ASKED = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, or the one that playwright installed; without either the test fails."""
    system = shutil.which("chromium")
    with sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=system, args=["--font-render-hinting=none"])
        yield browser
        browser.close()


@dataclass(kw_only=True)
class Window:
    """A browser window of one person, and every address it asked for."""

    console: Console
    context: BrowserContext
    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> int:
        """Go to a page of the console and return its status."""
        answer = self.page.goto(self.console.address + path)
        assert answer is not None
        return answer.status

    def look(self, *, width: int, scheme: str) -> None:
        """See the page at a width, in light or dark."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)

    def violations(self, *, colours_only: bool = False) -> list[str]:
        """Return what axe finds on the page as it is now; between light and dark nothing but colours differs."""
        if not self.page.evaluate("typeof window.axe !== 'undefined'"):
            self.page.evaluate(AXE_SCRIPT)
        asked = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]} if colours_only else ASKED
        found = self.page.evaluate(f"axe.run({json.dumps(asked)})")
        return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]

    def too_wide(self) -> int:
        """Return by how many pixels the page scrolls sideways."""
        return int(self.page.evaluate(TOO_WIDE))

    def keep(self, name: str) -> None:
        """Keep a picture of the page among what a build leaves behind."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    @property
    def elsewhere(self) -> list[str]:
        """Every address that is not the console's."""
        return [url for url in self.asked if not url.startswith((self.console.address, "data:"))]


@contextmanager
def window(browser: Browser, console: Console, *, person: str = "", zone: str = "Europe/Zurich") -> Iterator[Window]:
    """Open a window in which a person is signed in, or nobody."""
    context = browser.new_context(viewport={"width": WIDE, "height": 900}, base_url=console.address)
    if person:
        have_account(person, place=console.desk.workplace)
        opened = sessions.begin(
            person=person, method="password", at=console.clock.at, workplace=console.desk.workplace, zone=zone
        )
        context.add_cookies([{"name": cookie_name(console.desk), "value": opened.cookie, "url": console.address}])
    made = Window(console=console, context=context, page=context.new_page())
    context.on("request", lambda request: made.asked.append(request.url))
    made.page.on("console", lambda said: made.complaints.append(said.text))
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    yield made
    context.close()
