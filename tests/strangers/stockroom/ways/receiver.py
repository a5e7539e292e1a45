"""The stockroom's receiver alone, as a process of its own: it stores webhooks and acknowledges them.

    … python -m tests.strangers.stockroom.ways.receiver [sound | busier | slower]

*busier*: the process takes SHARE more CPU for its requests. *slower*: each request takes longer by SHARE of the median
request, and no more CPU, as if it asked something else once more. Both are what a change of a service does that nobody
should merge unseen.
"""

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from flask import Flask
from werkzeug.serving import make_server

from tests.strangers.stockroom.service import listen
from tests.strangers.stockroom.settings import from_environment
from tests.strangers.stockroom.store import Store
from tests.strangers.stockroom.web import Guard, Quiet, probes, receiver

SHARE: Final = 0.15
STEP: Final = 0.02  # of the median, for each request


class Busier:
    """Before each answer computes until the CPU that was added is SHARE of the rest since the first request."""

    def __init__(self) -> None:
        self.first_s, self.added_s = 0.0, 0.0

    def __call__(self) -> None:
        self.first_s = self.first_s or time.process_time()
        began = time.thread_time()
        owed_s = SHARE * (time.process_time() - self.first_s - self.added_s) - self.added_s
        while time.thread_time() < began + owed_s:
            pass
        self.added_s += time.thread_time() - began


class Slower:
    """Before each answer waits SHARE of what a request takes in the median, from its first byte to its answer."""

    def __init__(self) -> None:
        self.median_s = 0.0

    def __call__(self) -> None:
        time.sleep(SHARE * self.median_s)

    def took(self, request_s: float) -> None:
        """Moves the median by a step towards each request, without keeping any: it costs no CPU to speak of."""
        own_s = max(0.0, request_s - SHARE * self.median_s)
        self.median_s = self.median_s * (1 + STEP if own_s > self.median_s else 1 - STEP) or own_s


SLOWER: Final = Slower()


class Timed(Quiet):
    """Measures each request, without the time for which a kept connection is idle before it."""

    began_s = 0.0

    def parse_request(self) -> bool:
        self.began_s = time.perf_counter()
        return super().parse_request()

    def handle_one_request(self) -> None:
        super().handle_one_request()
        if self.began_s:
            SLOWER.took(time.perf_counter() - self.began_s)
            self.began_s = 0.0


def with_more(app: Flask, more: Callable[[], None]) -> None:
    """Does `more` before each answer."""
    sound = app.wsgi_app

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answered = list(sound(environ, start_response))
        more()
        return answered

    app.wsgi_app = answer  # type: ignore[method-assign]  # as Flask documents for middleware


WAYS: Final[dict[str, Callable[[], None]]] = {"sound": lambda: None, "busier": Busier(), "slower": SLOWER}


def main(way: str) -> None:
    """Never returns."""
    settings = from_environment()
    store = Store(settings.database, settings.channels)
    listen(probes(store), settings.probe_port)
    app = receiver(Guard(settings), store, lambda: None)
    with_more(app, WAYS[way])
    make_server("127.0.0.1", settings.port, app, threaded=True, request_handler=Timed).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "sound")
