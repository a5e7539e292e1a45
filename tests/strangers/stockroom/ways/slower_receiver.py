"""The same stockroom, whose receiver takes longer by SHARE: each request waits so much longer for its answer.

So does a service that asks something else once more before it answers. It uses no more CPU.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from flask import Flask

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.store import Store
from tests.strangers.stockroom.web import Guard, receiver

SHARE: Final = 0.15

Clock = Callable[[], float]
Longer = Callable[[float], None]


def longer_by(share: float, clock: Clock, longer: Longer) -> Callable[[Guard, Store, Callable[[], None]], Flask]:
    """A receiver whose application takes `share` more of what `clock` counts for each request."""

    def slower(guard: Guard, store: Store, wake: Callable[[], None]) -> Flask:
        app = receiver(guard, store, wake)
        sound = app.wsgi_app

        def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            began = clock()
            answered = list(sound(environ, start_response))
            longer(share * (clock() - began))
            return answered

        app.wsgi_app = answer  # type: ignore[method-assign]  # as Flask documents for middleware
        return app

    return slower


if __name__ == "__main__":
    serve(receiver_of=longer_by(SHARE, time.perf_counter, time.sleep))
