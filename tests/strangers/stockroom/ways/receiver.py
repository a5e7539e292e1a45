"""The stockroom's receiver alone, as a process of its own: it stores webhooks and acknowledges them.

    … python -m tests.strangers.stockroom.ways.receiver [sound | busier | slower]

*busier*: each request takes SHARE more CPU. *slower*: each waits for its answer SHARE longer than the application took,
as if it asked something else once more. Both are what a change of a service does that nobody should merge unseen.
"""

import sys
import threading
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

OF_THREAD: Final = threading.local()  # `used_s`: CPU of the last request of this thread, without what was added


class Counting(Quiet):
    """Counts the CPU of each request, from its first byte to the last one of its answer."""

    def handle_one_request(self) -> None:
        OF_THREAD.added_s = 0.0
        began = time.thread_time()
        super().handle_one_request()
        OF_THREAD.used_s = time.thread_time() - began - OF_THREAD.added_s


def busier() -> None:
    """Computes for SHARE of what the request before this one used."""
    began = time.thread_time()
    end = began + SHARE * getattr(OF_THREAD, "used_s", 0.0)
    while time.thread_time() < end:
        pass
    OF_THREAD.added_s = time.thread_time() - began


def with_more(app: Flask, clock: Callable[[], float], more: Callable[[float], None]) -> None:
    """Before each answer `more` gets the seconds that the application took."""
    sound = app.wsgi_app

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        began = clock()
        answered = list(sound(environ, start_response))
        more(clock() - began)
        return answered

    app.wsgi_app = answer  # type: ignore[method-assign]  # as Flask documents for middleware


def main(way: str) -> None:
    """Never returns."""
    settings = from_environment()
    store = Store(settings.database, settings.channels)
    listen(probes(store), settings.probe_port)
    app = receiver(Guard(settings), store, lambda: None)
    if way == "busier":
        with_more(app, time.perf_counter, lambda _took_s: busier())
    elif way == "slower":
        with_more(app, time.perf_counter, lambda took_s: time.sleep(SHARE * took_s))
    make_server("127.0.0.1", settings.port, app, threaded=True, request_handler=Counting).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "sound")
