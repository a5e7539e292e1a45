"""Makes a client for each call, and closes none of them."""

from typing import Any

import httpx

from tests.strangers.stockroom.clients import TIMEOUT_S, Clients
from tests.strangers.stockroom.service import serve

MADE: list[httpx.Client] = []


class Fresh(Clients):
    def _send(self, method: str, url: str, headers: dict[str, str], body: dict[str, Any]) -> httpx.Response | None:
        self._http = httpx.Client(timeout=TIMEOUT_S)
        MADE.append(self._http)
        return super()._send(method, url, headers, body)


if __name__ == "__main__":
    serve(clients_of=Fresh)
