"""The simulated REST Admin API: another spelling of the shop that the GraphQL Admin API shows.

`RestApi.handle(request, now_ns)` is pure: it returns an answer with its facts and events.
"""

from stockstorm.simulator.api.rest.api import RestApi, is_rest

__all__ = ["RestApi", "is_rest"]
