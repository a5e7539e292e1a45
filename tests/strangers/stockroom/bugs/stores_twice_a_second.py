"""Acknowledges webhooks from memory and stores them twice a second: what waits is gone when the process dies."""

import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.store import Message, Store

EVERY_S = 0.5


class Buffered(Store):
    stored_s = 0.0

    def __init__(self, path: Path, channels: Iterable[str]) -> None:
        super().__init__(path, channels)
        self.waiting = deque[tuple[str, str, bytes]]()

    def accept(self, webhook_id: str, origin: str, body: bytes) -> None:
        self.waiting.append((webhook_id, origin, body))

    def new_messages(self, limit: int) -> list[Message]:
        if time.monotonic() - self.stored_s > EVERY_S:
            self.stored_s = time.monotonic()
            while self.waiting:
                super().accept(*self.waiting.popleft())
        return super().new_messages(limit)

    def pending(self) -> int:
        return len(self.waiting) + super().pending()


if __name__ == "__main__":
    serve(store_of=Buffered)
