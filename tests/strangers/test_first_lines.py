"""The lines of docs/first_lines.md are what the terminal shows first."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from stockstorm.loadtests.exits import print_error
from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.subjects import Surroundings
from stockstorm.loadtests.subjects.own import greeting
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.loadtests.subjects.own.reading import of_url
from stockstorm.loadtests.subjects.own.subject import OwnSubject
from stockstorm.simulator.errors import SubjectError
from tests.running import ROOT, run_module

PAGE: Final = (ROOT / "docs" / "first_lines.md").read_text(encoding="utf-8")
COMMAND: Final = "python -m tests.strangers.broken.service"
AROUND: Final = Surroundings(
    database_url="",
    admin_api_url="http://127.0.0.1:9/admin/api/2026-10/graphql.json",
    channels_url="http://127.0.0.1:9/marketplaces",
    shop_domain="demo.myshopify.com",
    channels=("bazaar",),
    safety_stock=0,
    admin_token="token",
    client_secret="secret",
    channel_token="other token",
    channel_secret="other secret",
)
SECRETS: Final = ("CLIENT_SECRET", "ADMIN_TOKEN", "CHANNEL_TOKEN", "CHANNEL_SECRET")
VARIABLES: Final = {  # what the sweep wants
    "GRAPHQL_URL": "${admin_api_url}",
    "SHOP_DOMAIN": "${shop_domain}",
    "CHANNELS": "${channels}",
    "CHANNEL_URL": "${marketplaces_url}/{channel}/v1",
    "STATE": "${folder}/state",
}


class Case(NamedTuple):
    """How a row of the page is made true."""

    way: str
    scheme: str = "http"
    life: tuple[tuple[str, Any], ...] = ()


BEFORE: Final = {  # by the first cell of the page's first table
    "is a static file server": Case("static_files"),
    "is another app, or has another path": Case("another_app"),
    "answers after more than 5 s": Case("slow"),
    "hangs up, or speaks no HTTP": Case("silent"),
    "redirects": Case("redirects"),
    "speaks HTTPS at an `http://` address": Case("https"),
    "speaks HTTP at an `https://` address": Case("nods", "https"),
    "has a certificate that nobody knows": Case("https", "https"),
    "ends at its start": Case("dies"),
    "never becomes ready": Case("never_ready", life=(("ready_within_s", 2.0),)),
    "has a `start` that does not exist": Case("nods", life=(("start", "no-such-program --serve"),)),
    "has a `reset` that fails": Case("nods", life=(("reset", "false"),)),
}
DOWN: Final = "is down"
RUNS: Final = {  # of the second table
    "acknowledges everything and does nothing": "nods",
    "answers 401 to all": "refuses_all",
    "answers 500 to all": "crashes",
    "still holds what an earlier run sent it": "remembers",
    "has its own mutations refused": "mutations_refused",
}


def page_lines() -> dict[str, str]:
    """The first lines of the page by the first cell of their row. `…` stands for any text."""
    rows = (line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ") and "`" in line)
    return {cells[0]: cells[1].strip("` ") for cells in rows}


LINES: Final = page_lines()


def test_every_row_of_the_page_is_tried() -> None:
    assert set(LINES) == {*BEFORE, DOWN, *RUNS}


def fits(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), text) is not None


def subject(folder: Path, case: Case) -> OwnSubject:
    life = {"folder": str(ROOT), "start": f"{COMMAND} {case.way}", "ready_within_s": 20.0, **dict(case.life)}
    file = SubjectFile.model_validate(
        {
            "name": "broken",
            "webhooks": f"{case.scheme}://127.0.0.1:${{port}}/webhooks",
            "environment": {"PORT": "${port}", "SLOW_S": "0.6", **VARIABLES},
            "life": life,
        }
    )
    return OwnSubject(file, folder / "logs", folder / "service")


def told(start: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the terminal shows."""
    with pytest.raises(SubjectError) as caught:
        start()
    print_error(caught.value)
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("name", BEFORE)
def test_what_prevents_a_load_is_named_in_the_first_line_with_a_remedy_after_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if BEFORE[name].way == "slow":
        monkeypatch.setattr(greeting, "OWN_ANSWER_S", 0.3)
    made = subject(tmp_path, BEFORE[name])
    try:
        lines = told(lambda: made.start(AROUND), capsys)
    finally:
        made.stop()
    assert fits(LINES[name], lines[0]), lines
    assert any(line.startswith("  → ") for line in lines[1:])


def test_a_service_that_is_down_is_named_in_the_first_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_port('127.0.0.1')}/webhooks"
    lines = told(lambda: OwnSubject(of_url(url), tmp_path, tmp_path).start(AROUND), capsys)
    assert fits(LINES[DOWN], lines[0]), lines


def quiet_run(way: str, folder: Path, **values: str) -> list[str]:
    """The lines of `stockstorm run smoke --quiet` on standard output."""
    settings = "\n".join(f'{name} = "{value}"' for name, value in (VARIABLES | values).items())
    names = "\n".join(f'{name.lower()} = "{name}"' for name in SECRETS)
    path = folder / "subject.toml"
    path.write_text(
        f'name = "broken"\nwebhooks = "http://127.0.0.1:${{port}}/webhooks"\n[secrets]\n{names}\n[environment]\n'
        f'PORT = "${{port}}"\n{settings}\n[life]\nfolder = "{ROOT}"\nstart = "{COMMAND} {way}"\n'
    )
    words = ["run", "smoke", "--quiet", "--subject", str(path), "--runs", str(folder / "runs")]
    done = run_module("stockstorm", words, {}, within_s=240)
    assert done.stderr == "", done.stderr
    return done.stdout.splitlines()


@pytest.mark.e2e
@pytest.mark.prove
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", RUNS)
def test_what_a_load_shows_is_named_in_the_first_line_and_the_second_is_the_report(name: str, tmp_path: Path) -> None:
    own = {"STATE": str(tmp_path / "state")}  # and not the run's own folder
    first, second = quiet_run(RUNS[name], tmp_path, **own)
    if RUNS[name] == "remembers":
        assert first.startswith("✓ VALID"), first
        first, second = quiet_run(RUNS[name], tmp_path, **own)
    assert fits(LINES[name], first), first
    assert Path(second).is_file()
