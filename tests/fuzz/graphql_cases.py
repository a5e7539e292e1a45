"""GraphQL documents for the played Admin API: valid ones grown from its schema, and spoilt ones."""

import base64
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from tests.fuzz.played import CATALOGUE
from tests.fuzz.values import TEXTS, TOKENS, value

SCHEMA: Final = admin_schema()
OBJECTS: Final = [each.name for each in SCHEMA.type_map.values() if isinstance(each, GraphQLObjectType)]
KINDS: Final = (
    "InventoryItem",
    "InventoryLevel",
    "Location",
    "ProductVariant",
    "Product",
    "Collection",
    "Order",
    "LineItem",
    "FulfillmentOrder",
    "Fulfillment",
    "Customer",
    "Refund",
    "BulkOperation",
    "Job",
    "Shop",
)
SEARCH_FIELDS: Final = (
    "created_at",
    "updated_at",
    "processed_at",
    "id",
    "sku",
    "name",
    "status",
    "financial_status",
    "fulfillment_status",
    "tag",
    "email",
    "customer_id",
    "title",
    "inventory_total",
    "price",
    "nope",
)
SEARCH_VALUES: Final = (
    "2026-11-24T06:00:00Z",
    "'2026-11-24T06:00:00+14:00'",
    "2026-11-24",
    "0001-01-01",
    "9999-12-31T23:59:59Z",
    "5",
    "-5",
    "--5",
    "٣",
    "9" * 4_900,
    "HOT-*",
    '"x"',
    "'",
    "*",
)
SIZES: Final = (0, 1, 2, 5, 10, 50, 250, 251, -1, 2**31 - 1, 2**31, 10**40)
DIRECTIVES: Final = (
    "@include(if: true)",
    "@skip(if: false)",
    "@include(if: $flag)",
    "@skip(if: 1)",
    "@skip",
    '@idempotent(key: "k1")',
    '@idempotent(key: "")',
    "@idempotent(key: null)",
    "@nope",
    '@deprecated(reason: "x")',
)


