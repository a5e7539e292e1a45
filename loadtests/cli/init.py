"""`stockstorm init`: the files that a first run against one's own service needs."""

import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import typer
from rich.console import Console
from rich.text import Text

import stockstorm
from stockstorm.loadtests.cli.options.init import (
    API_PORT,
    FIRST_SCENARIO,
    WEBHOOKS,
    InitOptions,
    api_port_problem,
    level_problem,
    start_problem,
    webhooks_problem,
)
from stockstorm.loadtests.config.flag import require
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.subjects.own.file import SecretNames
from stockstorm.loadtests.subjects.own.reading import read_subject_file
from stockstorm.reports.result import printable, verb
from stockstorm.scenarios.loader import load
from stockstorm.scenarios.problems import Problem
from stockstorm.simulator.errors import OutputError, ScenarioError

SUBJECT, SECRETS_FILE = "subject.toml", ".env"
TAKEN: Final = "choose another --folder; or write --force, which keeps only the other lines of .env"
PORT_DIGITS: Final = 5
SECRETS_NOTE: Final = "# What your service and Stockstorm both know. Not for a repository."
CI_JOB: Final = ".github/workflows/stockstorm.yml"
FILES: Final = (SUBJECT, SECRETS_FILE, FIRST_SCENARIO, CI_JOB)


def init_command(options: InitOptions, _context: typer.Context) -> None:
    """`stockstorm init`."""
    require(options.problems())
    folder = Path(options.folder)
    if not options.force and (taken := [name for name in FILES if (folder / name).exists()]):
        raise ScenarioError(str(folder), _taken(taken), TAKEN)  # before anything is asked
    answered = _asked(options) if sys.stdin.isatty() and not (options.yes or options.as_json) else options
    require(answered.problems())
    files = _files(answered)
    files[SECRETS_FILE] += _lines_of_others(folder / SECRETS_FILE)
    for name, text in files.items():
        _write(folder / name, text)
    read_subject_file(str(folder / SUBJECT))  # what we wrote is what we read
    load(str(folder / FIRST_SCENARIO))
    _tell(folder, files, as_json=options.as_json)
    raise typer.Exit(ExitCode.VALID)


def _lines_of_others(path: Path) -> str:
    """What else stands in a .env that would be overwritten: secrets of the service that exist nowhere else, perhaps."""
    ours = {"", SECRETS_NOTE, *SecretNames().by_role().values()}
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(str(path), f"cannot be read: {error}", "choose another --folder") from error
    names = ((line.strip().removeprefix("export ").partition("=")[0].strip(), line) for line in lines)
    return "".join(f"{line}\n" for name, line in names if name not in ours)


def _taken(names: list[str]) -> str:
    return f"{', '.join(names)} {verb(len(names), 'exist')} already"


def _asked(options: InitOptions) -> InitOptions:
    level_help = "full: it moves stock; probe: its stock is read; acknowledgement: it only takes webhooks"
    given: dict[str, str | int] = {
        "webhooks": options.webhooks or _answer("Where does it receive webhooks", WEBHOOKS, webhooks_problem),
        "start": options.start or _answer("Which command starts it (empty: you start it)", "", start_problem),
        "level": options.level or _answer(f"What does it do ({level_help})", "full", level_problem),
    }
    if not given["start"] and options.api_port == API_PORT:
        question = "At which port of this machine does it expect the APIs"
        given["api_port"] = int(_answer(question, str(API_PORT), _port_text_problem))
    return options.model_copy(update=given)


def _port_text_problem(text: str) -> Problem | None:
    return api_port_problem(int(text) if text.isdecimal() and len(text) <= PORT_DIGITS else 0)


def _answer(question: str, default: str, problem: Callable[[str], Problem | None]) -> str:
    """What was answered. A wrong answer is told, and the question is asked again."""
    while True:
        answer: str = typer.prompt(question, default, show_default=bool(default))
        wrong = problem(answer)
        if wrong is None:
            return answer
        typer.echo(printable(f"{wrong.found}: {wrong.remedy}"), err=True)


def _files(options: InitOptions) -> dict[str, str]:
    names = SecretNames().by_role().values()
    drawn = "".join(f"{name}={secrets.token_hex(24)}\n" for name in names)
    return {
        SUBJECT: _subject(options),
        SECRETS_FILE: f"{SECRETS_NOTE}\n{drawn}",
        FIRST_SCENARIO: _scenario(),
        CI_JOB: _ci_job(options),
    }


