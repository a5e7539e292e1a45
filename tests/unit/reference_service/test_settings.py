"""Settings: the whole environment is checked in one pass."""

import os
import subprocess
import sys

import pytest

from stockstorm.reference_service.architectures import ALIASES, ARCHITECTURES, architecture_of
from stockstorm.reference_service.flaws import FLAWS
from stockstorm.reference_service.settings import BadSettings, read_settings
from tests.running import ROOT

VALID = {
    "DATABASE_URL": "postgresql://x",
    "LISTEN_PORT": "8000",
    "RECEIVER_OPERATIONS_PORT": "8001",
    "WORKER_OPERATIONS_PORT": "8002",
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
    for name, value in {**VALID, **change}.items():
        if value is not None:
            monkeypatch.setenv(f"REFERENCE_{name}", value)


def test_valid_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, FLAW="last_write_wins", PROBE="off")
    settings = read_settings(["queue-postgres"], lambda: FLAWS)
    assert settings.channels == ("bazaar", "mercado")
    assert settings.public_url == "http://127.0.0.1:8000"
    assert (settings.flaw, settings.probe, settings.references) == ("last_write_wins", False, True)


def test_one_message_names_every_problem_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_an_unknown_program_name_prints_the_usage() -> None:
    command = [sys.executable, "-m", "stockstorm.reference_service", "sender"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "invalid choice: 'sender' (choose from 'receiver', 'worker', 'reconcile', 'dead-letters')" in done.stderr


def test_an_architecture_is_found_by_name_and_by_alias() -> None:
    assert all(architecture_of(name).name == name for name in ARCHITECTURES)
    assert {alias: architecture_of(alias).name for alias in ALIASES} == {"queue": "queue-postgres"}
    assert all("worker" in architecture.processes for architecture in ARCHITECTURES.values())
