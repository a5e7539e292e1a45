"""moto's server, for EventBridge always and for SQS where fauxqs is not there.

It runs behind `moto_server`, which lets its rules reach queues of another emulator.
"""

from contextlib import AbstractContextManager
from importlib import metadata
from typing import Final

from loadtests.backing.cloud.loopback import LoopbackServer, python_module, running
from simulator.errors import BackingError

EXTRA: Final = "make setup, or pip install -e '.[aws]' in the clone"
MODULE: Final = "loadtests.backing.cloud.moto_server"


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
