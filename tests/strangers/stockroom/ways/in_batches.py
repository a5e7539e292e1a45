"""The same stockroom, which works off what came in every few seconds, and does nothing in between."""

import time

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.worker import Worker

EVERY_S = 1.5


class Batches(Worker):
    def round(self) -> None:
        time.sleep(EVERY_S)
        super().round()


if __name__ == "__main__":
    serve(worker_of=Batches)
