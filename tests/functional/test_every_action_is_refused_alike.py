"""One table: every action a person can try, at page, API and terminal, refused with the same decision and sentence."""

import html
import importlib
import inspect
import pkgutil
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from primum import actions
from primum.actions import deviations, guideline_changes, incidents
from primum.actions.workplace import open_workplace
from primum.cli.outcomes import ExitCode, code_of
from primum.ledger import incident_reading, signing_reading
from primum.ledger.monitor_tables import MonitorAlarm
from primum.roadmap.contingencies import ContingencyAsked
from primum.roadmap.incidents import Category, Severity
from primum.roadmap.people import Role
from primum.settings import Settings
from tests.action_refusal_cases import CASES
from tests.api_calls import program, token_of
from tests.commands import typed_at
from tests.consoles import console
from tests.refusal_scenes import DEPUTY, Scene

ROLLOUT = "small-trial"
BY_TABLES = {
    "CannotVote": "tests/refusal_cases.py, at Slack as well",
    "CannotPromote": "tests/promotion_refusal_cases.py, in Prefect as well",
}
WAYS_IN = "It is about coming in and tokens of one's own, which only the page and the machine itself do."
TERMINAL = "Only a terminal does it, where the data are; there is no second entrance to differ from."
MACHINE = "No person is refused with it: it is said of files, tables or a service, and shown wherever they are read."
LOOKED_UP = "There is no such thing: 404 at every entrance, in tests/functional/test_every_route.py."
ELSEWHERE = {
    "AlreadyRejected": "tests/functional/test_what_stops_a_promotion.py and tests/integration/test_flows.py",
    "CandidateGone": MACHINE,
    "CannotAllocate": TERMINAL,
    "CannotCount": "tests/functional/test_monitors_on_pages.py and test_monitors_from_a_terminal.py",
    "CannotLock": TERMINAL,
    "CannotLookBack": TERMINAL,
    "CannotPin": "An account is tied in Slack or in a terminal; tests/functional/test_slack_gate_commands.py.",
    "CannotRelabel": TERMINAL,
    "CannotSignIn": WAYS_IN,
    "CannotTrain": MACHINE,
    "EvidenceChanged": MACHINE,
    "FileMoved": MACHINE,
    "InvitationRefused": WAYS_IN,
    "KeyDiffers": MACHINE,
    "NoLog": TERMINAL,
    "NoPlaceLeft": "It is an answer of the point of care; tests/functional/test_a_list_from_a_trials_unit.py.",
    "NotWatched": LOOKED_UP,
    "NothingToCount": MACHINE,
    "PasswordRefused": WAYS_IN,
    "RegistrationRefused": MACHINE,
    "ResponderSilent": MACHINE,
    "SimulatedEvidence": MACHINE,
    "TokenRefused": WAYS_IN,
    "Unwell": MACHINE,
    "WrongStage": "Only a flow begins a stage by name; tests/integration/test_flows.py.",
    "guideline_door.RequestRefused": "tests/functional/test_guideline_entrances.py",
    "guidelines.CannotPublish": "tests/functional/test_guideline_entrances.py",
    "model_cards.CannotPublish": MACHINE,
    "table_request.RequestRefused": TERMINAL,
}


def named(kinds):
    """Each class by its name; by its module as well where two have one name."""
    names = [kind.__name__ for kind in kinds]
    return {
        kind.__name__ if names.count(kind.__name__) == 1 else f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"
        for kind in kinds
    }


def refusals():
    modules = [importlib.import_module(f"primum.actions.{one.name}") for one in pkgutil.iter_modules(actions.__path__)]
    return [
        kind
        for module in modules
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__ == module.__name__ and not name.startswith("_")
    ]


def test_every_refusal_there_is_stands_in_a_table_or_says_where_it_is_tested():
    known = {name for name in named(refusals()) if not name.startswith("Unknown")}

    assert {case.refusal for case in CASES} | {*BY_TABLES, *ELSEWHERE} == known


def test_every_refusal_has_its_exit_code():
    exempt = {"FileMoved", "KeyDiffers", "NotWatched", "Unwell", "UnknownEntry", "WrongStage"}

    assert {kind.__name__ for kind in refusals() if code_of(kind.__new__(kind)) is None} <= exempt


