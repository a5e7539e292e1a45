"""The simulated Admin GraphQL API (2026-10): cost, throttling, idempotency, inventory, orders, webhook subscriptions.

`AdminApi.handle(request, now_ns)` is pure: it returns an answer with its facts and events.
"""

from stockstorm.simulator.api.admin.api import AdminApi
from stockstorm.simulator.api.admin.base.call import AdminOptions

__all__ = ["AdminApi", "AdminOptions"]