def _subject(options: InitOptions) -> str:
    lines = [
        "# Your service, for `stockstorm doctor` and `stockstorm run --subject`. docs/own_service.md has every key.",
        f"webhooks = {_quoted(options.webhooks or WEBHOOKS)}",
        f"level = {_quoted(options.level or 'full')}",
    ]
    if not options.start:
        lines.append(f"api_port = {options.api_port}  # where it expects the simulated APIs")
    if options.https:
        lines += [
            "",
            "[https]  # it reaches the shop at its own domain, by a proxy and an authority in its environment",
        ]
        lines += [] if options.start else ["port = 9443", "proxy_port = 9402"]
    lines += [
        "",
        "[secrets]  # the variables in which your service reads them, never the secrets themselves",
        *(f"{role} = {_quoted(name)}" for role, name in SecretNames().by_role().items()),
        "",
        "[environment]  # left, names of your service's own settings; right, what a run knows. There are also",
        "# ${api_url}, ${token_url}, ${client_id}, ${channels} (with commas), ${port} (a free one), ${folder} (empty)",
        'ADMIN_API_URL = "${admin_api_url}"',
        'MARKETPLACES_URL = "${marketplaces_url}"',
        'SHOP_DOMAIN = "${shop_domain}"',
    ]
    if options.level == "probe":
        lines += [
            "",
            "[[reads.http]]  # where its own stock is read, as JSON, and where in the answer it stands (JMESPath)",
            f"url = {_quoted(urljoin(options.webhooks or WEBHOOKS, '/stock'))}",
            'stock = "items[].{sku: sku, available: available}"',
        ]
    if options.start:
        lines += [
            "",
            "[life]",
            f"start = {_quoted(options.start)}",
            '# reset = "command or URL that empties it before each run"',
            f"# ready = {_quoted(urljoin(options.webhooks or WEBHOOKS, '/healthz'))}",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML."""
    signs = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(signs.get(sign, sign) for sign in text) + '"'


def _scenario() -> str:
    return """\
# A first load: twenty seconds of a calm shop. `stockstorm scenarios` lists what comes next.
title = "A first run"
shows = "Whether the service is right in a calm shop: some things come twice or late, and some are forged."

[expect]
"ack_time_ms.p99" = "< 1000"
"sync_latency_ms.p95" = "< 10000"

[shop]
skus = 60 # more than a page of many APIs
stock = 500

[[channels]]
name = "online"
share = 0.5

[[channels]]
name = "bazaar"
share = 0.5

[[phases]]
name = "calm"
kind = "constant"
seconds = 20.0
rate = 15.0

[orders]
lines_max = 2
cancel_share = 0.1
cancel_after_s = 1.0
return_share = 0.1
return_after_s = 2.0
restock_share = 0.7

[events]
restocks_per_s = 0.5
forgeries_per_s = 4.0

[[perturbations]] # Shopify promises neither once nor in order
kind = "duplicate"
share = 0.1
seconds = 1.0

[[perturbations]]
kind = "reorder"
share = 0.1
seconds = 0.6

[quotas] # rare cases that every run has, whatever the seed
resent = 10
late_duplicate = 5
cancel_before_create = 3
return_then_cancel = 3
two_lines = 5
forgeries = 1

[quiesce]
quiet_s = 2.0
max_s = 20.0
"""


def _ci_job(options: InitOptions) -> str:
    start = "" if options.start else "      - run: echo 'start your service here, in the background' && exit 1\n"
    secret = "".join(f"          {name}: ci-{role}\n" for role, name in SecretNames().by_role().items())
    return f"""\
# Runs Stockstorm against your service on every change. The exit code fails the build; the report is kept.
name: stockstorm
on: [push]
jobs:
  stockstorm:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      # Stockstorm is on no package index: keep its wheel beside this service, or write where yours is.
      - run: pip install {_wheel(options.level)}
      # Install here what your service needs, e.g. pip install -r requirements.txt, or npm ci.
{start}      - run: stockstorm run {FIRST_SCENARIO} --subject {SUBJECT}
        env:
{secret}      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: stockstorm
          path: runs
"""


def _wheel(level: str) -> str:
    """What a CI job installs: the wheel of this version, with what the level needs."""
    name = f"./stockstorm-{stockstorm.__version__}-py3-none-any.whl"
    return f"'{name}[probe]'" if level == "probe" else name


def _write(path: Path, text: str) -> None:
    """Secrets are for their owner only. A link in the file's place is replaced."""
    mode = 0o600 if path.name == SECRETS_FILE else 0o644
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(str(path), f"cannot be written: {error.strerror}", "choose another --folder") from error


def _tell(folder: Path, files: dict[str, str], *, as_json: bool) -> None:
    next_steps = [
        "set -a; . ./.env; set +a",
        f"stockstorm doctor {SUBJECT}",
        f"stockstorm run {FIRST_SCENARIO} --subject {SUBJECT}",
    ]
    if as_json:
        JSON.print({"folder": str(folder.resolve()), "files": list(files), "next": next_steps})
        return
    console = Console()
    for name in files:
        console.print(Text(f"wrote {folder / name}"), soft_wrap=True)
    console.print(Text(f"next, in {folder.resolve()}:", "bold"), soft_wrap=True)
    for step in next_steps:
        console.print(Text(f"  {step}"))
    console.print(Text("keep .env out of your repository", "yellow"))
