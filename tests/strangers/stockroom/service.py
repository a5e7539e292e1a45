"""The stockroom: Flask in front, SQLite in the middle, one worker behind. Names its orders; has probes.

    PORT=8080 … python -m tests.strangers.stockroom.service

Webhooks are stored and then acknowledged. The worker reads every level from the shop before it lists it.
"""

import threading
from collections.abc import Callable

from flask import Flask
from werkzeug.serving import make_server

from tests.strangers.stockroom.clients import Clients
from tests.strangers.stockroom.settings import from_environment
from tests.strangers.stockroom.store import Store
from tests.strangers.stockroom.web import Guard, Quiet, probes, receiver
from tests.strangers.stockroom.worker import Worker


def serve(
    worker_of: type[Worker] = Worker,
    store_of: type[Store] = Store,
    clients_of: type[Clients] = Clients,
    guard_of: type[Guard] = Guard,
    receiver_of: Callable[[Guard, Store, Callable[[], None]], Flask] = receiver,
) -> None:
    """Never returns."""
    settings = from_environment()
    store = store_of(settings.database, settings.channels)
    worker = worker_of(settings, store, clients_of(settings))
    listen(receiver_of(guard_of(settings), store, worker.wake.set), settings.port)
    listen(probes(store), settings.probe_port)
    worker.run()


def listen(app: Flask, port: int) -> None:
    """In a thread of its own."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()


if __name__ == "__main__":
    serve()
