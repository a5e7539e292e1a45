"""What products and variants have besides: no pictures, no bundles, no category, and the values of their option."""

from typing import Final

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.views import Counted, Variant, gid
from stockstorm.simulator.api.admin.resolvers.products.index import index_of
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.events.product_payload import variant_title
from stockstorm.simulator.model import Product


def _none(_row: object, arguments: Arguments, _call: Call) -> Page[Product]:
    """An empty page. Paging arguments are checked, as for any other."""
    if arguments.get("query"):
        raise not_played("search term", "a search of Product.media")
    return page_of((), lambda row: (row.product_id, row.product_id), arguments)


def variants_of_item(product: Product, arguments: Arguments, _call: Call) -> Page[Variant]:
    """The only variant of an inventory item."""
    return page_of([Variant(product)], lambda row: (row.product.variant_id, row.product.variant_id), arguments)


def _option_values(row: Variant, _arguments: Arguments, call: Call) -> list[Product]:
    return list(index_of(call.state).variants_of(row.product))


def _null(_row: object, _arguments: Arguments, _call: Call) -> None:
    return None


def _false(_row: object, _arguments: Arguments, _call: Call) -> bool:
    return False


PRODUCT: Final[dict[str, Resolver]] = {
    **dict.fromkeys(("featuredMedia", "category", "compareAtPriceRange"), _null),
    **dict.fromkeys(("hasVariantsThatRequiresComponents", "requiresSellingPlan"), _false),
    **dict.fromkeys(("media", "images"), _none),
    "mediaCount": lambda _row, _arguments, _call: Counted(0),
    "seo": lambda row, _arguments, _call: row,
}
VARIANT: Final[dict[str, Resolver]] = {
    **dict.fromkeys(("unitPrice", "taxCode"), _null),
    **dict.fromkeys(("requiresComponents", "showUnitPrice"), _false),
    "media": _none,
}
OPTION: Final[dict[str, Resolver]] = {"optionValues": _option_values}
TYPES: Final[dict[str, dict[str, Resolver]]] = {
    "SEO": dict.fromkeys(("title", "description"), _null),
    "TaxonomyCategory": dict.fromkeys(("id", "name", "fullName", "isLeaf", "level"), _null),
    "ProductCompareAtPriceRange": dict.fromkeys(("minVariantCompareAtPrice", "maxVariantCompareAtPrice"), _null),
    "MediaImage": dict.fromkeys(
        ("id", "alt", "image", "mediaContentType", "mimeType", "preview", "status", "createdAt", "updatedAt"), _null
    ),
    "MediaPreviewImage": dict.fromkeys(("image", "status"), _null),
    "ProductOptionValue": {
        "id": lambda product, _arguments, _call: gid("ProductOptionValue", product.variant_id + 1),
        "name": lambda product, _arguments, _call: variant_title(product),
        "hasVariants": lambda _product, _arguments, _call: True,
    },
}
