"""The marketplaces' API."""

import os
import random
import time
from typing import Any

import requests

TRIES = 6
ROWS_MAX = 500  # of one call
NAMES = os.environ["MARKETPLACES"].split(",")
session = requests.Session()
session.headers["Authorization"] = f"Bearer {os.environ['MARKETPLACE_TOKEN']}"


def put(name: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    url = f"{os.environ['MARKETPLACES_URL']}/{name}/v1/{path}"
    for turn in range(TRIES):
        wait_s = 0.1 * 2**turn * random.uniform(0.5, 1.0)
        try:
            answer = session.put(url, json=body, timeout=10)
        except requests.RequestException:
            time.sleep(wait_s)
            continue
        if answer.status_code != 429 and answer.status_code < 500:
            answer.raise_for_status()
            return answer.json() if answer.content else {}
        time.sleep(max(wait_s, float(answer.headers.get("Retry-After", 0))))
    raise requests.ConnectionError(f"no answer from {url}")


def subscribe(name: str) -> None:
    put(name, "notifications", {"url": f"{os.environ['PUBLIC_URL']}/webhooks/marketplaces"})


def show(name: str, stock: dict[str, int]) -> set[str]:
    """The SKUs that it took."""
    listings = [{"sku": sku, "quantity": max(0, available)} for sku, available in stock.items()]
    taken = set(stock)
    for first in range(0, len(listings), ROWS_MAX):
        answer = put(name, "listings", {"listings": listings[first : first + ROWS_MAX]})
        taken -= {row["sku"] for row in answer["rejected"]}
    return taken
