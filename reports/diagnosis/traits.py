"""Traits: what can be said of an event, a delivery or a listing, so that bad ones can be compared with good ones.

A trait completes the sentence "41 of 41 lost events are …". Each kind has a hint at what to look at.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from stockstorm.reports.result import verb
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import StockCause

TraitKind = Literal[
    "topic", "source", "cause", "way", "news", "process_end", "copies", "ahead", "retried", "same_number",
    "two_lines", "many_lines", "lines", "units", "after_cancel", "after_return", "unanswered", "twin", "location",
    "fault", "close", "perturbed", "forgery", "channel", "sku", "hot", "sibling", "uninstalled", "phase", "size",
    "zero", "one_unit", "outage", "restart", "read", "read_before", "read_end", "tie", "inexact", "burst", "together",
    "cancel_heard", "told_between", "equal", "not_installed", "level", "shows", "after_push", "digit", "across_end",
    "before_level",
]  # fmt: skip

PHRASES: Final[dict[TraitKind, str]] = {
    "topic": "of topic {}",
    "source": "from {}",
    "cause": "of stock that changed by {}",
    "way": "of stock that went {}",
    "news": "{}",
    "process_end": "acknowledged less than {} before a process of the service ended",
    "read_end": "of orders that the service read less than {} before a process of it ended, and before its next write",
    "across_end": "ones that came before a process of the service ended, and again after it",
    "before_level": "ones that came over {} before any inventory_levels/update of their SKU",
    "copies": "delivered more than once",
    "sibling": "ones whose event id had come with another event",
    "uninstalled": "ones that came after app/uninstalled",
    "told_between": "of orders that the service had heard of before {} came",
    "ahead": "sent ahead of an earlier event of the same order",
    "retried": "acknowledged only at a later try",
    "same_number": "of orders whose number an earlier one of another marketplace has too",
    "two_lines": "of orders with one SKU on two lines",
    "many_lines": "of orders with more than {} lines",
    "lines": "of orders with several lines",
    "units": "of orders with more than one unit on a line",
    "after_cancel": "of orders that were cancelled before",
    "after_return": "of orders of which units were returned before",
    "unanswered": "first written by a call that got no answer",
    "twin": "of items whose id is the {} of two that become one as a float",
    "location": "of location {}",
    "fault": "first tried during the fault {} and acknowledged after it",
    "outage": "acknowledged during the fault {}",
    "restart": "first tried less than {} after a restart",
    "read": "of orders that the service read by API too",
    "read_before": "of orders that the service had read by API before",
    "tie": "made by others and of the same second as the change before",
    "inexact": "of items whose id is rounded as a float",
    "cancel_heard": "of orders whose cancellation had arrived before",
    "equal": "of orders with the same lines as another one of their channel less than {} before",
    "not_installed": "ones that came after the app was uninstalled and before its next accepted call",
    "level": "of stock that became {}",
    "shows": "ones that show {}",
    "after_push": "ones that came less than {} after a push of their SKU",
    "digit": "of items whose id ends in {}",
    "burst": "ones that arrived when more than {} others had come within 250 ms",
    "together": "ones that arrived within 2 ms of another one",
    "close": "less than 20 ms from another event of the same SKU",
    "perturbed": "{}",
    "forgery": "{}",
    "channel": "of {}",
    "sku": "of {}",
    "hot": "of fast-selling SKUs",
    "phase": "of the phase {}",
    "size": "larger than {}",
    "zero": "of SKUs that are sold out",
    "one_unit": "of SKUs whose last change was of one unit",
}
HINTS: Final[dict[TraitKind, str]] = {
    "topic": "look at the code that handles {}",
    "source": "look at what the code does differently for {}: its adapter, its address, its signature, its mapping",
    "cause": "look at how inventory_levels/update of {} is handled",
    "news": "look at what is done about {}, also where the order is known already",
    "way": "push every change of stock, up and down: look for a comparison such as `<` where `!=` is meant",
    "process_end": "answer 2xx only after the event is stored durably, and let the next start take up what is stored",
    "read_end": "store how far a feed was read together with the orders that were read, or after their effect: what is "
    "only in memory is gone when the process ends, and is not read again",
    "across_end": "keep what was taken where a restart does not empty it: webhook ids in memory are forgotten",
    "before_level": "look at what is done with an order of an item that the service does not know, or whose stock it "
    "does not know: read it by API, and at the start the whole catalogue",
    "copies": "recognise a copy by its webhook id, in the same transaction as the effect",
    "sibling": "tell deliveries apart by X-Shopify-Webhook-Id: all events of one action share their X-Shopify-Event-Id",
    "uninstalled": "app/uninstalled can come when the app has been installed again: end a session only if its token is "
    "still refused",
    "ahead": "an event can arrive before the one that it follows; keep it until then, or read the order by API",
    "retried": "look at what a first try that failed leaves behind, such as an id already marked as seen",
    "same_number": "marketplaces number their orders for themselves: make the marketplace a part of the order's key",
    "two_lines": "add up all lines of an order that have the same SKU",
    "many_lines": "read all lines of an order: look for a page of lines, a limit, or a column that cuts them",
    "lines": "handle every line of an order, in one transaction",
    "units": "look at whether the quantity of a line is used",
    "after_cancel": "look at how a change of an order that is already cancelled is handled",
    "after_return": "look at what a cancellation or a second return gives back: only what was not returned yet",
    "unanswered": "a write without an answer may have been executed: send it again with the same idempotency key",
    "twin": "read ids as text or as 64-bit integers: JSON.parse and float columns round those above 2^53",
    "location": "look at the mapping of locations: {} is left out or confused",
    "fault": "look at what a failure leaves behind, such as an id already marked as seen",
    "outage": "answer 2xx only after the event is stored; an error while it is stored must be answered 5xx",
    "restart": "look at what a start does with events that come while it is not yet ready",
    "read": "what is read by API and what a webhook told are the same events: recognise both by the order and its kind",
    "read_before": "an order that was read by API may not have been applied: mark it as known only with its effect",
    "tie": "two changes of one second cannot be ordered by updated_at: on a tie read the level by API",
    "inexact": "read ids as text or as 64-bit integers: JSON.parse and float columns round those above 2^53",
    "cancel_heard": "look at how a change of an order that is already cancelled is handled",
    "told_between": "look at what is deleted for {}: an order that is forgotten cannot be cancelled or returned later, "
    "and a copy of it is not recognised",
    "equal": "two buyers can order the same at the same time: tell orders apart by their id alone",
    "not_installed": "look at what is deleted or begun anew when the app is installed again: what marketplaces told "
    "meanwhile, and what still waited, is owed",
    "level": "a level of 0, or below, is a quantity: look for a test such as `if not available`",
    "shows": "look for a limit on the quantity that is listed, or a value that stands for an unknown one",
    "after_push": "a push that is left out because one was just made has to be made up for when the wait is over",
    "digit": "look for a choice by the id: a shard, a partition or a worker that does not run, a filter",
    "burst": "look at what is full when many events come at once: a buffer, a queue, a pool; refuse with 503 what does "
    "not fit, and it comes again",
    "together": "two requests at the same time: look for what is read and then written without a lock",
    "close": "two changes of one SKU at the same time: use a lock, a comparison (changeFromQuantity) or a serial queue",
    "perturbed": "look at what is done with an event that is {}",
    "forgery": "look at what the signature check lets through",
    "channel": "look at the pushes to {}: its token, its address, its queue, its mapping of SKUs",
    "sku": "look at how {} is mapped",
    "hot": "look at contention: many changes of one SKU in a short time",
    "phase": "look at what the load of the phase {} changes",
    "size": "look at limits on the size of a body",
    "zero": "push a quantity of 0 too: look for a test such as `if quantity`",
    "one_unit": "push every change, small ones too",
}
_RANK: Final = {kind: rank for rank, kind in enumerate(PHRASES)}

CAUSES: Final[dict[StockCause, str]] = {
    "sale": "a sale",
    "cancellation": "a cancellation",
    "return": "a return",
    "restock": "a restock or correction",
    "transfer": "a transfer",
    "order_edit": "an edit of an order",
    "subject_adjust": "a subject adjust",
    "subject_set": "a subject set",
}  # of a change of stock, as "cause" names it
TOPIC_OF: Final = {"sale": "order.created", "cancelled": "order.cancelled", "returned": "order.returned"}
BROAD: Final[frozenset[TraitKind]] = frozenset({"topic", "source", "cause", "way", "news"})
MARKS: Final[dict[str, str]] = {
    "reorder": "delivered out of order",
    "delay": "delivered late",
    "late_duplicate": "delivered again minutes later",
    "resent": "delivered again under a new webhook id",
    "near_duplicate": "delivered twice within 5 ms",
    "cancel_before_create": "of orders whose cancellation comes first",
    "duplicate_after_cancel": "of orders whose creation comes again after the cancellation",
    "return_then_cancel": "of orders that are returned and then cancelled",
    "two_returns": "of orders that come back in two parts",
    "undone": "of orders that come back in two parts and are then cancelled",
    "netted": "sold while as many units were added",
    "before_kill": "the last ones before a kill",
    "after_restart": "the first ones after a restart",
}
MARK_HINTS: Final[dict[str, str]] = {  # where a mark says more than that the event is of this kind
    MARKS["resent"]: "recognise a notification by what it is about, also among those that are processed together: two "
    "subscriptions send it under two webhook ids",
    MARKS["late_duplicate"]: "keep the ids of what was taken for as long as it can come again: days, and not minutes",
    MARKS["near_duplicate"]: "two copies at the same time: let the database refuse the second one by a unique key, in "
    "the same transaction as the effect",
    MARKS["cancel_before_create"]: "keep a cancellation whose order is not known yet: when the order comes, neither "
    "counts",
    MARKS["duplicate_after_cancel"]: "keep an order that was cancelled: a copy of its creation must not book it again",
    MARKS[
        "two_returns"
    ]: "an order can come back in several parts: tell them apart by the id of the return, and not by order and topic",
}
LINES: Final = (2, 5, 10, 20, 50)  # of an order
SIZES: Final = (2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 256_000, 1_000_000)  # bytes of head and body


class Trait(NamedTuple):
    """One trait. Those of a lower rank are preferred where two distinguish equally well."""

    kind: TraitKind
    value: str = ""

    @property
    def rank(self) -> int:
        return _RANK[self.kind]

    @property
    def phrase(self) -> str:
        return PHRASES[self.kind].format(self.value)

    @property
    def hint(self) -> str:
        return MARK_HINTS.get(self.value) or HINTS[self.kind].format(self.value)


def said(traits: Iterable[Trait]) -> str:
    """ "of topic order.cancelled and from bazaar"."""
    return " and ".join(trait.phrase for trait in traits)


def contrasted(good: int, good_of: int, what: str, traits: Iterable[Trait]) -> str:
    """ "of the 42 right listings, 1 is of bazaar"."""
    return f"of the {good_of:,} {what}, {good:,} {verb(good, 'are')} {said(traits)}"


def hints(traits: Iterable[Trait]) -> str:
    """What to look at. What only says which code handles them comes last."""
    ordered = sorted(traits, key=lambda trait: trait.kind in BROAD)
    return "; ".join(dict.fromkeys(trait.hint for trait in ordered))


def twins(items: Iterable[f.ItemStocked]) -> dict[str, str]:
    """By SKU: whether its item's id is the lower or the higher of those that become one when they are rounded."""
    by_float: dict[float, list[f.ItemStocked]] = {}
    for item in items:
        by_float.setdefault(float(item.inventory_item_id), []).append(item)
    found: dict[str, str] = {}
    for same in by_float.values():
        same.sort(key=lambda item: item.inventory_item_id)
        if len(same) > 1:
            found |= {item.sku: "lower" for item in same[:-1]} | {same[-1].sku: "higher"}
    return found
