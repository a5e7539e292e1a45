"""Requests for the REST Admin API: every route with good, odd and hostile ids, parameters and bodies."""

import json
from random import Random
from typing import Any, Final
from urllib.parse import quote

from stockstorm.simulator.api.rest.resources import ROUTES
from tests.fuzz import graphql_cases
from tests.fuzz.case import Case, http
from tests.fuzz.played import CATALOGUE
from tests.fuzz.played_cases import JSON, NUMBERS, TOKEN
from tests.fuzz.values import TEXTS, json_text, value

NAMES: Final = (
    "limit", "fields", "ids", "since_id", "page_info", "status", "order", "created_at_min", "updated_at_max", "name",
    "financial_status", "inventory_item_ids", "location_ids", "title", "topic", "address", "ids[]", "", "é",
)  # fmt: skip
WORDS: Final = (
    "any", "closed", "paid", "created_at asc", "id desc", "2026-11-24T06:00:00Z", "2026-11-24T01:00:00-05:00", "#1001",
    "id,name", "e30", "eyJkaXJlY3Rpb24iOiJuZXh0IiwibGFzdF9pZCI6MSwibGFzdF92YWx1ZSI6MX0", "orders/create",
)  # fmt: skip


def rest(rng: Random, index: int) -> Case:
    """One call of a route, or of a path near one."""
    method, template = rng.choice(list(ROUTES))
    while "{id}" in template:
        template = template.replace("{id}", quote(_id(rng), safe=""), 1)
    if rng.random() < 0.1:
        method = rng.choice(("GET", "POST", "PUT", "DELETE", "PATCH"))
    path = f"/admin/api/{rng.choice(('2026-10', '2026-10', 'unstable', '1999-01', 'x'))}/{template}"
    path += ".json" if rng.random() < 0.95 else rng.choice(("", ".xml", "/", ".json.json"))
    if rng.random() < 0.6:
        path += "?" + _query(rng)
    body = b"" if method in ("GET", "DELETE") else _body(rng, template)
    return Case(index, "rest", "played", (http(method.encode(), path.encode(), (TOKEN, JSON), body),), "answered")


def _id(rng: Random) -> str:
    one = rng.choice(CATALOGUE.products)
    good = (one.inventory_item_id, one.product_id, one.variant_id, one.location_id, 5_812_300_000_007)
    return str(rng.choice(good)) if rng.random() < 0.7 else rng.choice((*NUMBERS, *TEXTS))[:500] or "0"


def _query(rng: Random) -> str:
    parts = []
    for _ in range(rng.choice((1, 1, 2, 3, 150))):
        text = rng.choice((*NUMBERS, *TEXTS, *WORDS, ",".join(_id(rng) for _ in range(rng.choice((1, 3, 60))))))
        parts.append(f"{quote(rng.choice(NAMES))}={quote(text[:1_000], safe='')}")
    return "&".join(parts)[:6_000]


def _body(rng: Random, template: str) -> bytes:
    one = rng.choice(CATALOGUE.products)
    good: dict[str, Any] = {"location_id": one.location_id, "inventory_item_id": one.inventory_item_id}
    if template.startswith("inventory_levels"):
        good |= {"available": rng.randrange(99), "available_adjustment": rng.randrange(-9, 9)}
    elif template.startswith("webhooks"):
        topic = rng.choice(("orders/create", "carts/create", "x", ""))
        good = {"webhook": {"topic": topic, "address": graphql_cases.uri(rng), "fields": ["id"]}}
    else:
        good = {"variant": {"id": one.variant_id, "price": "1.00"}}
    pick = rng.random()
    if pick < 0.3:
        name = rng.choice(list(good))
        return json.dumps({**good, name: value(rng)}).encode()
    return json.dumps(good).encode() if pick < 0.7 else json_text(rng, good)