class Grower:
    """Grows one document. `wild` is the share of values that are wrong on purpose."""

    def __init__(self, rng: Random, *, fields_max: int, wild: float) -> None:
        self._rng, self._left, self._wild = rng, fields_max, wild
        self.variables: dict[str, tuple[str, Any]] = {}  # name: type and value
        self._fragments: list[str] = []

    def document(self) -> str:
        """A query or a mutation with its variables and fragments."""
        rng = self._rng
        kind, root = ("mutation", SCHEMA.mutation_type) if rng.random() < 0.25 else ("query", SCHEMA.query_type)
        assert root is not None
        body = self._selection(root, rng.randrange(2, 6), roots=True)
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        name = rng.choice(("", " Q", " Q1"))
        head = f"{kind}{name}{f'({declared})' if declared else ''}"
        return " ".join((head, body, *self._fragments))

    def _selection(self, on: Any, depth: int, *, roots: bool = False) -> str:
        rng = self._rng
        if isinstance(on, GraphQLUnionType):
            inner = rng.choice(on.types)
            return f"{{ __typename ... on {inner.name} {self._selection(inner, depth - 1)} }}"
        names = list(on.fields)
        chosen = [rng.choice(names) for _ in range(rng.randrange(1, 3 if roots else 5))]
        parts = [self._field(on, name, depth) for name in dict.fromkeys(chosen)]
        if rng.random() < 0.1:
            parts.append("__typename")
        if not roots and rng.random() < 0.08 and self._left > 0:
            parts.append(self._fragment(on, depth))
        return "{ " + (" ".join(part for part in parts if part) or "__typename") + " }"

    def _field(self, on: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int) -> str:
        rng, field = self._rng, on.fields[name]
        self._left -= 1
        inner = get_named_type(field.type)
        composite = isinstance(inner, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
        if composite and (depth <= 0 or self._left < 0):
            return ""
        alias = f"{rng.choice('abc')}{rng.randrange(100)}: " if rng.random() < 0.1 else ""
        directives = rng.choice(DIRECTIVES) if rng.random() < 0.3 * self._wild else ""
        keyed = name.startswith("inventory") or name == "refundCreate"
        if on is SCHEMA.mutation_type and keyed and rng.random() < 0.9:
            key = rng.randrange(10**6) if rng.random() < 0.98 else "k" * rng.choice((255, 256, 30_000))
            directives = f'@idempotent(key: "{key}")'
        if "$flag" in directives:
            self.variables["flag"] = ("Boolean!", rng.random() < 0.5)
        below = self._selection(inner, depth - 1) if composite else ""
        return f"{alias}{name}{self._arguments(field.args)} {directives} {below}"

    def _fragment(self, on: Any, depth: int) -> str:
        if self._rng.random() < 0.5:
            return f"... on {on.name} {self._selection(on, depth - 1)}"
        name = f"F{len(self._fragments)}"
        self._fragments.append("")  # reserved, because fragments inside it take the next names
        self._fragments[int(name[1:])] = f"fragment {name} on {on.name} {self._selection(on, depth - 1)}"
        return f"...{name}"

    def _arguments(self, known: dict[str, GraphQLArgument]) -> str:
        rng = self._rng
        given: list[str] = []
        page = [name for name in ("first", "last") if name in known]
        chosen = {rng.choice(page)} if page and rng.random() < 1 - self._wild / 3 else set()
        for name, argument in known.items():
            wanted = is_non_null_type(argument.type) or name in chosen
            if wanted and rng.random() < self._wild / 10:
                continue
            if wanted or rng.random() < 0.12:
                given.append(f"{name}: {self._value(name, argument)}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, name: str, argument: GraphQLArgument | GraphQLInputField) -> str:
        """A literal, or a variable with that value."""
        made = self._json(name, argument.type)
        if self._rng.random() < 0.3:
            variable = f"v{len(self.variables)}"
            self.variables[variable] = (str(argument.type), made)
            return f"${variable}"
        return literal(made, get_named_type(argument.type))

    def _json(self, name: str, type_: Any) -> Any:
        rng = self._rng
        if rng.random() < self._wild / 8:
            return value(rng)
        if is_non_null_type(type_):
            type_ = type_.of_type
        elif rng.random() < 0.05:
            return None
        if is_list_type(type_):
            return [self._json(name, type_.of_type) for _ in range(rng.choice((0, 1, 1, 2, 3, 10)))]
        if isinstance(type_, GraphQLInputObjectType):
            fields = type_.fields.items()
            wanted = [(key, field) for key, field in fields if is_non_null_type(field.type) or rng.random() < 0.5]
            return {key: self._json(key, field.type) for key, field in wanted}
        if isinstance(type_, GraphQLEnumType):
            return Enum(rng.choice([*type_.values]))
        return self._scalar(name, type_.name)

    def _scalar(self, name: str, type_: str) -> Any:
        rng = self._rng
        match type_:
            case "Int":
                return rng.choice(SIZES) if rng.random() < self._wild else rng.randrange(1, 30)
            case "Boolean":
                return rng.random() < 0.5
            case "ID":
                return some_id(rng, name, self._wild)
        made = TEXTS_OF.get(name)
        if made is not None:
            return made(rng)
        return rng.choice(TEXTS) if rng.random() < self._wild else f"t{rng.randrange(100)}"


class Enum(str):
    """A value that is written without quotes in a document, and with them in variables."""

    __slots__ = ()


def literal(made: Any, type_: GraphQLNamedType | None = None) -> str:
    """A JSON value as a GraphQL literal."""
    if isinstance(made, Enum):
        return str(made)
    if isinstance(made, dict):
        return "{" + ", ".join(f"{key or 'k'}: {literal(inner)}" for key, inner in made.items()) + "}"
    if isinstance(made, list):
        return "[" + ", ".join(literal(each, type_) for each in made) + "]"
    return json.dumps(made, ensure_ascii=False)


# The kind of id that an argument or an input field of this name takes.
KIND_OF: Final = {
    "orderId": "Order",
    "lineItemId": "LineItem",
    "variantId": "ProductVariant",
    "productId": "Product",
    "fulfillmentOrderId": "FulfillmentOrder",
}
BULK_QUERIES: Final = (
    "{ products { edges { node { id variants { nodes { sku } } } } } }",
    "{ orders { nodes { id lineItems { nodes { sku } } customAttributes { key } } } }",
    "{ locations { nodes { id inventoryLevels { nodes { id } } } } }",
    "{ shop { id } }",
    "{ products { nodes {",
)


def some_id(rng: Random, name: str, wild: float) -> str:
    """A global id, mostly of something that exists."""
    product = rng.choice(CATALOGUE.products)
    if rng.random() < wild / 2:
        number = rng.choice(("0", "-1", "9" * 20, "9" * 21, "9" * 5_000, "٣", "1.5", "", "1?x=1"))
        return rng.choice((f"gid://shopify/{rng.choice(KINDS)}/{number}", f"gid://other/{number}", number))
    if "location" in name.lower():
        return f"gid://shopify/Location/{product.location_id}"
    numbers = {
        "InventoryItem": product.inventory_item_id,
        "InventoryLevel": product.level_id,
        "Location": product.location_id,
        "ProductVariant": product.variant_id,
        "Product": product.product_id,
        "Order": 5_812_300_000_001 + rng.randrange(300),
        "WebhookSubscription": 1_190_000_000_001 + rng.randrange(200),
        "LineItem": 14_320_500_000_000 + rng.randrange(300) * 32,
        "FulfillmentOrder": 5_812_300_000_001 + rng.randrange(300),
        "FulfillmentOrderLineItem": 14_320_500_000_000 + rng.randrange(300) * 32,
        "BulkOperation": 720_918_000_001 + rng.randrange(20),
        "Customer": 7_120_400_000_000 + rng.randrange(5),
    }
    if (kind := KIND_OF.get(name, "")) == "":
        kind = "InventoryItem" if "item" in name.lower() else rng.choice([*numbers])
    return f"gid://shopify/{kind}/{numbers[kind]}"


def search(rng: Random) -> str:
    """A search query, or the query of a bulk operation, whose argument has the same name."""
    if rng.random() < 0.05:
        return rng.choice(BULK_QUERIES)
    if rng.random() < 0.02:
        return rng.choice(("id:1 ", "sku:a AND ", "name:1 ", "status:open ")) * rng.choice((40, 400, 990))
    terms = [
        f"{rng.choice(SEARCH_FIELDS)}:{rng.choice(('', '>', '>=', '<', '<='))}{rng.choice(SEARCH_VALUES)}"
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3)))
    ]
    if terms and rng.random() < 0.2:
        terms[0] = rng.choice(("-{}", "({})", "NOT {}", "(({})", "{})")).format(terms[0])
    return rng.choice((" AND ", " ", " OR ", " AND NOT ")).join(terms)[:6_000]


