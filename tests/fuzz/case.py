"""One fuzzed request as a value, and what must be true of its answer. A case depends on seed and index alone."""

from collections.abc import Iterable
from typing import Final, Literal, get_args

import msgspec

Target = Literal["webhooks", "operations", "played"]
Kind = Literal[
    "genuine",
    "replayed",
    "odd_signed",
    "forged",
    "raw_webhooks",
    "raw_operations",
    "raw_played",
    "torn",
    "probe",
    "graphql_valid",
    "graphql_mutated",
    "graphql_bomb",
    "graphql_body",
    "marketplace",
    "wrong_door",
    "rest",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

NOT_PLAYED: Final = 501  # of a REST endpoint that Shopify has and that is not played

# accepted: exactly 200. refused: 4xx or a closed connection, never 2xx. any: every answer below 500.
# answered: an answer below 500, and the connection is not closed without one.
Expect = Literal["accepted", "refused", "any", "answered"]


class Case(msgspec.Struct, frozen=True):
    """The bytes of one request, in pieces that are sent one by one.

    `alone`: on a connection of its own. `half`: the sender closes after the last piece without reading an answer.
    """

    index: int
    kind: Kind
    target: Target
    pieces: tuple[bytes, ...]
    expect: Expect
    webhook_id: str = ""
    alone: bool = False
    half: bool = False


class Answer(msgspec.Struct, frozen=True):
    """What came back. `status` 0: the connection was closed without an answer. `busy`: answers of 503 before it."""

    status: int
    closed: bool = False
    busy: int = 0


def broken_rule(case: Case, answer: Answer) -> str:
    """The rule that the answer breaks, or an empty text."""
    status = answer.status
    if status >= 500 and not (status == NOT_PLAYED and case.target == "played"):
        return f"answered {status}"
    if case.expect == "accepted" and status != 200:
        return f"a genuine request was answered {status}"
    if case.expect == "refused" and 200 <= status < 300:
        return f"a forgery was answered {status}"
    if case.expect == "answered" and status == 0:
        return "no answer"
    return ""


def http(
    method: bytes, path: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes, *, length: bool = True
) -> bytes:
    """A well-formed HTTP/1.1 request, unless its parts are not."""
    lines = [b"%s %s HTTP/1.1\r\nHost: fuzz" % (method, path), *(b"%s: %s" % pair for pair in headers)]
    if length:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
