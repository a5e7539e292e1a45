"""Sorted views of the catalogue, by the ids that REST paths and filters name. Made once."""

from stockstorm.simulator.catalogue import Catalogue, by_product
from stockstorm.simulator.model import Product


class Index:
    """Products, for each of which its first variant stands, and variants by each of their ids."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._groups = by_product(catalogue.in_shop)
        firsts = [found[0] for found in self._groups.values()]
        self.products = sorted(firsts, key=lambda product: product.product_id)
        self.variants = sorted(catalogue.in_shop, key=lambda product: product.variant_id)
        self.items = sorted(catalogue.in_shop, key=lambda product: product.inventory_item_id)
        self.by_product = {product.product_id: product for product in self.products}
        self.by_variant = {product.variant_id: product for product in self.variants}

    def variants_of(self, product: Product) -> tuple[Product, ...]:
        """The variants of a product, by position."""
        return self._groups[product.product_id]
