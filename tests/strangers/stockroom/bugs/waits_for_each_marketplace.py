"""Lists on one marketplace after the other, and goes on only when that one has answered."""

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.worker import Worker


class Stubborn(Worker):
    def list_on(self, channel: str, stock: dict[str, int]) -> bool:
        while not super().list_on(channel, stock):
            pass
        return True


if __name__ == "__main__":
    serve(worker_of=Stubborn)
