"""What both simulated APIs share: request and reply as values, and the serial of all calls of a run.

An API is a function `(request, now_ns) -> ApiReply` over the world. The HTTP server and the driver call it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from stockstorm.simulator.history.facts import AnyFact
from stockstorm.simulator.limits import ERROR_TEXT_MAX
from stockstorm.simulator.model import Event

_NUMBERS: Final = re.compile(r"\d{4,}(?=/|\.|$)")


class ApiRequest(msgspec.Struct, frozen=True):
    """One HTTP request. Header names are in lower case. `query` is the part after "?", not decoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


# A connection that stays open until the client closes it: after no byte of the answer, or after half of it.
LeftOpen = Literal["", "silent", "half"]
REQUEST_ID: Final = "X-Request-Id"  # the header of every answer by which a client's log and the history name a call


def request_id(serial: int) -> str:
    """The id of a call as its answer shows it, from its number in the history (`ApiCalled.request`)."""
    return f"stockstorm-{serial:08}"


class ApiReply(msgspec.Struct):
    """The answer, the resulting facts in order, and the events to deliver.

    The answer is given after `after_ns` more. `dropped`: there is none, and the connection is closed. `left_open`:
    there is no whole answer, and `on_closed` is called when the client closes the connection.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    facts: list[AnyFact]
    events: list[Event]
    after_ns: int = 0
    dropped: bool = False
    left_open: LeftOpen = ""
    on_closed: Callable[[], None] | None = None


class RequestSerial:
    """Counts the calls of all simulated APIs of a run, from 0, so that `ApiCalled.request` is unique."""

    def __init__(self) -> None:
        self._next = 0

    def take(self) -> int:
        """The next serial."""
        serial = self._next
        self._next += 1
        return serial


def is_graphql(path: str) -> bool:
    """Whether a path is one of the GraphQL API."""
    return path.endswith(("/graphql.json", "/graphql"))


def not_played(request: ApiRequest) -> str:
    """Method and path of a request for what is not simulated. Ids in the path are left out: "GET /orders/{id}.json"."""
    return f"{request.method} {_NUMBERS.sub('{id}', request.path)}"[:ERROR_TEXT_MAX]
