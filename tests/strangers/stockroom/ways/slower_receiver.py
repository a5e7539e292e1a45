"""The same stockroom, whose receiver takes longer by SHARE: every request waits so much longer for its answer."""

import time
from collections.abc import Callable
from typing import Final

from flask import Flask, Response, g

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.store import Store
from tests.strangers.stockroom.web import Guard, receiver

SHARE: Final = 0.15


def slower(guard: Guard, store: Store, wake: Callable[[], None]) -> Flask:
    app = receiver(guard, store, wake)

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def wait(answer: Response) -> Response:
        time.sleep(SHARE * (time.perf_counter() - g.began))
        return answer

    return app


if __name__ == "__main__":
    serve(receiver_of=slower)
