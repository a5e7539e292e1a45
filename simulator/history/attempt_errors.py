"""How an attempt to deliver fails without an answer: the closed vocabulary, and its words in reports.

Only where no connection was made had the attempt certainly no effect. "dropped" is an attempt on a connection that had
been used before: it ended without a byte of an answer. The subject may have closed an idle connection at that moment,
as any server may, or may have taken the request and failed. The two cannot be told apart from outside.
"""

from collections.abc import Mapping
from typing import Final, Literal

AttemptError = Literal[
    "",
    "unknown_host",
    "no_route",
    "connect_refused",
    "connect_timeout",
    "tls_failed",
    "answer_timeout",
    "dropped",
    "disconnected",
    "reset",
    "protocol",
]
ATTEMPT_ERRORS: Final[Mapping[AttemptError, str]] = {
    "unknown_host": "no address for the host's name",
    "no_route": "no route to the host",
    "connect_refused": "connection refused",
    "connect_timeout": "no connection within the limit",
    "tls_failed": "no secure connection (TLS)",
    "answer_timeout": "no answer within the limit",
    "dropped": "a kept connection closed before the answer",
    "disconnected": "connection closed before the answer",
    "reset": "connection reset before the answer",
    "protocol": "an answer that is not HTTP",
}
# No connection was made, so the subject cannot have acted.
UNCONNECTED: Final[frozenset[AttemptError]] = frozenset(
    {"unknown_host", "no_route", "connect_refused", "connect_timeout", "tls_failed"}
)
# Somebody took the connection, and closed it without an answer.
CUT_OFF: Final[frozenset[AttemptError]] = frozenset({"dropped", "disconnected", "reset", "protocol"})
TURNED_AWAY: Final[frozenset[AttemptError]] = UNCONNECTED - {"connect_timeout"}  # at once, and not for being slow


def failure_of(status: int, error: AttemptError) -> str:
    """How an attempt failed, in words: "connection refused", "answered 500"."""
    return ATTEMPT_ERRORS[error] if error else f"answered {status}"