@pytest.fixture(scope="module")
def scene(tmp_path_factory, empty_tracking_store):
    """Something of everything: a thing promised, an incident with its clock, a deviation, an alarm, a change."""
    folder = tmp_path_factory.mktemp("alike")
    place = open_workplace(Settings(home=folder / "home"))
    shutil.copy(empty_tracking_store, folder / "home" / "mlflow.db")
    made = Scene(folder=folder / "rollout", place=place, at=datetime.now(UTC))
    made.write(looks=None)
    sites = made.folder / "sites.yaml"
    sites.write_text(sites.read_text(encoding="utf-8").replace("country: CH", "country: DE"), encoding="utf-8")
    made.register()
    made.ask()
    owed = ContingencyAsked(what="Recalibrate at the north site.", owner="mei-lin", due_at=made.days(9))
    made.sign("leila-haddad", Role.ETHICIST, contingency=owed)
    yield made
    place.ledger.close()


@pytest.fixture(scope="module")
def held(scene):
    """What the scene holds, by the names that the cases use."""
    log = scene.folder / "outputs.csv"
    log.write_text(f"unit,site,shown_at\nunit-a,north,{scene.at.isoformat()}\n", encoding="utf-8")
    common = {"rollout": ROLLOUT, "at": scene.at, "workplace": scene.place}
    (deviation,) = deviations.record(outputs=log, within=timedelta(hours=24), person="system", **common)
    incident = incidents.report(
        person=scene.submission.person("mei-lin"), site="north", severity=Severity.DEATH, category=Category.USE,
        what="The output named the wrong side.", occurred_at=scene.days(-1), channel="test", **common,
    )  # fmt: skip
    alarm = MonitorAlarm(
        rollout=ROLLOUT, monitor="late", cause="reading", site="north", subgroup="", measure="late", period="2026-W47",
        action="hold", owner="noah-kim", sentence="More are late than may be.", raised_at=scene.at,
    )  # fmt: skip
    with scene.place.ledger.transaction() as tx:
        tx.session.add(alarm)
        tx.record(kind="alarm.raised", rollout=ROLLOUT, person="primum", at=scene.at, body={"action": "hold"})
    with scene.place.ledger.transaction() as tx:
        opening = {"guideline": "a-guideline@2", "rollouts": {ROLLOUT: "a-guideline@1"}}
        (change,) = guideline_changes.open_changes(tx=tx, person="primum", at=scene.at, **opening)
    with scene.place.ledger.reading() as session:
        (clock, *_) = incident_reading.clocks(session, incident=incident)
        (contingency,) = signing_reading.contingencies_of(session, gate=f"{ROLLOUT}.G2.1")
        return {
            "deviation": deviation, "incident": incident, "alarm": alarm.id, "change": change, "clock": clock.id,
            "contingency": contingency.id,
        }  # fmt: skip


@pytest.fixture(scope="module")
def served(scene, held):
    with console(scene.place, at=scene.at) as opened:
        held["token"] = token_of(DEPUTY, opened)
        yield opened


def filled(value, held):
    if isinstance(value, str):
        for name, id_ in held.items():
            value = value.replace(f"{{{name}}}", id_)
    return value


def entries(scene):
    return scene.place.ledger.checkpoint()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_entrance_refuses_it_with_the_same_sentence(case, scene, held, served, monkeypatch, capfd):
    before = entries(scene)

    path, body = case.call
    answer = program(served, case.person).post(
        filled(path, held), json={name: filled(one, held) for name, one in body.items()}
    )
    said = answer.json().get("detail", "")
    words = [*(filled(one, held) for one in case.typed), *(() if "--by" in case.typed else ("--as", case.person))]
    typed = typed_at(scene.place.home, monkeypatch=monkeypatch, capfd=capfd)(*words)

    assert (answer.status_code, case.sentence in said) == (409, True), answer.text
    assert (typed.code, typed.err.strip()) == (code_at(case), said)
    if case.page is not None:
        path, form = case.page
        page = served.browser_of(case.person).post(filled(path, held), data=form)
        assert (page.status_code, said in html.unescape(page.text)) == (409, True), page.text
    assert entries(scene) == before


def code_at(case):
    kinds = {name.__name__: name for name in refusals()}
    found = code_of(kinds[case.refusal.rpartition(".")[2]].__new__(kinds[case.refusal.rpartition(".")[2]]))
    return int(found if found is not None else ExitCode.INDETERMINATE)
