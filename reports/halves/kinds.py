"""Which process decodes which kinds of facts, and what stands for the others in the order of time.

Deliveries and their attempts are half of a history, and little else is needed to judge them. What buyers could not buy
goes with them, because it changes no stock. What they bought, and the calls of the subject, are decoded by both: it is
little, and enough for checks that would keep the first process longer than the second one has to do.
"""

from collections.abc import Iterable, Mapping
from typing import Final, cast, get_args

import msgspec

from stockstorm.simulator.history import facts as f

Kind = type[f.Fact]

DELIVERY: Final[frozenset[Kind]] = frozenset(
    {f.DeliveryPlanned, f.AttemptEnded, f.DeliveryEnded, f.EffectProbed, f.PurchaseRefused, f.FollowUpVoid}
)
STOCK: Final[frozenset[Kind]] = frozenset(
    {
        f.OrderPaid, f.StockUnmoved, f.ListingPushed, f.FinalStock, f.FinalListing, f.StockProbed,
    }
)  # fmt: skip
# Whose ids and references the second process checks: it has what they refer to, and more time.
CHECKED_BY_SECOND: Final[frozenset[Kind]] = DELIVERY | {
    f.PurchaseAccepted, f.OrderCancelled, f.OrderReturned, f.EventFired,
}  # fmt: skip
ALL: Final[frozenset[Kind]] = frozenset(get_args(f.AnyFact))


def _stand_in(kind: Kind) -> Kind:
    """A kind that decodes the same lines, and keeps their time alone."""
    tag = kind.__struct_config__.tag
    return cast(Kind, msgspec.defstruct(f"{kind.__name__}Time", [], bases=(f.Fact,), frozen=True, gc=False, tag=tag))


STAND_INS: Final[Mapping[Kind, Kind]] = {kind: _stand_in(kind) for kind in (*DELIVERY, *STOCK)}


def stand_ins_of(kinds: Iterable[Kind]) -> Mapping[Kind, Kind]:
    """What is made of the lines of these kinds."""
    return {kind: STAND_INS[kind] for kind in kinds}


def digested_elsewhere(_block: int) -> bool:
    """Whether the first process computes the digest of a block: never. The second one does, as it has less to do."""
    return False
