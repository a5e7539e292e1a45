"""The idempotency key of a write is a hash of its changes, so the second of two equal writes is taken for the first."""

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
        key = hashlib.sha256(msgspec.json.encode(changes)).hexdigest()
        return {**seams.variables(batch), "key": key}

    return replace(seams, variables=variables)
