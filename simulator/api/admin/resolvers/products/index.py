"""The products of a catalogue in the orders in which connections sort them, and its collections.

A collection holds the products of one type, as a shop's automated collections often do. The orders are made once for
a catalogue, because a page must not cost the time of sorting all of it.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby
from typing import ClassVar, Final, Literal
from weakref import WeakKeyDictionary

import msgspec

from stockstorm.simulator.api.admin.base.call import AdminState
from stockstorm.simulator.model import Product, Sku

Sort = Literal["ID", "TITLE", "VENDOR", "PRODUCT_TYPE"]
SORTS: Final[tuple[Sort, ...]] = ("ID", "TITLE", "VENDOR", "PRODUCT_TYPE")
FIRST_COLLECTION: Final = 441_870_000_001


class Ranked(msgspec.Struct, frozen=True):
    """A product with its place in an order: the sort value of its cursor."""

    rank: int
    product: Product


class Collection(msgspec.Struct, frozen=True):
    """The products of one type."""

    graphql_type: ClassVar[str] = "Collection"
    collection_id: int
    title: str
    handle: str
    products: tuple[Product, ...]  # by id


class ProductIndex:
    """Lookups of the catalogue's products."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.by_product_id = {product.product_id: product for product in products}
        self.by_handle = {product.handle: product for product in products}
        self.by_sku: dict[str, list[Product]] = {}
        for product in products:
            self.by_sku.setdefault(product.sku.casefold(), []).append(product)
        self._products = sorted(products, key=lambda product: product.product_id)
        self._orders: dict[Sort, list[Ranked]] = {}

    def sorted_by(self, sort: Sort) -> list[Ranked]:
        """All products in an order. Equal values are in the order of ids."""
        if sort not in self._orders:
            keys = {"ID": None, "TITLE": "title", "VENDOR": "vendor", "PRODUCT_TYPE": "product_type"}
            name = keys[sort]
            rows = (
                self._products
                if name is None
                else sorted(self._products, key=lambda each: getattr(each, name).casefold())
            )
            ranks = (product.product_id if name is None else rank for rank, product in enumerate(rows))
            self._orders[sort] = [Ranked(rank, product) for rank, product in zip(ranks, rows, strict=True)]
        return self._orders[sort]

    @cached_property
    def collections(self) -> list[Collection]:
        """By id."""
        by_type = sorted(self._products, key=lambda product: (product.product_type, product.product_id))
        groups = [(kind, tuple(found)) for kind, found in groupby(by_type, key=lambda product: product.product_type)]
        return [
            Collection(FIRST_COLLECTION + n, kind, "-".join(kind.casefold().split()), found)
            for n, (kind, found) in enumerate(groups)
        ]

    def collection_of(self, product: Product) -> Collection:
        """The one collection that holds the product."""
        return next(each for each in self.collections if each.title == product.product_type)

    def with_sku(self, sku: Sku) -> list[Product]:
        """Products with this SKU, whatever its case."""
        return self.by_sku.get(sku.casefold(), [])


_indexes: WeakKeyDictionary[AdminState, ProductIndex] = WeakKeyDictionary()


def index_of(state: AdminState) -> ProductIndex:
    """The index of a shop's catalogue, made at first use."""
    found = _indexes.get(state)
    if found is None:
        found = _indexes[state] = ProductIndex(state.items)
    return found
