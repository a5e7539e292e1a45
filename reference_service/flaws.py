"""Deliberate flaws, chosen by REFERENCE_FLAW: each the mistake of a real integration, to prove a tester's eyes by.

One flaw at a time. The switches are asked by name where the sound code stands: the difference is one line there.
"""

from enum import StrEnum

import msgspec


class Flaw(StrEnum):
    """The names that REFERENCE_FLAW takes."""

    NONE = ""
    NO_ORDER_DEDUP = "no_order_dedup"
    LAST_WRITE_WINS = "last_write_wins"
    ACK_BEFORE_DURABLE = "ack_before_durable"
    NO_SIGNATURE_CHECK = "no_signature_check"
    SLOW_HANDLER = "slow_handler"


ACK_BEFORE_DURABLE_HOLD_S = 1.5  # how long `ack_before_durable` keeps acknowledged events in memory only
SLOW_STEP_S = 0.15  # what the handler of `slow_handler` does before it answers


class Flaws(msgspec.Struct, frozen=True):
    """The switches of one process. `crash_after` is 0 or the acknowledged events after which it kills itself, once."""

    flaw: Flaw = Flaw.NONE
    crash_after: int = 0

    @property
    def repeats_channel_orders(self) -> bool:
        """Each delivery of a channel's notification is processed: no unique webhook id there, and no unique order.

        A repeated order.created is written to the master twice and appears twice in referenceDocumentUri.
        """
        return self.flaw is Flaw.NO_ORDER_DEDUP

    @property
    def applies_stock_in_any_order(self) -> bool:
        """Stock from webhooks is written as it comes: an old event that arrives late overwrites a newer one."""
        return self.flaw is Flaw.LAST_WRITE_WINS

    @property
    def answers_before_commit(self) -> bool:
        """The sender gets its 200 first; the event lies in memory for a while, and a crash loses it."""
        return self.flaw is Flaw.ACK_BEFORE_DURABLE

    @property
    def skips_signature_check(self) -> bool:
        """Anybody's body is taken for Shopify's and the marketplaces'."""
        return self.flaw is Flaw.NO_SIGNATURE_CHECK

    @property
    def works_in_the_handler(self) -> bool:
        """Requests stand in line for a slow step inside the handler, so that acknowledgements come late under load."""
        return self.flaw is Flaw.SLOW_HANDLER
