"""The resolvers of every type of this room, by the type's name."""

from typing import Final

from stockstorm.simulator.api.admin.base.call import Resolver
from stockstorm.simulator.api.admin.resolvers.adjustments import CODED_ERROR
from stockstorm.simulator.api.admin.resolvers.products import changes, fields, pictures
from stockstorm.simulator.api.admin.resolvers.products.metafields import METAFIELD

TYPES: Final[dict[str, dict[str, Resolver]]] = {
    "Product": fields.PRODUCT,
    "ProductVariant": fields.VARIANT,
    "InventoryItem": fields.ITEM,
    "InventoryItemMeasurement": fields.MEASUREMENT,
    "Weight": fields.WEIGHT,
    "ProductPriceRangeV2": fields.PRICE_RANGE,
    "ProductOption": fields.OPTION,
    "SelectedOption": fields.SELECTED,
    "Collection": fields.COLLECTION,
    "Image": fields.IMAGE,
    "Metafield": METAFIELD,
    **pictures.TYPES,
    "ProductVariantsBulkUpdatePayload": changes.VARIANTS_PAYLOAD,
    "ProductVariantsBulkUpdateUserError": CODED_ERROR,
    "InventoryItemUpdatePayload": changes.ITEM_PAYLOAD,
}
