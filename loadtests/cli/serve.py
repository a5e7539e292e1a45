"""`stockstorm serve` and `stockstorm trigger`: a shop to develop against, and single webhooks from a shell."""

import os
import secrets
import ssl
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from stockstorm.loadtests.cli.command import takes
from stockstorm.loadtests.cli.delivered import as_wanted, print_deliveries
from stockstorm.loadtests.cli.json_option import JsonOptions
from stockstorm.loadtests.config.checks import port_problem, seed_problem
from stockstorm.loadtests.config.flag import Flag, require
from stockstorm.loadtests.config.own_checks import SECRETS, host_problem, is_this_machine
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.https.authority import default_folder
from stockstorm.loadtests.ipc.messages import Setup
from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.serve.client import REQUEST_WITHIN_S, ShopClient
from stockstorm.loadtests.serve.commands import KINDS, TOPICS, Command
from stockstorm.loadtests.serve.page import WAIT_S, told
from stockstorm.loadtests.serve.server import Ports, Served, end_quietly, serve
from stockstorm.loadtests.serve.shop import ServedShop, without_troubles
from stockstorm.loadtests.serve.state import VERSION, Opened, StateFile
from stockstorm.loadtests.serve.told import Told
from stockstorm.loadtests.subjects.own.urls import host_of, trusting
from stockstorm.reports.result import printable
from stockstorm.scenarios.loader import load, shipped_names
from stockstorm.scenarios.problems import Problem, did_you_mean
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.versions import NEWEST, VERSIONS

PAGE_PORT: Final = 9401


def _to_problem(url: str) -> Problem | None:
    return _url_problem(url, "--to", "http://127.0.0.1:8080/webhooks")


def _server_problem(url: str) -> Problem | None:
    return _url_problem(url, "--server", f"http://127.0.0.1:{PAGE_PORT}/")


def _url_problem(url: str, flag: str, example: str) -> Problem | None:
    if not url or (url.startswith(("http://", "https://")) and _has_host(url)):
        return None
    return Problem(flag, f"{url!r} is no URL", f"write e.g. {example}")


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # its port is no number
        return False


def _version_problem(version: str) -> Problem | None:
    if not version or version in VERSIONS:
        return None
    return Problem("--api-version", f"there is no {version!r}", f"one of: {', '.join(VERSIONS)}")


class ShopOptions(JsonOptions):
    """Which shop is played."""

    scenario: Annotated[str, Flag("name, or path of a TOML file, whose shop is played", words=shipped_names)] = "smoke"
    seed: Annotated[int, Flag("another seed, another shop", check=seed_problem)] = 1
    api_version: Annotated[
        str,
        Flag(f"of your app, e.g. {NEWEST}; else the scenario's", check=_version_problem, words=lambda: VERSIONS),
    ] = ""
    to: Annotated[str, Flag("send every topic to this URL, besides what is subscribed to", check=_to_problem)] = ""
    allow_hosts: Annotated[
        tuple[str, ...],
        Flag("host of your service that is not this machine, and may be sent to", name="allow-host"),
    ] = ()

    ca: Annotated[str, Flag("file of the authority that signed the certificate of your service")] = ""

    def problems(self) -> list[Problem]:
        """Also that another machine was not allowed by name."""
        found = super().problems()
        host = "" if found or not self.to else host_of(self.to)
        if host and host not in self.allow_hosts and not is_this_machine(host):
            found.append(host_problem(host, self.to, "webhooks of a played shop"))
        return found


class ServeOptions(ShopOptions):
    """Flags of `stockstorm serve`."""

    state: Annotated[str, Flag("keep the shop in this file, so that it survives a restart")] = ""
    port: Annotated[int, Flag("of the APIs over HTTP", check=port_problem)] = 9400
    page_port: Annotated[int, Flag("of the page", check=port_problem)] = PAGE_PORT
    https_port: Annotated[int, Flag("of the APIs over HTTPS", check=port_problem)] = 9443
    proxy_port: Annotated[int, Flag("of a proxy that leads https://{shop}.myshopify.com here", check=port_problem)] = (
        9402
    )
    authority: Annotated[str, Flag("folder of the certificate authority; made on first use")] = ""


@takes(ServeOptions)
def serve_command(options: ServeOptions, _context: typer.Context) -> None:
    """Play the shop for development, until Ctrl-C: APIs, marketplaces, webhooks, and a page to watch and act."""
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


def _topic_problem(topic: str) -> Problem | None:
    return None if topic in TOPICS else Problem("TOPIC", f"there is no {topic!r}", did_you_mean(topic, TOPICS))


def _forge_problem(kind: str) -> Problem | None:
    return None if not kind or kind in KINDS else Problem("--forge", f"there is no {kind!r}", did_you_mean(kind, KINDS))


class TriggerOptions(ShopOptions):
    """Flags of `stockstorm trigger`."""

    topic: Annotated[str, Flag("e.g. orders/create", positional=True, check=_topic_problem, words=lambda: TOPICS)]
    sku: Annotated[str, Flag("of the shop; else its first one")] = ""
    units: Annotated[int, Flag("sold, returned, or added to the stock")] = 1
    channel: Annotated[str, Flag("marketplace of an order.* topic; else the first one")] = ""
    duplicate: Annotated[bool, Flag("send it once more when it was answered")] = False
    tamper: Annotated[bool, Flag("forge it: the body does not fit its signature")] = False
    forge: Annotated[str, Flag("forge it in this way, e.g. unsigned", check=_forge_problem, words=lambda: KINDS)] = ""
    late: Annotated[float, Flag("send it so many seconds after it happened")] = 0.0
    data: Annotated[str, Flag("send the body in this file, - for standard input")] = ""
    server: Annotated[str, Flag("page of a shop that is served; used without --to", check=_server_problem)] = (
        f"http://127.0.0.1:{PAGE_PORT}/"
    )

    def command(self) -> Command:
        forge = self.forge or ("tampered" if self.tamper else "")
        return Command(
            topic=self.topic,
            channel=self.channel,
            sku=self.sku,
            units=self.units,
            forge=forge,
            duplicate=self.duplicate,
            late_s=self.late,
            data=_data(self.data) if self.data else None,
        )


@takes(TriggerOptions)
def trigger_command(options: TriggerOptions, _context: typer.Context) -> None:
    """Send a webhook to --to, or let a served shop do it, and print what was sent and what came back.

    It ends with 0 when every genuine delivery was taken and every forged one refused, else with 1. With --to the
    signature's secret is STOCKSTORM_CLIENT_SECRET, or STOCKSTORM_CHANNEL_SECRET for a marketplace.
    """
    require(options.problems())
    command = options.command()
    found = _direct(options, command) if options.to else _by_server(options.server, command)
    if options.as_json:
        JSON.print({"deliveries": found})
    else:
        print_deliveries(found, options.topic)
    raise typer.Exit(ExitCode.VALID if found and all(as_wanted(one) for one in found) else ExitCode.INVALID)


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
