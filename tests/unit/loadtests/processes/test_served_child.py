"""A served shop that does not come up says why: it ended, or it is not ready yet."""

from pathlib import Path

import pytest

from stockstorm.loadtests.serve import client
from stockstorm.simulator.errors import BackingError


class Silent:
    """In place of the process: it never answers."""

    def __init__(self, exit_code: int | None, lines: tuple[str, ...]) -> None:
        self.exit_code, self._lines = exit_code, lines
        self.stopped = False

    def last_lines(self) -> tuple[str, ...]:
        return self._lines

    def stop(self) -> None:
        self.stopped = True


@pytest.mark.parametrize(
    ("exit_code", "lines", "found", "remedy"),
    [
        (4, ("no such scenario",), "it ended with exit code 4: no such scenario", "read "),
        (1, (), "it ended with exit code 1 and wrote nothing", "read "),
        (None, (), "it was not ready after 0.05 s", "try again when the machine has less to do; else read "),
        (None, ("one", "two"), "it was not ready after 0.05 s, and wrote:\none\ntwo", "try again"),
    ],
)
def test_a_shop_that_is_not_ready(
    exit_code: int | None,
    lines: tuple[str, ...],
    found: str,
    remedy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = Silent(exit_code, lines)
    monkeypatch.setattr(client, "READY_WITHIN_S", 0.05)
    monkeypatch.setattr(client, "Child", lambda *_: silent)
    with pytest.raises(BackingError) as told, client.ServedChild(tmp_path, "smoke", {}):
        pass
    assert told.value.found == found
    assert told.value.remedy.startswith(remedy)
    assert silent.stopped
