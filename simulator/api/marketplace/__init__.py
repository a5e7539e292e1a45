"""The API that every marketplace offers to the subject: listings, orders since a cursor, and where to notify.

Pure: `MarketplaceApi.handle(request, now_ns)` gives an answer with its facts and events.
"""

from stockstorm.simulator.api.marketplace.api import MarketplaceApi

__all__ = ["MarketplaceApi"]
