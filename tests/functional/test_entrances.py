"""One table: every reason to refuse, at every entrance, with the same decision and the same sentence."""

from datetime import UTC, datetime

import pytest

from primum.actions.workplace import open_workplace
from primum.chat.office import office_of
from primum.ledger import reading
from primum.settings import Settings
from tests.consoles import console
from tests.entrances import House
from tests.promotion_refusal_cases import CASES as PROMOTIONS
from tests.refusal_cases import CASES
from tests.refusal_scenes import GATE, Scene
from tests.slack_server import slack_server

CHANNEL = "C0GATES"
# There is no way to type it.
NOT_TYPED = {"limits on a reject"}
# Slack's form offers no such choice, so that it cannot be sent; the page and the terminal can be made to.
SENT_IN_SLACK = {
    "gives no reason", "a contingency without words", "a contingency that was due before", "a condition that is over",
}  # fmt: skip
# Whoever's authority is over is shown no page of the rollout; a form of theirs from before is refused as one.
NO_PAGE = {"authority is over"}


@pytest.fixture(scope="module")
def slack():
    with slack_server() as running:
        running.channel(CHANNEL)
        yield running


@pytest.fixture
def house(primum, tmp_path, slack):
    home = tmp_path / "home"
    settings = Settings(
        home=home, slack_channel=CHANNEL, slack_bot_token=slack.bot_token, slack_app_token=slack.app_token,
        slack_signing_secrets=slack.signing_secret, slack_api_url=slack.api,
    )  # fmt: skip
    place = open_workplace(settings)
    slack.world.people.clear()
    slack.world.views.clear()
    scene = Scene(folder=tmp_path / "rollout", place=place, at=datetime.now(UTC))
    with console(place, at=scene.at) as served:
        office = office_of(workplace=place, clock=served.clock)
        yield House(scene=scene, served=served, terminal=primum, slack=slack, office=office)
    place.ledger.close()


def entrances(case, house):
    """What each entrance does with the answer of a case; the ones that can carry it."""
    yield "API", house.by_api
    if case.name not in NOT_TYPED:
        yield "terminal", house.by_terminal
    if case.name not in NO_PAGE:
        yield "page", house.by_page
    if case.on_click:
        yield "Slack, click", house.by_click
    if case.on_click or case.name in SENT_IN_SLACK:
        yield "Slack, form", house.by_form


def votes(house):
    with house.scene.place.ledger.reading() as session:
        return len(reading.votes(session, gate=GATE))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_entrance_refuses_an_answer_with_the_same_sentence(case, house):
    asked = case.arrange(house.scene)
    before = votes(house)

    found = {name: enter(asked) for name, enter in entrances(case, house)}

    assert {name: asked.sentence in said for name, (_, said) in found.items()} == dict.fromkeys(found, True), found
    assert {name: refused for name, (refused, _) in found.items()} == dict.fromkeys(found, True)
    assert votes(house) == before


def test_what_no_page_is_shown_for_is_refused_on_the_page_as_well(house):
    case = next(one for one in CASES if one.name in NO_PAGE)
    asked = case.arrange(house.scene)

    _, said = house.by_page(asked)

    assert "hold no role" in said
    assert votes(house) == 0


def promotions(house, *, moved):
    """Each entrance that applies a gate; a terminal reads the clock of its machine, which no case moves on."""
    yield "API", house.promoted_by_api
    yield "page", house.promoted_by_page
    yield "flow", house.promoted_by_flow
    if not moved:
        yield "terminal", house.promoted_by_terminal


@pytest.mark.parametrize("case", PROMOTIONS, ids=lambda case: case.name)
def test_every_entrance_refuses_a_promotion_with_the_same_sentence(case, house):
    began = house.scene.at
    sentence = case.arrange(house.scene)
    house.served.clock.at = house.scene.at

    found = {name: enter() for name, enter in promotions(house, moved=house.scene.at != began)}

    assert {name: sentence in said for name, (_, said) in found.items()} == dict.fromkeys(found, True), found
    assert {name: refused for name, (refused, _) in found.items()} == dict.fromkeys(found, True)
    with house.scene.place.ledger.reading() as session:
        assert reading.promotions(session, rollout="small-trial") == []
