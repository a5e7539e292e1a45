"""Flaws by which the service gets slower or larger."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.degradation import (
    connections_leak,
    latency_grows,
    memory_leaks,
    slow_handler,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "connections_leak": connections_leak.compose,
    "latency_grows": latency_grows.compose,
    "memory_leaks": memory_leaks.compose,
    "slow_handler": slow_handler.compose,
}
