"""The benchmark tiers: how soon a sale must show on every other channel, by a shop's monthly revenue."""

from typing import Final, Literal

import msgspec

TierName = Literal["under_30s", "under_10s", "under_2s"]


class Tier(msgspec.Struct, frozen=True):
    """A limit on sync latency p95 for a range of monthly revenue in pounds (`revenue_upto` None: no end)."""

    name: TierName
    title: str
    limit_ms: float
    revenue_from: int
    revenue_upto: int | None
    architecture: str  # what is advised for such a shop


# The loosest first.
TIERS: Final = (
    Tier("under_30s", "under 30 s", 30_000, 0, 50_000, "polling or basic webhooks"),
    Tier("under_10s", "under 10 s", 10_000, 50_000, 500_000, "webhook and queue"),
    Tier("under_2s", "under 2 s", 2_000, 500_000, None, "EventBridge or Pub/Sub"),
)
