"""Times as Shopify writes them, from monotonic nanoseconds.

Payloads hold whole seconds with the shop's offset; the header X-Shopify-Triggered-At holds UTC with nine decimals. The
second's text is kept for the next call, since events come in the order of time.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from simulator.clock import SECOND_NS, WallPair

# Shopify's own examples show this offset (docs/sources.md, S8). It is not zero, so a receiver that drops it is seen to
# err.
SHOP_OFFSET: Final = timezone(timedelta(hours=-5))


class Times:
    """Writes monotonic times as wall times."""

    def __init__(self, wall: WallPair, offset: timezone = SHOP_OFFSET) -> None:
        self._to_wall_ns = wall.wall_ns - wall.monotonic_ns
        self._offset = offset
        self._shop_second = self._utc_second = -1
        self._shop_text = self._utc_text = ""

    def shop(self, at_ns: int) -> str:
        """For example 2026-11-24T07:05:00-05:00, cut to the second."""
        second = (at_ns + self._to_wall_ns) // SECOND_NS
        if second != self._shop_second:
            self._shop_text = datetime.fromtimestamp(second, self._offset).isoformat()
            self._shop_second = second
        return self._shop_text

    def utc(self, at_ns: int) -> str:
        """For example 2026-11-24T12:05:00.877041743Z, nine decimals always."""
        second, nanoseconds = divmod(at_ns + self._to_wall_ns, SECOND_NS)
        if second != self._utc_second:
            self._utc_text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._utc_second = second
        return f"{self._utc_text}.{nanoseconds:09d}Z"
