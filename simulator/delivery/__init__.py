"""From an event to attempts and on to an outcome: who is told (`plan`), what an answer means (`policy`), and both for a
whole run without I/O (`desk`)."""

import msgspec

from simulator.shop.model import Event


class Delivery(msgspec.Struct, frozen=True):
    """One notification to one subscription (`copy` 0), or a duplicate of it (1, 2, …) with the same webhook id.

    `event` is None for a forged delivery. Perturbations rewrite `due_ns`, add copies, and add their names to
    `perturbed`.
    """

    webhook_id: str
    subscription_id: int
    uri: str
    source: str  # "shopify" or a channel's name
    topic: str
    event: Event | None
    due_ns: int
    copy: int = 0
    perturbed: tuple[str, ...] = ()
    forged: str = ""
