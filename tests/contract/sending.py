"""A pool whose answers are collected, for the sender's tests."""

import time
from typing import Any

import gevent

from stockstorm.simulator.delivery.attempts import Address, Answer, Outgoing
from stockstorm.simulator.io.senders.pool import ConnectionPool

BODY = b'{"id":1}'


class Sending:
    """Sends attempts to one port and collects what came of them, in order of arrival."""

    def __init__(self, port: int, *, host: str = "127.0.0.1", limit: int = 50, **options: Any) -> None:
        self.answers: list[tuple[Outgoing, Answer]] = []
        self.address = Address(host=host, port=port, path="/webhooks", tls="tls" in options)
        self.pool = ConnectionPool(time.monotonic_ns, self._answered, limit, **options)
        self._sent = 0

    def _answered(self, outgoing: Outgoing, answer: Answer) -> None:
        self.answers.append((outgoing, answer))

    def submit(self, times: int = 1, body: bytes = BODY) -> None:
        for _ in range(times):
            self._sent += 1
            head = b"POST /webhooks HTTP/1.1\r\nHost: shop\r\nContent-Length: %d\r\n\r\n" % len(body)
            now = time.monotonic_ns()
            self.pool.submit(Outgoing(self._sent, 1, now, self.address, head, body))

    def wait(self, timeout_s: float = 30.0) -> list[Answer]:
        """All answers so far, once there is one for everything submitted."""
        with gevent.Timeout(timeout_s):
            while len(self.answers) < self._sent:
                gevent.sleep(0.001)
        return [answer for _, answer in self.answers]

    def one(self, body: bytes = BODY) -> Answer:
        """The answer to one attempt, sent now."""
        self.submit(body=body)
        return self.wait()[-1]
