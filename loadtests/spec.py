"""What one run is: everything that the stage and the driver must agree on, as a value without secrets."""

from pathlib import Path
from typing import Any

import msgspec

from loadtests.provenance import Provenance


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
