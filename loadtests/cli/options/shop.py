"""Flags of `stockstorm serve` and `stockstorm trigger`."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from stockstorm.loadtests.cli.options import JsonOptions
from stockstorm.loadtests.config.checks import port_problem, seed_problem
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.config.own_checks import host_problem, is_this_machine
from stockstorm.loadtests.serve.commands import KINDS, TOPICS, late_problem, units_problem
from stockstorm.loadtests.subjects.own.urls import host_of
from stockstorm.scenarios.loader import shipped_names
from stockstorm.scenarios.problems import Problem, did_you_mean
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
    late: Annotated[
        float, Flag("send it so many seconds after it happened", check=lambda late: late_problem("--late", late))
    ] = 0.0
    data: Annotated[str, Flag("send the body in this file, - for standard input")] = ""
    server: Annotated[str, Flag("page of a shop that is served; used without --to", check=_server_problem)] = (
        f"http://127.0.0.1:{PAGE_PORT}/"
    )

    def problems(self) -> list[Problem]:
        """Also of units, whose range the topic decides."""
        units = units_problem("--units", self.topic, self.units)
        return [*super().problems(), *([units] if units is not None else [])]
