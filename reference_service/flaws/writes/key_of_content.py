"""The idempotency key of a write is a hash of its changes, so the second of two equal writes is taken for the first.

Its writes name no orders. With another reference Shopify would refuse a used key.
"""

import hashlib

import msgspec
from msgspec.structs import replace

from stockstorm.reference_service.domain.adjustment_batch import Batch
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.stock_writer import Variables


def compose(seams: Seams) -> Seams:
    """Two orders of a unit of the same SKU have the same key."""

    def variables(batch: Batch) -> Variables:
        changes = [(change.key, change.delta) for change in batch.sent]
        found = seams.variables(batch)
        given = msgspec.convert(found["input"], dict[str, object])
        nameless = {name: value for name, value in given.items() if name != "referenceDocumentUri"}
        return {**found, "input": nameless, "key": hashlib.sha256(msgspec.json.encode(changes)).hexdigest()}

    return replace(seams, variables=variables)
