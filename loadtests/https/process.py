"""Starts the front of a run, and says what a service needs in its environment to go through it unchanged."""

import os
import re
import ssl
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import msgspec

from stockstorm.loadtests.https.authority import LOCAL, Authority, default_folder
from stockstorm.loadtests.https.front import Front, connects, within_reach
from stockstorm.loadtests.processes.child import IMPORT_ROOT, Child, free_port, inherited_environment
from stockstorm.simulator.errors import BackingError

PRELOAD: Final = Path(__file__).with_name("shop_domain.cjs")
READY_WITHIN_S: Final = 30.0
POLL_S: Final = 0.02
_HASHED: Final = re.compile(r"[0-9a-f]{8}\.\d+")  # the name of an authority in a folder of OpenSSL
NOTE: Final = "the service was led to the simulated APIs at https://{} by a proxy variable and a certificate authority"


class HttpsPlace(msgspec.Struct, frozen=True):
    """Where the front listens."""

    domain: str
    host: str
    port: int
    proxy_port: int
    ca_file: str
    ca_bundle: str

    @property
    def values(self) -> dict[str, str]:
        """What placeholders of a subject file stand for."""
        return {
            "https_url": f"https://{_named(self.host)}:{self.port}",
            "proxy_url": f"http://{_named(self.host)}:{self.proxy_port}",
            "ca_file": self.ca_file,
            "ca_bundle": self.ca_bundle,
        }

    def environment(
        self, inherited: Mapping[str, str], given: Mapping[str, str] = MappingProxyType({})
    ) -> dict[str, str]:
        """The variables by which clients of many languages find proxy and authority.

        `given`: what a subject file says of the environment. It comes last, and is not repeated here.
        """
        proxy = self.values["proxy_url"]
        trusted = self.ca_bundle if _reaches_others({**inherited, **given}) or not _system_folder() else self.ca_file
        options = f"{inherited.get('NODE_OPTIONS', '')} --require={_quoted(str(PRELOAD))}".strip()
        return {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "SSL_CERT_FILE": trusted,
            "REQUESTS_CA_BUNDLE": trusted,
            "CURL_CA_BUNDLE": trusted,
            "NODE_EXTRA_CA_CERTS": self.ca_file,
            "NODE_USE_ENV_PROXY": "1",
            "NODE_OPTIONS": options,
            "STOCKSTORM_LEADS": f"{self.domain}={_named(within_reach(self.host))}:{self.port}",
        }


def start_front(
    api_url: str, domain: str, host: str, port: int, proxy_port: int, log: Path
) -> tuple[Child, HttpsPlace]:
    """Starts the front of the APIs at this base URL, and returns when it listens. Port 0 takes a free one.

    Raises BackingError with the end of its log.
    """
    authority = Authority(default_folder())
    api = urlsplit(api_url)
    port, proxy_port = port or free_port(host), proxy_port or free_port(host)
    front = Front(domain, host, port, proxy_port, api.hostname or "", api.port or 80, str(authority.certificate.parent))
    command = [sys.executable, "-m", "stockstorm.loadtests.https.front", msgspec.json.encode(front).decode()]
    environment = inherited_environment() | {"PYTHONPATH": str(IMPORT_ROOT)}
    if base := os.environ.get("XDG_DATA_HOME"):
        environment["XDG_DATA_HOME"] = base
    child = Child("https front", command, environment, log, group="https")
    place = HttpsPlace(domain, host, port, proxy_port, str(authority.certificate), str(authority.bundle()))
    deadline = time.monotonic() + READY_WITHIN_S
    while child.exit_code is None and time.monotonic() < deadline:
        if all(connects(within_reach(host), each) for each in (port, proxy_port)):
            return child, place
        time.sleep(POLL_S)
    how = "did not listen in time" if child.exit_code is None else f"exited with code {child.exit_code}"
    child.kill()
    raise BackingError("https", f"its front {how}:\n{child.tail()}", "correct that, or leave [https] out")


def _reaches_others(environment: Mapping[str, str]) -> bool:
    """Whether hosts of other machines go around the proxy, which leads to the shop only."""
    listed = ",".join(environment.get(name, "") for name in ("NO_PROXY", "no_proxy"))
    return bool({host.strip() for host in listed.split(",")} - {"", *LOCAL, "127.0.0.0/8"})


def _system_folder() -> bool:
    """Whether OpenSSL has a folder in which it looks up single authorities of this machine.

    It then trusts them besides those of SSL_CERT_FILE, and reads only what it needs.
    """
    folder = ssl.get_default_verify_paths().capath
    try:
        return any(_HASHED.fullmatch(each.name) for each in Path(folder).iterdir()) if folder else False
    except OSError:
        return False


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _quoted(path: str) -> str:
    """A word of NODE_OPTIONS."""
    return f'"{path}"' if " " in path else path
