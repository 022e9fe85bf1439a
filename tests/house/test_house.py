from pathlib import Path

import pytest

from tools import house

ROOT = Path(__file__).parents[2]


def function_of(lines: int, *, name: str = "f") -> str:
    return f"def {name}():\n" + "    x = 1\n" * (lines - 1)


BREACHES = {
    "long_functions": ("primum/roadmap/planted.py", function_of(61)),
    "long_files": ("tools/planted.py", "x = 1\n" * 451),
    "long_tests": ("tests/test_planted.py", function_of(46, name="test_it")),
    "classes_where_work_is_ordered": ("flows/planted.py", "class Pilot: ...\n"),
    "python_among_data": ("config/planted.py", "x = 1\n"),
    "empty_names": ("primum/actions/utils.py", "x = 1\n"),
    "clocks_below_an_entrance": ("primum/ledger/planted.py", "import datetime as dt\nat = dt.datetime.now(dt.UTC)\n"),
    "environments_read": ("tasks/planted.py", "import os\nhome = os.environ['HOME']\n"),
    "positional_arguments": ("primum/actions/planted.py", "def f(a, b): ...\n"),
    "machine_paths": ("docs/planted.md", "See " + "/" + "root/notes.\n"),
    "prefects_word": ("primum/actions/planted.py", "def deployment_of(): ...\n"),
    "borrowed_authority": ("docs/planted.md", "The WHO" + " requires more than 95 %.\n"),
    "waivers_without_a_reason": ("tasks/planted.py", "import os  # no" + "qa: F401\n"),
    "mocks": ("tests/test_planted.py", "from unittest.mock import Mock\ndef test_it(): ...\n"),
}
KEPT = {
    "long_functions": ("primum/roadmap/planted.py", "def g(): ...\ndef h(): ...\n" + function_of(60)),
    "long_files": ("tools/planted.py", "x = 1\n" * 450),
    "long_tests": ("tests/test_planted.py", function_of(45, name="test_it")),
    "classes_where_work_is_ordered": ("primum/roadmap/planted.py", "class Pilot: ...\n"),
    "python_among_data": ("config/planted.yaml", "x: 1\n"),
    "empty_names": ("primum/actions/promotion.py", "x = 1\n"),
    "clocks_below_an_entrance": ("primum/cli/planted.py", "import datetime as dt\nat = dt.datetime.now(dt.UTC)\n"),
    "environments_read": ("primum/settings.py", "import os\nhome = os.environ['HOME']\n"),
    "positional_arguments": ("primum/evidence/planted.py", "def f(a, *, b): ...\ndef _g(a, b): ...\n"),
    "machine_paths": ("docs/planted.md", "See docs/work/notes and a/root/b.\n"),
    "prefects_word": ("primum/integrations/planted.py", "def deployment_of(): ...\n"),
    "borrowed_authority": ("docs/planted.md", "S3:68 asks for more than 95 %.\n"),
    "waivers_without_a_reason": ("tasks/planted.py", "import os  # no" + "qa: F401 -- for its effect\n"),
    "mocks": ("tests/test_planted.py", "from tests import fakes\ndef test_it(): ...\n"),
}


def planted(*, root: Path, place: str, text: str) -> Path:
    path = root / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return root


@pytest.mark.parametrize("rule", house.RULES)
def test_the_house_keeps_the_rule(rule):
    assert list(house.RULES[rule](ROOT)) == []


@pytest.mark.parametrize("rule", house.RULES)
def test_a_breach_is_named_with_its_place(rule, tmp_path):
    place, text = BREACHES[rule]

    sentences = list(house.RULES[rule](planted(root=tmp_path, place=place, text=text)))

    assert sentences
    assert place in sentences[0] or rule == "mocks"
    assert sentences[0].endswith(".")


@pytest.mark.parametrize("rule", house.RULES)
def test_what_just_keeps_the_rule_is_accepted(rule, tmp_path):
    place, text = KEPT[rule]

    assert list(house.RULES[rule](planted(root=tmp_path, place=place, text=text))) == []


def test_a_page_takes_what_the_framework_gives_it_by_name(tmp_path):
    text = "@router.post('/')\ndef page(a, b, c): ...\n@told\ndef other(a, b, c): ...\n"
    root = planted(root=tmp_path, place="primum/web/planted.py", text=text)

    (sentence,) = house.positional_arguments(root)

    assert "other takes 3 arguments" in sentence


def test_a_door_may_hand_on_variables_and_reads_none_of_ours(tmp_path):
    text = "import os\nos.environ['MLFLOW_X'] = str({'PRIMUM_HOME': '.'})\nname = os.environ['PRIMUM_HOME']\n"
    root = planted(root=tmp_path, place="primum/integrations/planted.py", text=text)

    assert list(house.environments_read(root)) == [
        "primum/integrations/planted.py:3 reads the environment; only primum/settings.py does."
    ]


def test_a_median_function_over_the_bar_is_told(tmp_path):
    root = planted(root=tmp_path, place="primum/roadmap/planted.py", text=function_of(11))

    assert list(house.long_functions(root)) == ["The median function has 11 lines; 10 at most is the bar."]
