"""moto's server, for EventBridge always and for SQS where fauxqs is not there.

It runs behind `moto_server`, which lets its rules reach queues of another emulator.

fauxqs, an SQS emulator from npm that holds its rate whatever the depth of a queue. It needs Node.

Found in this order: the folder that STOCKSTORM_FAUXQS names, what `npm ci` put beside this file (pinned by hash in
fauxqs/package-lock.json), a `fauxqs` on PATH.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.loadtests.processes.local_server import LoopbackServer, python_module, running
from stockstorm.simulator.errors import BackingError

EXTRA: Final = "make setup, or pip install -e '.[aws]' in the clone"
MODULE: Final = "stockstorm.loadtests.backing.cloud.moto_server"


def moto(queues: str = "") -> AbstractContextManager[LoopbackServer]:
    """`queues`: URL of the SQS endpoint that rules deliver to; empty for moto's own queues. Raises BackingError."""
    try:
        version = metadata.version("moto")
    except metadata.PackageNotFoundError:
        raise BackingError("moto", "it is not installed", f"run: {EXTRA}") from None
    return running(
        f"moto {version}",
        lambda port: python_module(MODULE, str(port), *([queues] if queues else [])),
        lambda _: {},
    )


FOLDER_VARIABLE: Final = "STOCKSTORM_FAUXQS"
HERE: Final = Path(__file__).parent / "fauxqs"
INSTALL: Final = f"npm ci --ignore-scripts --prefix {os.path.relpath(HERE)}"


class Installation(msgspec.Struct, frozen=True):
    node: str
    package: Path
    version: str


def find_fauxqs() -> Installation | None:
    """None when Node or the package is missing."""
    node = shutil.which("node")
    package = next((folder for folder in _candidates() if (folder / "dist" / "app.js").is_file()), None)
    if node is None or package is None:
        return None
    return Installation(node, package, json.loads((package / "package.json").read_bytes())["version"])


def fauxqs(found: Installation | None) -> AbstractContextManager[LoopbackServer]:
    """Raises BackingError with the line that installs it when it was not found."""
    if found is None:
        missing = "Node is not installed" if shutil.which("node") is None else "the npm package is not installed"
        raise BackingError("fauxqs", missing, f"run: {INSTALL}  (needs Node and npm); or leave out --cloud")
    script, package = str(HERE / "serve.mjs"), str(found.package)
    return running(
        f"fauxqs {found.version}",
        lambda _: [found.node, script],
        lambda port: {"PACKAGE_FOLDER": package, "PORT": str(port), "NODE_ENV": "production"},
    )


def _candidates() -> Iterator[Path]:
    if folder := os.environ.get(FOLDER_VARIABLE):
        yield Path(folder)
    yield HERE / "node_modules" / "fauxqs"
    if program := shutil.which("fauxqs"):
        yield Path(program).resolve().parents[1]
