"""Whether an emulator that we did not start as a process, such as a container, still listens."""

import errno
import socket
import time
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from stockstorm.simulator.errors import BackingError

ADDRESSES: Final = ("AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_EVENTBRIDGE", "PUBSUB_EMULATOR_HOST")
EVERY_S: Final = 1.0
CONNECT_WITHIN_S: Final = 0.2


class Listeners:
    """The addresses in `environment`. Each is asked once a second, and a refusal is the end of the emulator."""

    def __init__(self, environment: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        found = {_address(environment[name]): None for name in ADDRESSES if environment.get(name)}
        self.addresses, self._clock = tuple(found), clock
        self._asked_s = clock()

    def check(self) -> None:
        """Raises BackingError when nobody listens any more."""
        if self._clock() - self._asked_s < EVERY_S:
            return
        self._asked_s = self._clock()
        for host, port in self.addresses:
            if _refuses(host, port):
                found = "nobody listens there any more, and no fault of the plan explains it"
                raise BackingError(f"emulator at {host}:{port}", found, "find out what ended it, then run again")


def _address(text: str) -> tuple[str, int]:
    parts = urlsplit(text if "://" in text else f"//{text}")
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _refuses(host: str, port: int) -> bool:
    """Whether the connection is refused. Anything else, such as a slow answer, proves nothing."""
    try:
        with socket.create_connection((host, port), CONNECT_WITHIN_S):
            return False
    except OSError as error:
        return error.errno == errno.ECONNREFUSED