def cursor(rng: Random) -> str:
    """A cursor: right, of wrong values, nested, or no cursor."""
    inner = {"last_id": rng.choice((1, 2**63, -1, 10**40, "1", None)), "last_value": rng.choice((1, 10**30, "a"))}
    text = json.dumps(inner).encode()
    pick = rng.randrange(5)
    if pick == 0:
        depth = rng.choice((10, 500, 5_000))
        text = b'{"a":' + b"[" * depth + b"]" * depth + b',"last_id":1,"last_value":1}'
    elif pick == 1:
        text = text[: rng.randrange(len(text))]
    elif pick == 2:
        return rng.choice(TEXTS)
    return base64.b64encode(text).decode()


def uri(rng: Random) -> str:
    """The address of a subscription. The good ones are few, so that subscriptions stay few."""
    return rng.choice(
        (
            f"http://127.0.0.1:9/{rng.randrange(5)}",
            f"https://example.test/{rng.randrange(5)}",
            "http://[::1",
            "http://host:99999/",
            "http://\x00/",
            "https://exa mple/\r\nX: y",
            "pubsub://p:t",
            "pubsub://p",
            "arn:aws:events:eu::event-source/aws.partner/shopify.com/1/s",
            "ftp://x/",
            "//",
            "http://" + "a" * 3_000,
        )
    )


TEXTS_OF: Final[dict[str, Callable[[Random], str]]] = {
    "query": search,
    "after": cursor,
    "before": cursor,
    "names": lambda rng: rng.choice(("available", "on_hand", "committed", "damaged", "nope")),
    "name": lambda rng: rng.choice(("available", "on_hand", "committed", "damaged", "nope")),
    "amount": lambda rng: rng.choice(("1", "2.50", "-1", "1e9", "x", "")),
    "price": lambda rng: rng.choice(("1", "2.50", "-1", "1e9", "x", "")),
    "cost": lambda rng: rng.choice(("1", "2.50", "-1", "x")),
    "sourceIdentifier": lambda rng: rng.choice(("bazaar-1001", "urn:channel-orders:bazaar:bazaar-1002", "x" * 300)),
    "reason": lambda rng: rng.choice(("correction", "nope")),
    "uri": uri,
    "callbackUrl": uri,
}


def mutated(rng: Random, text: str) -> str:
    """A document with one to five changes that its grammar may not allow."""
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(text) + 1)
        pick = rng.randrange(6)
        if pick == 0:
            text = (
                text[:at] + rng.choice((*TOKENS, "fragment ", "on ", "$v0", "...F0", '"""', "#", "\ufeff")) + text[at:]
            )
        elif pick == 1:
            text = text[:at] + text[at + rng.choice((1, 1, 3, 20)) :]
        elif pick == 2:
            text = text[:at] + text[at : at + rng.choice((5, 30))] * rng.choice((2, 10)) + text[at:]
        elif pick == 3:
            text = text[:at] + rng.choice(TEXTS) + text[at:]
        elif pick == 4:
            text = text.replace(rng.choice(OBJECTS), rng.choice(OBJECTS), 1)
        else:
            text = text[:at]
    return text[:60_000]


def grown(rng: Random, wild: float) -> dict[str, Any]:
    """The body of a request with a document grown from the schema."""
    grower = Grower(rng, fields_max=rng.choice((5, 15, 15, 40)), wild=wild)
    text = grower.document()
    variables = {name: made for name, (_, made) in grower.variables.items()}
    return {"query": text, "variables": variables}
