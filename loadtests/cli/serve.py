"""`stockstorm serve` and `stockstorm trigger`: a shop to develop against, and single webhooks from a shell."""

import os
import secrets
import ssl
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from stockstorm.loadtests.cli.delivered import as_wanted, print_deliveries
from stockstorm.loadtests.cli.options.shop import ServeOptions, ShopOptions, TriggerOptions
from stockstorm.loadtests.config.flag import require
from stockstorm.loadtests.config.own_checks import SECRETS
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.https.authority import default_folder
from stockstorm.loadtests.ipc.messages import Setup
from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.serve.client import REQUEST_WITHIN_S, ShopClient
from stockstorm.loadtests.serve.commands import Command
from stockstorm.loadtests.serve.page import WAIT_S, told
from stockstorm.loadtests.serve.server import Ports, Served, end_quietly, serve
from stockstorm.loadtests.serve.shop import ServedShop, without_troubles
from stockstorm.loadtests.serve.state import VERSION, Opened, StateFile
from stockstorm.loadtests.serve.told import Told
from stockstorm.loadtests.subjects.own.urls import trusting
from stockstorm.reports.result import printable
from stockstorm.scenarios.loader import load
from stockstorm.simulator.errors import ScenarioError


def serve_command(options: ServeOptions, _context: typer.Context) -> None:
    """`stockstorm serve`."""
    require(options.problems())
    state = StateFile(Path(options.state) if options.state else None, _opened(options))
    shop = _shop(options, state)
    if options.to:
        shop.declare(options.to)
    ports = Ports("127.0.0.1", options.port, options.page_port, options.https_port, options.proxy_port)
    folder = Path(options.authority).resolve() if options.authority else default_folder()
    tell = _tell_as_json if options.as_json else _tell
    number = serve(shop, ports, folder, lambda served: tell(shop, state, served))
    if not options.as_json:
        Console().print(Text(f"ended by {number.name}"))
    raise typer.Exit(ExitCode.VALID)


def _opened(options: ShopOptions) -> Opened:
    return Opened(VERSION, options.scenario, options.seed, 0, _secrets(), options.api_version)


def _secrets() -> dict[str, str]:
    """Those of the environment; others are drawn."""
    return {name: os.environ.get(variable) or secrets.token_hex(16) for name, variable in SECRETS.items()}


def _shop(options: ShopOptions, state: StateFile) -> ServedShop:
    scenario = without_troubles(load(options.scenario))
    if state.opened.api_version:
        shop = scenario.shop.model_copy(update={"api_version": state.opened.api_version})
        scenario = scenario.model_copy(update={"shop": shop})
    setup = Setup(msgspec.Raw(b"{}"), **state.opened.secrets)
    trusted = trusting(options.ca)
    tls = trusted if isinstance(trusted, ssl.SSLContext) else None
    return ServedShop(scenario, options.seed, setup, state, options.allow_hosts, tls)


class Place(msgspec.Struct, frozen=True):
    """Where a served shop is, and what the app needs to know. Secrets that came by the environment are not in it."""

    page: str
    admin_api: str
    https: str
    authority: str  # file of the certificate authority
    domain: str
    proxy: str
    marketplaces: tuple[str, ...]
    environment: dict[str, str]


def _place(shop: ServedShop, state: StateFile, served: Served) -> Place:
    return Place(
        page=served.page,
        admin_api=f"{served.http}/admin/api/{shop.scenario.shop.api_version}/graphql.json",
        https=served.https.replace("127.0.0.1", "localhost"),
        authority=str(served.authority),
        domain=shop.scenario.shop.domain,
        proxy=served.proxy,
        marketplaces=tuple(f"{served.http}/marketplaces/{name}/v1" for name in shop.world.marketplaces),
        environment={
            variable: state.opened.secrets[name]
            for name, variable in SECRETS.items()
            if os.environ.get(variable) != state.opened.secrets[name]
        },
    )


def _tell_as_json(shop: ServedShop, state: StateFile, served: Served) -> None:
    JSON.print(_place(shop, state, served))


def _tell(shop: ServedShop, state: StateFile, served: Served) -> None:
    console, place = Console(), _place(shop, state, served)
    lines = [
        ("page", place.page),
        ("Admin API", place.admin_api),
        ("over HTTPS", place.https),
        ("trust", place.authority),
        ("as " + place.domain, f"HTTPS_PROXY={place.proxy}, or a hosts line with --https-port 443"),
        ("marketplaces", ", ".join(place.marketplaces)),
        *(("export", f"{variable}={secret}") for variable, secret in place.environment.items()),
    ]
    for name, text in lines:
        console.print(Text(printable(f"{name:>14}  {text}")), soft_wrap=True)
    console.print(Text("Ctrl-C ends it", "dim"))


def trigger_command(options: TriggerOptions, _context: typer.Context) -> None:
    """`stockstorm trigger`."""
    require(options.problems())
    command = _command(options)
    found = _direct(options, command) if options.to else _by_server(options.server, command)
    if options.as_json:
        JSON.print({"deliveries": found})
    else:
        print_deliveries(found, options.topic)
    raise typer.Exit(ExitCode.VALID if found and all(as_wanted(one) for one in found) else ExitCode.INVALID)


def _command(options: TriggerOptions) -> Command:
    forge = options.forge or ("tampered" if options.tamper else "")
    return Command(
        topic=options.topic,
        channel=options.channel,
        sku=options.sku,
        units=options.units,
        forge=forge,
        duplicate=options.duplicate,
        late_s=options.late,
        data=_data(options.data) if options.data else None,
    )


def _direct(options: TriggerOptions, command: Command) -> list[Told]:
    needed = SECRETS["channel_secret" if options.topic.startswith("order.") else "client_secret"]
    if not os.environ.get(needed):
        raise ScenarioError(needed, "is not set, so the signature cannot be made", "export the secret of your app")
    shop = _shop(options, StateFile(None, _opened(options)))
    shop.declare(options.to)
    end_quietly()
    shop.start()
    try:
        numbers = shop.do(command)
        shop.wait(numbers, WAIT_S + command.late_s)
        return [told(shop, number) for number in numbers]
    finally:
        shop.stop()


def _by_server(server: str, command: Command) -> list[Told]:
    return ShopClient(server).trigger(command, REQUEST_WITHIN_S + command.late_s)


def _data(path: str) -> str:
    try:
        if path == "-":
            return typer.get_text_stream("stdin").read()
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError("--data", f"{path} cannot be read: {error}", "give a UTF-8 file") from error
