"""What a shell gets when it asks for words: commands, flags, and the values that we know."""

import pytest
import typer
from typer.completion import shell_complete

from stockstorm.loadtests.cli.app import COMPLETE, app
from stockstorm.loadtests.exits import PROGRAM

SHELLS = ("bash", "zsh", "fish")


def completed(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    assert shell_complete(typer.main.get_command(app), {}, PROGRAM, COMPLETE, "complete_bash") == 0
    return capsys.readouterr().out.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("stockstorm d", ["doctor", "docs"]),
        ("stockstorm docs own", ["own_service"]),
        ("stockstorm run --qu", ["--quiet"]),
        ("stockstorm run flash_s", ["flash_sale"]),
        ("stockstorm run smoke --subject queue-p", ["queue-postgres", "queue-pubsub"]),
        ("stockstorm run smoke --flaw slow_h", ["slow_handler"]),
        ("stockstorm trigger orders/c", ["orders/create", "orders/cancelled"]),
        ("stockstorm init --level f", ["full"]),
        ("stockstorm run ./mine", []),  # bash completes files
    ],
)
def test_commands_flags_and_values_are_completed(
    line: str, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert completed(line, monkeypatch, capsys) == words


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_gets_a_script_that_asks_us(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell_complete(typer.main.get_command(app), {}, PROGRAM, COMPLETE, f"source_{shell}") == 0
    assert f"{COMPLETE}=complete_{shell}" in capsys.readouterr().out
