"""The versions of the Admin API: which are served, how an address asks for one, and how they differ.

DIFFERENCES is the only list of what is not the same in all of them (docs/sources.md, S13). Schema, resolvers and
deliveries read it. What is not listed is in every version as in the newest.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, Literal, NamedTuple, get_args

ApiVersion = Literal["2025-10", "2026-01", "2026-04", "2026-07", "2026-10", "2027-01", "unstable"]  # oldest first
VERSIONS: Final[tuple[ApiVersion, ...]] = get_args(ApiVersion)
NEWEST: Final[ApiVersion] = "2026-10"  # the newest stable one
CANDIDATE: Final[ApiVersion] = "2027-01"  # which no source describes yet, so it is as the newest
FIRST_EVER: Final = "2019-04"
_QUARTERLY: Final = re.compile(r"20\d\d-(01|04|07|10)")

Behaviour = Literal[
    "@idempotent required",
    "changeFromQuantity required",
    "stocked items only",
    "five bulk queries at once",
    "checkout_id in orders",
    "inactive levels keep their units",
]


class Span(NamedTuple):
    """From the first to the last version that has it. None: from the beginning, or to this day."""

    since: ApiVersion | None = None
    until: ApiVersion | None = None

    def covers(self, version: ApiVersion) -> bool:
        """Whether the version has it."""
        place = VERSIONS.index(version)
        first = 0 if self.since is None else VERSIONS.index(self.since)
        last = len(VERSIONS) if self.until is None else VERSIONS.index(self.until)
        return first <= place <= last


_BATCHES: Final = ("Adjust", "Move", "Set", "SetOnHand")
_NEW_CODES: Final = (
    "CHANGE_FROM_QUANTITY_STALE", "IDEMPOTENCY_CONCURRENT_REQUEST", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
)  # fmt: skip

# By member of the schema: "Type.field", "Enum.VALUE" or "@directive".
MEMBERS: Final[Mapping[str, Span]] = {
    "@idempotent": Span(since="2026-01"),
    "InventoryQuantityInput.changeFromQuantity": Span(since="2026-01"),
    "InventoryChangeInput.changeFromQuantity": Span(since="2026-01"),
    "InventoryQuantityInput.compareQuantity": Span(until="2026-01"),
    "InventorySetQuantitiesInput.ignoreCompareQuantity": Span(until="2026-01"),
    "InventoryAdjustQuantitiesUserErrorCode.ITEM_NOT_STOCKED_AT_LOCATION": Span(until="2026-07"),
    "InventorySetQuantitiesUserErrorCode.ITEM_NOT_STOCKED_AT_LOCATION": Span(until="2026-07"),
    "InventorySetQuantityInput.changeFromQuantity": Span(since="2026-01"),
    "InventoryMoveQuantityTerminalInput.changeFromQuantity": Span(since="2026-01"),
    "InventorySetOnHandQuantitiesUserErrorCode.ITEM_NOT_STOCKED_AT_LOCATION": Span(until="2026-07"),
    "InventoryMoveQuantitiesUserErrorCode.ITEM_NOT_STOCKED_AT_LOCATION": Span(until="2026-07"),
    "WebhookSubscriptionInput.name": Span(since="2026-04"),
    "EventBridgeWebhookSubscriptionInput.name": Span(since="2026-04"),
    "PubSubWebhookSubscriptionInput.name": Span(since="2026-04"),
    "WebhookSubscription.name": Span(since="2026-04"),
    "InventoryItem.variants": Span(since="2026-01"),
    "InventoryLevel.isActive": Span(since="2026-04"),
    **{
        f"Inventory{batch}QuantitiesUserErrorCode.{code}": Span(since="2026-01")
        for batch in _BATCHES
        for code in _NEW_CODES
    },
}
BEHAVIOURS: Final[Mapping[Behaviour, Span]] = {
    "@idempotent required": Span(since="2026-04"),
    "changeFromQuantity required": Span(since="2026-04"),
    "stocked items only": Span(until="2026-07"),
    "five bulk queries at once": Span(since="2026-01"),
    "checkout_id in orders": Span(until="2026-01"),  # of the documents' examples; captures of 2025 have it too
    "inactive levels keep their units": Span(since="2026-04"),
}


@cache
def in_force(behaviour: Behaviour, version: ApiVersion) -> bool:
    """Whether the version behaves so."""
    return BEHAVIOURS[behaviour].covers(version)


def absent_in(version: ApiVersion) -> frozenset[str]:
    """The members of the schema that the version lacks."""
    return frozenset(member for member, span in MEMBERS.items() if not span.covers(version))


def serving(asked: str, oldest: ApiVersion = VERSIONS[0]) -> ApiVersion | None:
    """The version that answers an address. None: there never was such a version.

    A version that is no longer served falls forward to `oldest`, the oldest that is; so does an address without a
    version, asked as "".
    """
    known = next((each for each in VERSIONS if each == asked), None)
    if known is not None and VERSIONS.index(known) >= VERSIONS.index(oldest):
        return known
    is_retired = bool(_QUARTERLY.fullmatch(asked)) and FIRST_EVER <= asked < oldest
    return oldest if is_retired or not asked else None


def display_name(version: ApiVersion) -> str:
    """Its name as Shopify shows it. That of a release candidate is recorded."""
    notes = {NEWEST: " (Latest)", CANDIDATE: " (Release candidate)"}
    return version + notes.get(version, "")


def is_supported(version: ApiVersion) -> bool:
    """Whether Shopify calls it supported: whether it is stable."""
    return version not in (CANDIDATE, VERSIONS[-1])
