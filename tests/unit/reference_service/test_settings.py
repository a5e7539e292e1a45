"""The environment is checked all at once."""

import os
import subprocess
import sys

import pytest

from stockstorm.reference_service.architectures import ALIASES, ARCHITECTURES, architecture_of
from stockstorm.reference_service.flaws import Flaw
from stockstorm.reference_service.settings import BadSettings, read_settings
from tests.running import ROOT

GOOD = {
    "DATABASE_URL": "postgresql://x",
    "LISTEN_PORT": "8000",
    "WORKER_HTTP_PORT": "8001",
    "SHOP_DOMAIN": "demo.myshopify.com",
    "ADMIN_API_URL": "http://127.0.0.1:1/admin/api/2026-10/graphql.json",
    "ADMIN_TOKEN": "t",
    "CLIENT_SECRET": "s",
    "PUBLIC_URL": "http://127.0.0.1:8000/",
    "CHANNELS_URL": "http://127.0.0.1:1/marketplaces",
    "CHANNELS": "bazaar, mercado",
    "CHANNEL_TOKEN": "t",
    "CHANNEL_SECRET": "s",
    "FLAW": "",
}


def set_environment(monkeypatch: pytest.MonkeyPatch, **change: str | None) -> None:
    for name in [name for name in os.environ if name.startswith("REFERENCE_")]:
        monkeypatch.delenv(name)
    for name, value in {**GOOD, **change}.items():
        if value is not None:
            monkeypatch.setenv(f"REFERENCE_{name}", value)


def test_good_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, FLAW="last_write_wins")
    settings = read_settings(["queue-postgres"])
    assert settings.channels == ("bazaar", "mercado")
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.flaws.applies_stock_in_any_order
    assert settings.flaw is Flaw.LAST_WRITE_WINS


def test_every_problem_is_named_in_one_message_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(
        monkeypatch, DATABASE_URL=None, LISTEN_PORT="http", FLAW="typo", ARCHITECTURE="smoke", CLIENT_SECRET="hush-hush"
    )
    with pytest.raises(BadSettings) as error:
        read_settings(["queue-postgres"])
    text = str(error.value)
    assert all(
        word in text
        for word in ("REFERENCE_DATABASE_URL: is not set", "REFERENCE_LISTEN_PORT", "REFERENCE_FLAW", "smoke")
    )
    assert "hush-hush" not in text


def test_the_program_exits_with_3_and_without_a_traceback() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REFERENCE_")}
    command = [sys.executable, "-m", "stockstorm.reference_service", "receiver"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "REFERENCE_CLIENT_SECRET: is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_program_names_its_two_parts_when_asked_for_another() -> None:
    command = [sys.executable, "-m", "stockstorm.reference_service", "sender"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, "usage: python -m reference_service receiver|worker\n")


def test_an_architecture_is_known_by_its_name_and_its_alias() -> None:
    assert all(architecture_of(name).name == name for name in ARCHITECTURES)
    assert {alias: architecture_of(alias).name for alias in ALIASES} == {"queue": "queue-postgres"}
    assert all("worker" in architecture.processes for architecture in ARCHITECTURES.values())
