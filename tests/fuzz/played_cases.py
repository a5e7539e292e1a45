"""Requests for the played APIs besides GraphQL documents, for the operations port, and for doors that stay closed."""

import json
from random import Random
from typing import Any, Final
from urllib.parse import quote

from tests.fuzz import graphql_bombs, graphql_cases
from tests.fuzz.case import Case, Kind, http
from tests.fuzz.played import ADMIN_TOKEN, CATALOGUE, CHANNEL_TOKEN, CHANNELS
from tests.fuzz.values import BAD_UTF8, TEXTS, deep, json_text, value

GRAPHQL: Final = b"/admin/api/2026-10/graphql.json"
TOKEN: Final = (b"X-Shopify-Access-Token", ADMIN_TOKEN.encode())
BEARER: Final = (b"Authorization", b"Bearer " + CHANNEL_TOKEN.encode())
JSON: Final = (b"Content-Type", b"application/json")
NUMBERS: Final = (
    "0",
    "1",
    "-1",
    "250",
    "251",
    "500",
    "501",
    "9" * 15,
    "9" * 16,
    "9" * 4_000,
    "1e3",
    "٣",
    "",
    " 1",
    "+1",
    "null",
    "NaN",
)


def _graphql(index: int, kind: Kind, body: bytes) -> Case:
    return Case(index, kind, "played", (http(b"POST", GRAPHQL, (TOKEN, JSON), body),), "answered")


def graphql_valid(rng: Random, index: int) -> Case:
    return _graphql(index, "graphql_valid", json.dumps(graphql_cases.grown(rng, 0.05)).encode())


def graphql_mutated(rng: Random, index: int) -> Case:
    body = graphql_cases.grown(rng, rng.choice((0.3, 1.0)))
    if rng.random() < 0.6:
        body["query"] = graphql_cases.mutated(rng, body["query"])
    return _graphql(index, "graphql_mutated", json.dumps(body).encode())


def graphql_bomb(rng: Random, index: int) -> Case:
    if rng.random() < 0.3:
        body = {"query": graphql_bombs.ADJUST, "variables": graphql_bombs.heavy_variables(rng)}
        return _graphql(index, "graphql_bomb", json.dumps(body).encode())
    return _graphql(index, "graphql_bomb", json.dumps({"query": graphql_bombs.bomb(rng)}).encode())


def graphql_body(rng: Random, index: int) -> Case:
    """Bodies whose JSON, or whose outer shape, is hostile."""
    body: Any = graphql_cases.grown(rng, 0.1)
    pick = rng.random()
    if pick < 0.2:
        body[rng.choice(("query", "variables", "operationName", "extensions"))] = value(rng)
    elif pick < 0.25:
        body = [body, body]
    return _graphql(index, "graphql_body", json_text(rng, body))


def marketplace(rng: Random, index: int) -> Case:
    """Listings, orders and notifications of a marketplace, with odd bodies and parameters."""
    channel = rng.choice(CHANNELS) if rng.random() < 0.95 else rng.choice(("online", "nope", "%00", "..", "é"))
    resource = rng.choice(("listings", "listings", "orders", "notifications", "nope"))
    method = rng.choice(
        (b"GET", b"PUT", b"PUT", b"POST", b"DELETE") if resource != "orders" else (b"GET", b"GET", b"PUT")
    )
    path = f"/marketplaces/{quote(channel)}/v1/{resource}"
    if method == b"GET":
        path += "?" + _query(rng)
    body = b"" if method == b"GET" and rng.random() < 0.9 else _market_body(rng, resource)
    return Case(index, "marketplace", "played", (http(method, path.encode(), (BEARER, JSON), body),), "answered")


