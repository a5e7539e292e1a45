"""Lists what the shop shows, and writes the orders that it knows of afterwards."""

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.worker import Worker


class Hasty(Worker):
    def write_to_shop(self) -> None:
        self.list_changes()
        super().write_to_shop()

    def to_list(self, levels: dict[str, int]) -> dict[str, int]:
        return {sku: max(0, available) for sku, available in levels.items()}


if __name__ == "__main__":
    serve(worker_of=Hasty)
