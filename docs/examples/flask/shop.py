"""Shopify, by its own library."""

import json
import os
import random
import socket
import time
import urllib.error
from collections.abc import Callable
from typing import Any, TypeVar

import shopify
from pyactiveresource import connection

VERSION = "2026-10"
TRIES = 6
SET = """mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code message } }
}"""
Found = TypeVar("Found")


class Unavailable(Exception):
    """No answer that can be used. Try later."""


class Refused(Exception):
    """Shopify understood and said no."""


def connect() -> None:
    """For the thread that calls it. SHOPIFY_URL leads to another address than https://SHOP_DOMAIN, for tests."""
    socket.setdefaulttimeout(10)  # the library has none of its own
    session = shopify.Session(os.environ["SHOP_DOMAIN"], VERSION, os.environ["SHOPIFY_ACCESS_TOKEN"])
    shopify.ShopifyResource.activate_session(session)
    if base := os.environ.get("SHOPIFY_URL"):
        shopify.ShopifyResource.site = f"{base}/admin/api/{VERSION}"


def again(call: Callable[[], Found]) -> Found:
    """Repeats a call that failed for now, with growing, scattered pauses."""
    for turn in range(TRIES):
        try:
            return call()
        except connection.ConnectionError as error:
            status = getattr(error, "code", None) or 0
            if 400 <= status < 500 and status != 429:
                raise Refused(str(error)) from error
        except (urllib.error.URLError, OSError, Unavailable):
            pass
        time.sleep(0.1 * 2**turn * random.uniform(0.5, 1.0))
    raise Unavailable("Shopify")


def graphql(query: str, variables: dict[str, Any]) -> dict[str, Any]:
    def call() -> dict[str, Any]:
        answer = json.loads(shopify.GraphQL().execute(query, variables))
        errors = answer.get("errors", [])
        if any(error.get("extensions", {}).get("code") == "THROTTLED" for error in errors):
            raise Unavailable("throttled")
        if errors:
            raise Refused(str(errors))
        return answer["data"]

    return again(call)


def subscribe(topic: str) -> None:
    """One that exists already is refused by the library without an exception."""
    address = f"{os.environ['PUBLIC_URL']}/webhooks/shopify"
    again(lambda: shopify.Webhook.create({"topic": topic, "address": address, "format": "json"}))


def skus() -> dict[int, str]:
    """By inventory item."""
    variants = again(shopify.Variant.find)
    return {variant.inventory_item_id: variant.sku for variant in variants}


def levels(items: list[int]) -> list[Any]:
    """Of at most 50 items, with `inventory_item_id`, `location_id` and `available`."""
    ids = ",".join(map(str, items))
    return list(again(lambda: shopify.InventoryLevel.find(inventory_item_ids=ids, limit=250)))


def set_stock(key: str, reference: str, quantities: list[tuple[int, int, int]]) -> None:
    """Rows of item, location, quantity."""
    rows = [
        {
            "inventoryItemId": f"gid://shopify/InventoryItem/{item}",
            "locationId": f"gid://shopify/Location/{location}",
            "quantity": quantity,
            "changeFromQuantity": None,
        }
        for item, location, quantity in quantities
    ]
    entry = {"name": "available", "reason": "correction", "referenceDocumentUri": reference, "quantities": rows}
    errors = graphql(SET, {"input": entry, "key": key})["inventorySetQuantities"]["userErrors"]
    if errors:
        raise Refused(str(errors))
