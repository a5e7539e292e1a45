"""Metafields: a few that every product, variant, order, customer and collection has.

The Admin API shows them, and webhooks of products and orders whose subscription asks for their namespace.
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from stockstorm.simulator.events.encoding import derived_id
from stockstorm.simulator.model import Product

OwnerType = Literal["PRODUCT", "PRODUCTVARIANT", "ORDER", "CUSTOMER", "COLLECTION"]  # as in GraphQL
RESOURCES: Final[dict[OwnerType, str]] = {
    "PRODUCT": "product",
    "PRODUCTVARIANT": "variant",
    "ORDER": "order",
    "CUSTOMER": "customer",
    "COLLECTION": "collection",
}  # as in REST and webhooks
TIERS: Final = ("bronze", "silver", "gold")


class Metafield(NamedTuple):
    """One metafield of one owner. All are of the type single_line_text_field."""

    owner_type: OwnerType
    owner: int
    namespace: str
    key: str
    value: str

    @property
    def metafield_id(self) -> int:
        return derived_id(f"metafield {self.namespace}.{self.key}", self.owner)


def product_metafields(product: Product) -> list[Metafield]:
    """What a product's metafields hold."""
    return [
        Metafield("PRODUCT", product.product_id, "custom", "material", product.title.split()[0]),
        Metafield("PRODUCT", product.product_id, "custom", "origin", product.vendor),
    ]


def variant_metafields(product: Product) -> list[Metafield]:
    """What a variant's metafields hold."""
    return [Metafield("PRODUCTVARIANT", product.variant_id, "warehouse", "bin", f"A-{product.variant_id % 90 + 10}")]


def order_metafields(order_id: int) -> list[Metafield]:
    """What an order's metafields hold."""
    return [Metafield("ORDER", order_id, "warehouse", "wave", f"W-{order_id % 24 + 1}")]


def customer_metafields(customer_id: int) -> list[Metafield]:
    """What a customer's metafields hold."""
    return [Metafield("CUSTOMER", customer_id, "loyalty", "tier", TIERS[customer_id % len(TIERS)])]


def collection_metafields(collection_id: int) -> list[Metafield]:
    """What a collection's metafields hold."""
    return [Metafield("COLLECTION", collection_id, "custom", "season", "all year")]


class MetafieldBody(msgspec.Struct, frozen=True, kw_only=True):
    """A metafield in REST, and in a webhook, where its members are assumed to be those of REST."""

    id: int
    namespace: str
    key: str
    value: str
    description: None = None
    owner_id: int
    created_at: str
    updated_at: str
    owner_resource: str
    type: str = "single_line_text_field"
    admin_graphql_api_id: str


def metafield_body(each: Metafield, since: str) -> MetafieldBody:
    """A metafield as REST shows it. `since`: when it was made."""
    return MetafieldBody(
        id=each.metafield_id,
        namespace=each.namespace,
        key=each.key,
        value=each.value,
        owner_id=each.owner,
        created_at=since,
        updated_at=since,
        owner_resource=RESOURCES[each.owner_type],
        admin_graphql_api_id=f"gid://shopify/Metafield/{each.metafield_id}",
    )


def metafield_bodies(found: Sequence[Metafield], namespaces: Collection[str], since: str) -> list[MetafieldBody]:
    """Those of these namespaces, as webhooks show them."""
    return [metafield_body(each, since) for each in found if each.namespace in namespaces]
