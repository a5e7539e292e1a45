"""Sorted views of the catalogue, by the ids that REST paths and filters name. Made once."""

from stockstorm.simulator.catalogue import Catalogue


class Index:
    """Products by each of their ids."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.products = sorted(catalogue.products, key=lambda product: product.product_id)
        self.variants = sorted(catalogue.products, key=lambda product: product.variant_id)
        self.items = sorted(catalogue.products, key=lambda product: product.inventory_item_id)
        self.by_product = {product.product_id: product for product in self.products}
        self.by_variant = {product.variant_id: product for product in self.variants}
