import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from primum.settings import PREFIX, TELEMETRY_OFF, NothingShipped, Settings, SettingsRefused, quiet_telemetry, shipped


@pytest.fixture(autouse=True)
def _a_clean_environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def test_without_a_variable_everything_lives_under_the_current_directory(tmp_path):
    settings = Settings.read()

    assert settings.home == tmp_path / ".primum"
    assert settings.database_url == f"sqlite:///{tmp_path}/.primum/primum.db"
    assert settings.tracking_uri == f"sqlite:///{tmp_path}/.primum/mlflow.db"
    assert settings.artifacts == tmp_path / ".primum" / "artifacts"
    assert settings.ledger_key == tmp_path / ".primum" / "ledger.key"
    assert settings.prefect_api_url is None


def test_the_home_carries_the_rest_with_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PRIMUM_HOME", "elsewhere")

    settings = Settings.read()

    assert settings.database_url == f"sqlite:///{tmp_path}/elsewhere/primum.db"
    assert settings.ledger_key == tmp_path / "elsewhere" / "ledger.key"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PRIMUM_DATABASE_URL", "mysql://lead:secret@db/primum", "a database URL begins with"),
        ("PRIMUM_TRACKING_URI", "./mlruns-secret", "an MLflow store begins with"),
        ("PRIMUM_PREFECT_API_URL", "secret:4200", "begins with http:// or https://"),
    ],
)
def test_a_wrong_value_stops_with_a_sentence_that_does_not_repeat_it(monkeypatch, name, value, expected):
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsRefused) as refused:
        Settings.read()

    sentence = str(refused.value)
    assert sentence.startswith(name)
    assert expected in sentence
    assert "docs/reference/settings.md" in sentence
    assert "secret" not in sentence


def test_every_wrong_value_is_told_at_once(monkeypatch):
    monkeypatch.setenv("PRIMUM_DATABASE_URL", "nowhere")
    monkeypatch.setenv("PRIMUM_PREFECT_API_URL", "nowhere")

    with pytest.raises(SettingsRefused) as refused:
        Settings.read()

    assert [line.split()[0] for line in str(refused.value).splitlines()] == [
        "PRIMUM_DATABASE_URL",
        "PRIMUM_PREFECT_API_URL",
    ]


def test_a_misspelt_name_is_not_passed_over(monkeypatch):
    monkeypatch.setenv("PRIMUM_DATABSE_URL", "sqlite:///x.db")

    with pytest.raises(SettingsRefused, match="did you mean PRIMUM_DATABASE_URL"):
        Settings.read()


def test_settings_do_not_change():
    settings = Settings.read()

    with pytest.raises(ValidationError, match="frozen"):
        settings.database_url = "sqlite:///other.db"


def test_a_password_is_neither_shown_nor_printed(monkeypatch):
    monkeypatch.setenv("PRIMUM_DATABASE_URL", "postgresql://lead:hun:ter2@db/primum")

    settings = Settings.read()

    assert settings.shown()["PRIMUM_DATABASE_URL"] == "postgresql://lead:***@db/primum"
    assert "ter2" not in repr(settings)


def test_telemetry_is_off_unless_the_operator_said_otherwise(monkeypatch):
    for name in TELEMETRY_OFF:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DO_NOT_TRACK", "said")

    quiet_telemetry()

    assert {name: os.environ[name] for name in TELEMETRY_OFF} == {**TELEMETRY_OFF, "DO_NOT_TRACK": "said"}


def test_what_ships_is_found_in_a_source_checkout():
    assert (shipped("config").parent / "pyproject.toml").is_file()


def test_what_does_not_ship_is_said_in_a_sentence():
    with pytest.raises(NothingShipped, match="install Primum again"):
        shipped("cellar")


def test_reading_the_settings_loads_no_heavy_library():
    code = "import sys, primum.settings; print([n for n in ('mlflow', 'prefect', 'pandas') if n in sys.modules])"

    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )

    assert run.stdout.strip() == "[]"
