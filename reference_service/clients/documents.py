"""GraphQL documents for subscriptions and stock (Admin API 2026-10), each with the type of its answer.

Ids are Shopify's global ids: `gid://shopify/InventoryItem/1`.
"""

from typing import Generic, TypeVar

import msgspec

from stockstorm.reference_service.domain.timestamps import SECOND_NS, second_text

Answer = TypeVar("Answer")


class Operation(msgspec.Struct, Generic[Answer], frozen=True):
    """A document, the type of its `data`, and its expected cost in query points until the API has reported one."""

    name: str
    text: str
    answer: type[Answer]
    cost: float


class UserError(msgspec.Struct, frozen=True):
    message: str
    field: list[str] | None = None
    code: str | None = None


class PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    has_next_page: bool
    end_cursor: str | None


class Quantity(msgspec.Struct, frozen=True):
    name: str
    quantity: int


class Identified(msgspec.Struct, frozen=True):
    id: str


# --- subscriptions


class SubscriptionNode(msgspec.Struct, frozen=True):
    id: str
    topic: str
    uri: str


class SubscriptionPage(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[SubscriptionNode]
    page_info: PageInfo


class Subscriptions(msgspec.Struct, frozen=True, rename="camel"):
    webhook_subscriptions: SubscriptionPage


SUBSCRIPTIONS = Operation(
    "Subscriptions",
    """query Subscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri }
    pageInfo { hasNextPage endCursor }
  }
}""",
    Subscriptions,
    13,
)


class SubscribePayload(msgspec.Struct, frozen=True, rename="camel"):
    webhook_subscription: Identified | None
    user_errors: list[UserError]


class Subscribe(msgspec.Struct, frozen=True, rename="camel"):
    webhook_subscription_create: SubscribePayload


SUBSCRIBE = Operation(
    "Subscribe",
    """mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) {
    webhookSubscription { id }
    userErrors { field message }
  }
}""",
    Subscribe,
    10,
)

# --- reading stock


class ItemLevel(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    location: Identified
    quantities: list[Quantity]
    updated_at: str = ""


class ItemLevels(msgspec.Struct, frozen=True):
    nodes: list[ItemLevel]


class ItemNode(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    sku: str | None
    inventory_levels: ItemLevels


class ItemPage(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[ItemNode]
    page_info: PageInfo


class Items(msgspec.Struct, frozen=True, rename="camel"):
    inventory_items: ItemPage


ITEMS = Operation(
    "Items",
    """query Items($first: Int!, $after: String) {
  inventoryItems(first: $first, after: $after) {
    nodes {
      id
      sku
      inventoryLevels(first: 20) {
        nodes { id updatedAt location { id } quantities(names: ["available"]) { name quantity } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
    Items,
    300,
)


class SkuOf(msgspec.Struct, frozen=True):
    id: str
    sku: str | None


class LevelNode(msgspec.Struct, frozen=True, rename="camel"):
    """A level. All fields are missing if the id names nothing that the app can read."""

    id: str | None = None
    item: SkuOf | None = None
    location: Identified | None = None
    quantities: list[Quantity] = []
    updated_at: str = ""


class Levels(msgspec.Struct, frozen=True):
    nodes: list[LevelNode | None]


LEVELS = Operation(
    "Levels",
    """query Levels($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on InventoryLevel {
      id
      item { id sku }
      location { id }
      quantities(names: ["available"]) { name quantity }
    }
  }
}""",
    Levels,
    10,
)

# --- reading changed stock


class LocationPage(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[Identified]
    page_info: PageInfo


class Locations(msgspec.Struct, frozen=True):
    locations: LocationPage


LOCATIONS = Operation(
    "Locations",
    """query Locations($after: String) {
  locations(first: 50, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
}""",
    Locations,
    9,
)


class LevelPage(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[LevelNode]
    page_info: PageInfo


class PlaceLevels(msgspec.Struct, frozen=True, rename="camel"):
    inventory_levels: LevelPage


class ChangedLevels(msgspec.Struct, frozen=True):
    """`location` is null if the location was deleted."""

    location: PlaceLevels | None


CHANGED_LEVELS = Operation(
    "ChangedLevels",
    """query ChangedLevels($location: ID!, $first: Int!, $after: String, $query: String!) {
  location(id: $location) {
    inventoryLevels(first: $first, after: $after, query: $query) {
      nodes { id updatedAt item { id sku } location { id } quantities(names: ["available"]) { name quantity } }
      pageInfo { hasNextPage endCursor }
    }
  }
}""",
    ChangedLevels,
    56,
)


def updated_since(at_ns: int) -> str:
    """The search for objects updated in the second of `at_ns` (nanoseconds since the epoch) or later."""
    return f"updated_at:>='{second_text(at_ns - at_ns % SECOND_NS)}'"


# --- writing stock


class AdjustedLevel(msgspec.Struct, frozen=True):
    quantities: list[Quantity]


class Adjustment(msgspec.Struct, frozen=True):
    """One change. `item` has the item's id and, as at0, at1, …, its level at each location of the batch."""

    name: str
    item: dict[str, msgspec.Raw] | None
    location: Identified | None


class AdjustmentGroup(msgspec.Struct, frozen=True):
    changes: list[Adjustment]


class AdjustPayload(msgspec.Struct, frozen=True, rename="camel"):
    inventory_adjustment_group: AdjustmentGroup | None
    user_errors: list[UserError]


class Adjust(msgspec.Struct, frozen=True, rename="camel"):
    inventory_adjust_quantities: AdjustPayload


def adjust(locations: int) -> Operation[Adjust]:
    """The mutation for a batch at this many locations. Variables $at0, $at1, … are the locations' ids.

    The same answer reads the adjusted levels back.
    """
    variables = "".join(f", $at{n}: ID!" for n in range(locations))
    levels = " ".join(
        f'at{n}: inventoryLevel(locationId: $at{n}) {{ quantities(names: ["available"]) {{ name quantity }} }}'
        for n in range(locations)
    )
    text = f"""mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!{variables}) {{
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {{
    inventoryAdjustmentGroup {{
      changes {{ name item {{ id {levels} }} location {{ id }} }}
    }}
    userErrors {{ field message code }}
  }}
}}"""
    return Operation("Adjust", text, Adjust, 20)


ALL = (SUBSCRIPTIONS, SUBSCRIBE, ITEMS, LEVELS, LOCATIONS, CHANGED_LEVELS, adjust(1), adjust(3))


def available_of(quantities: list[Quantity]) -> int | None:
    """The quantity named "available", or None if the answer does not have it."""
    return next((q.quantity for q in quantities if q.name == "available"), None)


def number_of(gid: str) -> int:
    """The number at the end of a global id. Raises ValueError if there is none."""
    return int(gid.rpartition("/")[2].partition("?")[0])


def item_gid(number: int) -> str:
    return f"gid://shopify/InventoryItem/{number}"


def location_gid(number: int) -> str:
    return f"gid://shopify/Location/{number}"
