"""What one run is: everything that the stage and the driver must agree on, as a value without secrets."""

from pathlib import Path
from typing import Any, Final

import msgspec

from stockstorm.loadtests.config.provenance import Provenance

API_HOST: Final = "127.0.0.1"  # never another by default: whoever reaches the played APIs can try their tokens


class RunSpec(msgspec.Struct, frozen=True):
    """One execution of a scenario. `scenario` is the whole scenario with flags applied (JSON types)."""

    run: str
    folder: str
    scenario: dict[str, Any]
    seed: int
    subject: str  # an architecture of the reference service, or the URL of a service that already runs
    flaw: str  # "" is the sound reference service
    postgres: str  # embedded, docker, or url: the URL itself holds a password and travels by environment only
    cloud: str  # embedded, docker, an emulator's name, or real
    api_port: int  # 0: any free one
    api_host: str  # address that the played APIs listen on
    replay: str
    provenance: Provenance

    @property
    def history_path(self) -> Path:
        return Path(self.folder) / "history.jsonl"

    @property
    def plan_path(self) -> Path:
        return Path(self.folder) / "plan.jsonl"

    @property
    def logs(self) -> Path:
        return Path(self.folder) / "logs"


def reachable(host: str) -> str:
    """Where a process of this machine reaches what listens on `host`, ready for a URL; every address means loopback."""
    if host in ("", "0.0.0.0"):  # noqa: S104 - it is compared, not listened on
        return API_HOST
    if ":" not in host:
        return host
    return "[::1]" if host == "::" else f"[{host}]"
