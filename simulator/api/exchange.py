"""What the played APIs have in common: a request and a reply as values, and the serial that counts all calls of a run.

An API is a function `(request, now_ns) -> ApiReply` over the world; the HTTP edge and the driver are around it.
"""

from collections.abc import Mapping

import msgspec

from stockstorm.simulator.history.facts import AnyFact
from stockstorm.simulator.model import Event


class ApiRequest(msgspec.Struct, frozen=True):
    """One HTTP request. Header names are in lower case; `query` is the part after "?", undecoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class ApiReply(msgspec.Struct):
    """The answer, the facts it made true (in order), and the events that are to be delivered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    facts: list[AnyFact]
    events: list[Event]


class RequestSerial:
    """Counts calls over all played APIs of a run, from 0, so that `ApiCalled.request` is unique."""

    def __init__(self) -> None:
        self._next = 0

    def take(self) -> int:
        serial = self._next
        self._next += 1
        return serial
