"""Ticks a listing off before it is sent: one that a marketplace did not take is not sent again."""

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.worker import Worker


class Forgetful(Worker):
    def list_on(self, channel: str, stock: dict[str, int]) -> bool:
        with self.store.transaction():
            self.store.clean(stock, channel)
        return super().list_on(channel, stock)


if __name__ == "__main__":
    serve(worker_of=Forgetful)
