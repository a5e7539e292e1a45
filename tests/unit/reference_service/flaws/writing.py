"""What the service writes to Shopify, and under which key."""

from typing import Any

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi, Answered
from stockstorm.reference_service.clients.documents import Adjust, AdjustPayload, Operation, UserError, adjust
from stockstorm.reference_service.domain.adjustment_batch import Batch, Change
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.signals import Signals
from tests.unit.reference_service.flaws.case import Case
from tests.unit.reference_service.flaws.working import NoWait

NONE: Any = None
IN_PROGRESS = "IDEMPOTENCY_CONCURRENT_REQUEST"


async def keys_of_equal_writes(seams: Seams) -> int:
    """How many keys two writes have that change the same."""
    batch = Batch(1, "one", "urn:x", (Change(1, 2, -1, 1),))
    return len({seams.variables(each)["key"] for each in (batch, replace(batch, batch_id=2, idempotency_key="two"))})


async def what_in_progress_is_taken_for(seams: Seams) -> str | None:
    """The code that the writer sees of a write whose first try is in progress."""

    async def attempt(*_: Any) -> Answered[Adjust]:
        return Answered(Adjust(AdjustPayload(None, [UserError("wait", code=IN_PROGRESS)])), 1, 2)

    admin: Any = seams.make_admin(NONE, "http://127.0.0.1:1", "token", NoWait())
    assert isinstance(admin, AdminApi)
    made: Any = admin
    made._attempt = attempt
    operation: Operation[Adjust] = adjust(1)
    errors = (await admin.call(operation, {})).data.inventory_adjust_quantities.user_errors
    return str(errors[0].code)


class LevelRow(tuple[Any, ...]):
    """A row of a level, by position and by name."""

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(3 if key == "sku" else key)


class Waiting:
    """A connection with 300 waiting sales, each of an item of its own."""

    async def fetch(self, statement: str, *_: object) -> list[Any]:
        if "FROM stock" in statement:
            rest = (0, 0, None, None, None, False, False, 0)
            return [LevelRow((item, 5, "", f"S{item}", 9, *rest)) for item in range(300)]
        return [(item, f"bazaar:{item}", f'{{"S{item}": -2}}') for item in range(300)]


async def changes_of_a_batch(seams: Seams) -> int:
    connection: Any = Waiting()
    chosen, _ = await seams.make_writer(NONE, NONE, Signals(), NoWait())._choose(connection)
    return len({sku for one in chosen for sku in one.effect.units})


CASES = (
    Case("key_of_content", keys_of_equal_writes, 2, 1),
    Case("in_progress_as_refused", what_in_progress_is_taken_for, IN_PROGRESS, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"),
    Case("batch_beyond_limit", changes_of_a_batch, 250, 300),
)