def _query(rng: Random) -> str:
    names = ("limit", "since", "after", "cursor", "limit[]", "", "é")
    parts = []
    for _ in range(rng.choice((0, 1, 2, 3, 50))):
        text = rng.choice((*NUMBERS, *TEXTS, "SKU-1"))[:1_000]
        given = quote(text, safe="") if rng.random() < 0.9 else "".join(each for each in text if "!" < each < "\x7f")
        parts.append(f"{quote(rng.choice(names))}={given}")
    return rng.choice(("&", ";", "&&")).join(parts)[:6_000]


def _market_body(rng: Random, resource: str) -> bytes:
    if resource == "notifications":
        good: dict[str, Any] = {"url": graphql_cases.uri(rng)}
    else:
        rows = [_row(rng) for _ in range(rng.choice((0, 1, 5, 500, 501) if rng.random() < 0.1 else (1, 2)))]
        good = {"listings": rows}
    if rng.random() < 0.4:
        return json.dumps(good).encode()
    if rng.random() < 0.3:
        return json.dumps(rng.choice((value(rng), [good], {"listings": value(rng)}, {"url": value(rng)}))).encode()
    return json_text(rng, good)


def _row(rng: Random) -> dict[str, Any]:
    sku = rng.choice(CATALOGUE.products).sku if rng.random() < 0.8 else rng.choice(TEXTS)
    quantity = rng.randrange(100) if rng.random() < 0.8 else rng.choice((-1, 10**9, 10**9 + 1, 2**63, 1.5, "5", None))
    return {"sku": sku, "quantity": quantity}


def probe(rng: Random, index: int) -> Case:
    """The operations port of the receiver: health, metrics and probes, with odd cursors and limits."""
    name = rng.choice(("probe/effects", "probe/stock", "probe/dead-letters", "healthz", "readyz", "metrics", "nope"))
    limits = ("1", "5", *NUMBERS, "9223372036854775807", "9223372036854775808")
    texts = ("", "0", "5", *NUMBERS, *TEXTS, "9223372036854775807", "9223372036854775808")
    given = f"limit={quote(rng.choice(limits))}&after={quote(rng.choice(texts)[:1_000], safe='')}"
    query = (
        "?" + given if name.startswith("probe") and rng.random() < 0.95 else rng.choice(("", "?limit=1", "?%ff=%00"))
    )
    method = rng.choice((b"POST", b"HEAD", b"DELETE")) if rng.random() < 0.05 else b"GET"
    return Case(
        index,
        "probe",
        "operations",
        (http(method, f"/{name}{query}".encode(), (), b""),),
        "any",
        alone=method == b"HEAD",
    )


def wrong_door(rng: Random, index: int) -> Case:
    """Good requests with a wrong token, path or method, and hostile bodies behind them."""
    tokens = (
        b"",
        b"x",
        b"\xff",
        ADMIN_TOKEN.encode()[:-1],
        ADMIN_TOKEN.upper().encode(),
        b"9" * 4_000,
        rng.choice(BAD_UTF8),
    )
    wrong = rng.choice(tokens)
    body = deep(rng, b'{"query":"{ shop { id } }"}') if rng.random() < 0.2 else b'{"query":"{ shop { id } }"}'
    pick = rng.randrange(4)
    if pick == 0:
        data = http(b"POST", GRAPHQL, ((b"X-Shopify-Access-Token", wrong), JSON), body)
    elif pick == 1:
        data = http(b"PUT", b"/marketplaces/bazaar/v1/listings", ((b"Authorization", b"Bearer " + wrong),), body)
    elif pick == 2:
        paths = (
            b"/admin/api/graphql.json",
            b"/admin/api/2026-10/orders.json",
            b"/admin/api/\xff/graphql.json",
            b"/marketplaces/",
            b"/",
        )
        data = http(b"POST", rng.choice(paths), (TOKEN, JSON), body)
    else:
        data = http(rng.choice((b"GET", b"PUT", b"DELETE", b"PATCH")), GRAPHQL, (TOKEN,), body)
    return Case(index, "wrong_door", "played", (data,), "answered")
