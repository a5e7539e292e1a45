"""A port for a server that starts a moment later."""

from pathlib import Path

import pytest

from stockstorm.loadtests.processes import child
from stockstorm.loadtests.processes.child import free_port


def test_a_free_port_is_none_that_the_system_gives_to_clients(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Else a connection of anybody can take it before the server binds it."""
    told = tmp_path / "range"
    monkeypatch.setattr(child, "CLIENT_PORTS", told)
    told.write_text("32768\t60999\n", encoding="ascii")
    ports = {free_port("127.0.0.1") for _ in range(50)}
    assert all(child.PORT_MIN <= port < 32_768 for port in ports)
    assert len(ports) > 25


@pytest.mark.parametrize("text", ["1024\t65535\n", "", "none"])
def test_where_clients_get_any_port_the_system_chooses(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "range"
    monkeypatch.setattr(child, "CLIENT_PORTS", told)
    told.write_text(text, encoding="ascii")
    assert free_port("127.0.0.1") > 1_023
