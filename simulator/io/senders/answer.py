"""Reads one HTTP/1.1 answer after another out of the bytes of one connection, by httptools' C parser.

Answers come in pieces (uvicorn sends head and body in two packets), chunked, ended by EOF, or after a 100-continue.
Only the status and whether the connection may be kept are of interest; bodies are counted and thrown away.
"""

import httptools

from stockstorm.simulator.limits import ANSWER_BODY_MAX_BYTES, ANSWER_HEAD_MAX_BYTES


class AnswerError(Exception):
    """What came is not an HTTP answer, or is larger than the limits allow."""


class AnswerReader:
    """The answers of one connection, one at a time: `feed` until it says True, then `next`."""

    __slots__ = ("_begun", "_complete", "_kept", "_parser", "keep_alive", "received_bytes", "status")

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._kept: list[bytes] = []  # pieces of an answer that needs more than one, for `ended`
        self._begun = 0
        self._complete = 0
        self.received_bytes = 0
        self.status = 0
        self.keep_alive = False

    def next(self) -> None:
        """Makes ready for the answer to the next request."""
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
            self.keep_alive = False  # the answer is whole, but what followed it is not HTTP
        if self._complete:
            if self._begun > 1:  # bytes that nobody asked for follow: the connection cannot be trusted
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
        return self.status >= 200

    def on_message_begin(self) -> None:
        self._begun += 1

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # 100-continue and its like announce the answer that follows
            self._begun -= 1
            return
        if not self._complete:
            self.status = status
            self.keep_alive = self._parser.should_keep_alive()
        self._complete += 1


class _Head:
    """A second look at an answer that EOF cut: does its head promise a length? Off the path of ordinary answers."""

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
