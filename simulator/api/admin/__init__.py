"""The Admin GraphQL API (2026-10) that the simulator plays: schema, cost and throttling, idempotency, inventory,
orders, webhook subscriptions. Pure: `AdminApi.handle(request, now_ns)` gives an answer with its facts and events."""

from stockstorm.simulator.api.admin.api import AdminApi
from stockstorm.simulator.api.admin.base.call import AdminOptions

__all__ = ["AdminApi", "AdminOptions"]
