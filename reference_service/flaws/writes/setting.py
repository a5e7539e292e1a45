"""What flaws of writing share: inventorySetQuantities in place of inventoryAdjustQuantities."""

import msgspec

from stockstorm.reference_service.clients.documents import Operation, UserError, item_gid, location_gid
from stockstorm.reference_service.domain.adjustment_batch import Batch
from stockstorm.reference_service.storage.tables import LevelKey
from stockstorm.reference_service.sync.stock_writer import Variables


class SetPayload(msgspec.Struct, frozen=True, rename="camel"):
    user_errors: list[UserError]


class Setting(msgspec.Struct, frozen=True, rename="camel"):
    inventory_set_quantities: SetPayload


SET = Operation(
    "Set",
    """mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { field message code } }
}""",
    Setting,
    20,
)


def set_variables(batch: Batch, known: dict[LevelKey, int]) -> Variables:
    """The variables that set each level of the batch to what is known of it plus the batch's change."""
    quantities = [
        {
            "inventoryItemId": item_gid(change.inventory_item_id),
            "locationId": location_gid(change.location_id),
            "quantity": known[change.key] + change.delta,
            "changeFromQuantity": None,
        }
        for change in batch.sent
    ]
    setting = {
        "reason": "other",
        "name": "available",
        "referenceDocumentUri": batch.reference,
        "quantities": quantities,
    }
    return {"input": setting, "key": batch.idempotency_key}
