"""Metafields of products: a few that every product has, for the Admin API and for webhooks that ask for a namespace."""

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from stockstorm.simulator.events.encoding import derived_id
from stockstorm.simulator.model import Product


class Metafield(NamedTuple):
    """One metafield of a product or of a variant."""

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
        Metafield(product.product_id, "custom", "material", product.title.split()[0]),
        Metafield(product.product_id, "custom", "origin", product.vendor),
    ]


def variant_metafields(product: Product) -> list[Metafield]:
    """What a variant's metafields hold."""
    return [Metafield(product.variant_id, "warehouse", "bin", f"A-{product.variant_id % 90 + 10}")]


class MetafieldBody(msgspec.Struct, frozen=True, kw_only=True):
    """A metafield in a webhook. Its members are assumed: those of REST."""

    id: int
    namespace: str
    key: str
    value: str
    description: None = None
    owner_id: int
    created_at: str
    updated_at: str
    owner_resource: str = "product"
    type: str = "single_line_text_field"
    admin_graphql_api_id: str


def metafield_bodies(product: Product, namespaces: Collection[str], since: str) -> list[MetafieldBody]:
    """The product's metafields of these namespaces, as webhooks show them."""
    return [
        MetafieldBody(
            id=each.metafield_id,
            namespace=each.namespace,
            key=each.key,
            value=each.value,
            owner_id=each.owner,
            created_at=since,
            updated_at=since,
            admin_graphql_api_id=f"gid://shopify/Metafield/{each.metafield_id}",
        )
        for each in product_metafields(product)
        if each.namespace in namespaces
    ]
