"""The products of a catalogue in the orders in which connections sort them, and its collections.

A collection holds the products of one type, as a shop's automated collections often do. The orders are made once for
a catalogue, because a page must not cost the time of sorting all of it.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import ClassVar, Final, Literal
from weakref import WeakKeyDictionary

import msgspec

from stockstorm.simulator.api.admin.base.call import AdminState
from stockstorm.simulator.catalogue import by_product
from stockstorm.simulator.model import Product, Sku

Sort = Literal["ID", "TITLE", "VENDOR", "PRODUCT_TYPE"]
SORTS: Final[tuple[Sort, ...]] = ("ID", "TITLE", "VENDOR", "PRODUCT_TYPE")
_TEXTS: Final[dict[str, str]] = {"TITLE": "title", "VENDOR": "vendor", "PRODUCT_TYPE": "product_type"}
SEPARATOR: Final = "\x1f"  # around the texts of a search field
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
    products: tuple[Ranked, ...]  # by id


class ProductIndex:
    """Lookups of the catalogue's products, each of which its first variant stands for, and of their variants."""

    def __init__(self, products: Sequence[Product]) -> None:
        self._groups = by_product(products)
        firsts = [found[0] for found in self._groups.values()]
        self.single = len(firsts) == len(products)  # each product has one variant
        self.by_product_id = {product.product_id: product for product in firsts}
        self.by_handle = {product.handle: product for product in firsts}
        self.by_sku: dict[str, list[Product]] = {}
        for product in products:
            self.by_sku.setdefault((product.shown_sku or "").casefold(), []).append(product)
        self._products = sorted(firsts, key=lambda product: product.product_id)
        self._all = sorted(products, key=lambda product: product.variant_id)
        self._orders: dict[str, list[Ranked]] = {}
        self._folded: dict[str, dict[int, str]] = {}

    @property
    def variants(self) -> int:
        """Their number."""
        return len(self._all)

    def prepare(self, at_ns: int) -> None:
        """Makes every order and the collections now, because for 50,000 items one takes longer than a call may.

        `at_ns`: when the products came to the shop.
        """
        for sort in SORTS:
            self.sorted_by(sort)
        self.by_text_of_variants("ID")
        self.by_text_of_variants("TITLE")
        self.by_variant()
        self.by_sku_of_variants()
        self.unedited(at_ns)
        _ = self.collections

    def sorted_by(self, sort: Sort) -> list[Ranked]:
        """All products in an order. Equal values are in the order of ids."""
        return self._ranked(sort, lambda: self._by_text(sort) if sort in _TEXTS else self._by_number("product_id"))

    def variants_of(self, product: Product) -> tuple[Product, ...]:
        """The variants of a product, by position."""
        return self._groups[product.product_id]

    def by_variant(self) -> list[Ranked]:
        """All variants in the order of their ids."""
        return self._ranked("variant", lambda: [Ranked(each.variant_id, each) for each in self._all])

    def by_sku_of_variants(self) -> list[Ranked]:
        """All variants in the order of their SKUs, those without one first."""

        def ranked() -> list[Ranked]:
            rows = sorted(self._all, key=lambda each: ((each.shown_sku or "").casefold(), each.variant_id))
            return [Ranked(rank, each) for rank, each in enumerate(rows)]

        return self._ranked("skus", ranked)

    def by_text_of_variants(self, sort: Sort) -> list[Ranked]:
        """All variants in the order of their products, and of their positions."""
        products = self.sorted_by(sort)
        return self._ranked(
            f"variants {sort}",
            lambda: [Ranked(row.rank, each) for row in products for each in self.variants_of(row.product)],
        )

    def unedited(self, at_ns: int) -> list[Ranked]:
        """All products in the order of ids, each with the time at which it came to the shop."""
        return self._ranked(f"since {at_ns}", lambda: [Ranked(at_ns, product) for product in self._products])

    def folded(self, field: str, texts_of: Callable[[Product], Iterable[str]]) -> dict[int, str]:
        """Variant id → the texts of a search field, in lower case, between separators. Made once for each field."""
        if field not in self._folded:
            self._folded[field] = {
                product.variant_id: SEPARATOR + SEPARATOR.join(texts_of(product)).casefold() + SEPARATOR
                for product in self._all
            }
        return self._folded[field]

    def _ranked(self, name: str, make: Callable[[], list[Ranked]]) -> list[Ranked]:
        if name not in self._orders:
            self._orders[name] = make()
        return self._orders[name]

    def _by_text(self, sort: Sort) -> list[Ranked]:
        text_of = attrgetter(_TEXTS[sort])
        rows = sorted(self._products, key=lambda product: text_of(product).casefold())
        return [Ranked(rank, product) for rank, product in enumerate(rows)]

    def _by_number(self, name: str) -> list[Ranked]:
        number_of = attrgetter(name)
        return [Ranked(number_of(product), product) for product in sorted(self._products, key=number_of)]

    @cached_property
    def collections(self) -> list[Collection]:
        """By id."""
        by_type = sorted(self._products, key=lambda product: (product.product_type, product.product_id))
        groups = [
            (kind, tuple(Ranked(product.product_id, product) for product in found))
            for kind, found in groupby(by_type, key=lambda product: product.product_type)
        ]
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
