"""Draws a new idempotency key for each try of a write: one whose answer was lost is applied again."""

import uuid
from typing import Any

import httpx

from tests.strangers.stockroom.clients import Clients
from tests.strangers.stockroom.service import serve


class FreshKeys(Clients):
    def _send(self, method: str, url: str, headers: dict[str, str], body: dict[str, Any]) -> httpx.Response | None:
        variables = body.get("variables", {})
        if "key" in variables:
            body = {**body, "variables": {**variables, "key": uuid.uuid4().hex}}
        return super()._send(method, url, headers, body)


if __name__ == "__main__":
    serve(clients_of=FreshKeys)
