"""Reads the HTTP/1.1 answers of one connection, one after another, with the C parser of httptools.

Answers come in pieces (uvicorn sends head and body in two packets), chunked, ended by EOF, or after a 100-continue.
Only the status is kept, and whether the connection may be reused. Bodies are counted and discarded, except for the
start of one that says why a webhook was refused.
"""

from contextlib import suppress

import httptools

from stockstorm.simulator.history.ranges import STATUS_MAX
from stockstorm.simulator.limits import ANSWER_BODY_MAX_BYTES, ANSWER_HEAD_MAX_BYTES, SAID_MAX


class AnswerError(Exception):
    """The bytes are not an HTTP answer, or the answer is larger than the limits allow."""


class AnswerReader:
    """The answers of one connection, one at a time: call `feed` until it returns True, then `next`."""

    __slots__ = ("_begun", "_complete", "_kept", "_parser", "keep_alive", "received_bytes", "status")

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._kept: list[bytes] = []  # the pieces of an incomplete answer, for `ended`
        self._begun = 0
        self._complete = 0
        self.received_bytes = 0
        self.status = 0
        self.keep_alive = False

    def next(self) -> None:
        """Resets the reader for the answer to the next request."""
        self._begun = self._complete = self.received_bytes = self.status = 0
        if self._kept:
            self._kept = []

    def feed(self, data: bytes) -> bool:
        """Takes the next bytes; True when the answer is complete. Raises AnswerError."""
        self.received_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._complete:
                raise AnswerError(str(error)) from error
            self.keep_alive = False  # the answer is complete, but the bytes after it are not HTTP
        if self._complete:
            if self._begun > 1:  # an unrequested answer follows: the connection cannot be reused
                self.keep_alive = False
            return True
        if self.received_bytes > ANSWER_HEAD_MAX_BYTES + ANSWER_BODY_MAX_BYTES:
            raise AnswerError(f"answer of more than {ANSWER_HEAD_MAX_BYTES + ANSWER_BODY_MAX_BYTES} bytes")
        self._kept.append(data)
        return False

    def ended(self) -> bool:
        """The peer closed the connection: True when that completes the answer (a body without a length)."""
        head = _Head()
        try:
            head.parser.feed_data(b"".join(self._kept))
        except httptools.HttpParserError:
            return False
        if not head.complete or head.has_length:
            return False
        self.status = head.parser.get_status_code()
        self.keep_alive = False
        return 200 <= self.status <= STATUS_MAX

    def said(self, last: bytes) -> str:
        """The start of the body on one line, longer than what is kept. `last`: the piece that completed the answer."""
        start = _Start()
        with suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):  # what was read before still tells
            start.parser.feed_data(b"".join((*self._kept, last)))
        return " ".join(start.body[: 4 * SAID_MAX].decode(errors="replace").split())[: 2 * SAID_MAX]

    def on_message_begin(self) -> None:
        self._begun += 1

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if not 100 <= status <= STATUS_MAX:
            raise AnswerError(f"{status} is no HTTP status")
        if status < 200:  # informational, such as 100 Continue: the answer follows
            self._begun -= 1
            return
        if not self._complete:
            self.status = status
            self.keep_alive = self._parser.should_keep_alive()
        self._complete += 1


class _Head:
    """Parses the head of an answer that ended by EOF, to see whether it announced a length. Not on the hot path."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.complete = False
        self.has_length = False

    def on_message_begin(self) -> None:
        self.complete = self.has_length = False

    def on_header(self, name: bytes, _value: bytes) -> None:
        if name.lower() in {b"content-length", b"transfer-encoding"}:
            self.has_length = True

    def on_headers_complete(self) -> None:
        self.complete = True


class _Start:
    """Parses an answer again for the start of its body. Not on the hot path."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.body = b""

    def on_body(self, body: bytes) -> None:
        if len(self.body) < 4 * SAID_MAX:
            self.body += body
