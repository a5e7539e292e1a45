"""Deliberate flaws, selected by REFERENCE_FLAW. Each is a mistake of real integrations that a test tool should find.

One flaw at a time. The correct code reads each switch by name, in one place.
"""

from enum import StrEnum

import msgspec


class Flaw(StrEnum):
    """The values of REFERENCE_FLAW."""

    NONE = ""
    NO_ORDER_DEDUP = "no_order_dedup"
    LAST_WRITE_WINS = "last_write_wins"
    ACK_BEFORE_DURABLE = "ack_before_durable"
    NO_SIGNATURE_CHECK = "no_signature_check"
    SLOW_HANDLER = "slow_handler"


ACK_BEFORE_DURABLE_HOLD_S = 1.5  # `ack_before_durable` keeps acknowledged events only in memory for this long
SLOW_STEP_S = 0.15  # duration of the extra step of `slow_handler`


class Flaws(msgspec.Struct, frozen=True):
    """The switches of one process.

    `crash_after`: the process kills itself once, after this many acknowledged events; 0: never.
    """

    flaw: Flaw = Flaw.NONE
    crash_after: int = 0

    @property
    def repeats_channel_orders(self) -> bool:
        """Every delivery of a channel's notification is processed. Neither webhook ids nor order ids are unique.

        A repeated order.created is written to the master twice and appears twice in referenceDocumentUri.
        """
        return self.flaw is Flaw.NO_ORDER_DEDUP

    @property
    def applies_stock_in_any_order(self) -> bool:
        """Stock from webhooks is written in order of arrival, so a late old event overwrites a newer one."""
        return self.flaw is Flaw.LAST_WRITE_WINS

    @property
    def answers_before_commit(self) -> bool:
        """The sender gets its 200 while the event is only in memory. A crash loses it."""
        return self.flaw is Flaw.ACK_BEFORE_DURABLE

    @property
    def reads_what_was_missed(self) -> bool:
        """After a start or an outage, the worker reads the changes whose webhooks may be missing."""
        return self.flaw not in (Flaw.ACK_BEFORE_DURABLE, Flaw.NO_ORDER_DEDUP)

    @property
    def skips_signature_check(self) -> bool:
        """Unsigned and forged requests are accepted."""
        return self.flaw is Flaw.NO_SIGNATURE_CHECK

    @property
    def works_in_the_handler(self) -> bool:
        """Requests queue for a slow step in the handler, so acknowledgements are late under load."""
        return self.flaw is Flaw.SLOW_HANDLER
