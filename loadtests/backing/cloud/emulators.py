"""Emulators of AWS as child processes: fauxqs for SQS, moto for EventBridge and for SQS without fauxqs.

fauxqs is an npm package and needs Node. Its rate does not depend on the depth of a queue. It is looked for in the
folder that STOCKSTORM_FAUXQS names, then where `npm ci` installed it beside this file (pinned by hash in
fauxqs/package-lock.json), then as `fauxqs` on the PATH. moto runs in `moto_server`, so that its rules can deliver to
the queues of fauxqs.
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

from stockstorm.loadtests.extras import install
from stockstorm.loadtests.processes.local_server import LoopbackServer, python_module, running
from stockstorm.simulator.errors import BackingError

MODULE: Final = "stockstorm.loadtests.backing.cloud.moto_server"
FOLDER_VARIABLE: Final = "STOCKSTORM_FAUXQS"
FAUXQS_FOLDER: Final = Path(__file__).parent / "fauxqs"
INSTALL: Final = f"npm ci --ignore-scripts --prefix {os.path.relpath(FAUXQS_FOLDER)}"


def moto(queues: str = "") -> AbstractContextManager[LoopbackServer]:
    """`queues`: URL of the SQS endpoint that rules deliver to; "" for moto's own queues. Raises BackingError."""
    try:
        version = metadata.version("moto")
    except metadata.PackageNotFoundError:
        raise BackingError("moto", "it is not installed", f"run: {install('aws')}") from None
    arguments = [queues] if queues else []
    return running(f"moto {version}", lambda port: python_module(MODULE, str(port), *arguments), lambda _: {})


class Installation(msgspec.Struct, frozen=True):
    """An installed fauxqs."""

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
    """Raises BackingError with the command that installs fauxqs if `found` is None."""
    if found is None:
        missing = "Node is not installed" if shutil.which("node") is None else "the npm package is not installed"
        raise BackingError("fauxqs", missing, f"run: {INSTALL}  (needs Node and npm); or omit --cloud")
    script, package = str(FAUXQS_FOLDER / "serve.mjs"), str(found.package)
    return running(
        f"fauxqs {found.version}",
        lambda _: [found.node, script],
        lambda port: {"PACKAGE_FOLDER": package, "PORT": str(port), "NODE_ENV": "production"},
    )


def _candidates() -> Iterator[Path]:
    if folder := os.environ.get(FOLDER_VARIABLE):
        yield Path(folder)
    yield FAUXQS_FOLDER / "node_modules" / "fauxqs"
    if program := shutil.which("fauxqs"):
        yield Path(program).resolve().parents[1]
