"""Placeholders in a subject file, `${port}`: what only the run knows, such as free ports and the simulated APIs.

`$${` stands for `${` itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.subjects import Surroundings
from stockstorm.simulator.shop.app import CLIENT_ID

HOST: Final = "127.0.0.1"
PORT: Final = "port"  # `${port}`, and `${port_NAME}` for others: each is a free port of this machine
_PLACE: Final = re.compile(r"\$?\$\{([^}]*)\}")
_PORT: Final = re.compile(r"port(_[a-z0-9_]+)?")
# What commands and their environment may name besides ports. `folder` is an empty one that ends with the run's files.
HTTPS: Final = ("https_url", "proxy_url", "ca_file", "ca_bundle")  # with [https] only
KNOWN: Final = (
    "admin_api_url",
    "api_url",
    "marketplaces_url",
    "token_url",
    "api_version",
    "shop_domain",
    "client_id",
    "channels",
    "safety_stock",
    "client_secret",
    "next_client_secret",
    "admin_token",
    "channel_token",
    "channel_secret",
    "folder",
    *HTTPS,
)


def names_in(text: str) -> Iterator[str]:
    """The placeholders of a text."""
    return (found[1] for found in _PLACE.finditer(text) if not found[0].startswith("$$"))


def is_port(name: str) -> bool:
    return _PORT.fullmatch(name) is not None


def draw_ports(texts: Iterable[str]) -> dict[str, str]:
    """A free port for each placeholder that names one."""
    names = dict.fromkeys(name for text in texts for name in names_in(text) if is_port(name))
    found: dict[str, str] = {}
    for name in names:
        port = free_port(HOST)
        while str(port) in found.values():
            port = free_port(HOST)
        found[name] = str(port)
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled. A name without a value stays as it is, so that a reader sees it."""

    def value(found: re.Match[str]) -> str:
        if found[0].startswith("$$"):
            return found[0][1:]
        return values.get(found[1], found[0])

    return _PLACE.sub(value, text)


def known_values(around: Surroundings, folder: str) -> dict[str, str]:
    """What the placeholders in `KNOWN` stand for in this run."""
    api, _, version = around.admin_api_url.removesuffix("/graphql.json").partition("/admin/api/")
    return {
        "admin_api_url": around.admin_api_url,
        "api_url": api,
        "marketplaces_url": around.channels_url,
        "token_url": around.token_url,
        "api_version": version,
        "shop_domain": around.shop_domain,
        "client_id": CLIENT_ID,
        "channels": ",".join(around.channels),
        "safety_stock": str(around.safety_stock),
        "client_secret": around.client_secret,
        "next_client_secret": around.next_client_secret,
        "admin_token": around.admin_token,
        "channel_token": around.channel_token,
        "channel_secret": around.channel_secret,
        "folder": folder,
    }
