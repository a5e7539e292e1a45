"""What several flaws share: a decision about a marketplace's notification that is made on something else."""

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from stockstorm.reference_service.domain import topics
from stockstorm.reference_service.domain.order import KnownOrder, Outcome
from stockstorm.reference_service.domain.payloads import ChannelLine, ChannelNotification
from stockstorm.reference_service.feeds.missed import MissedFeed
from stockstorm.reference_service.handlers.marketplace_orders import Decide
from stockstorm.reference_service.wiring import Feed, Parts

Memory = tuple[KnownOrder | None, Iterable[str]]  # the order, and the ids of its returns


def changed(decide: Decide, change: Callable[[ChannelNotification], ChannelNotification]) -> Decide:
    """A decision on a changed notification."""

    def decide_changed(
        channel: str,
        notification: ChannelNotification,
        known: KnownOrder | None,
        *,
        sale_waits: bool,
        returns: Iterable[str],
    ) -> Outcome:
        return decide(channel, change(notification), known, sale_waits=sale_waits, returns=returns)

    return decide_changed


def concluded(decide: Decide, change: Callable[[Outcome, ChannelNotification, KnownOrder | None], Outcome]) -> Decide:
    """A decision whose outcome is changed."""

    def decide_changed(
        channel: str,
        notification: ChannelNotification,
        known: KnownOrder | None,
        *,
        sale_waits: bool,
        returns: Iterable[str],
    ) -> Outcome:
        outcome = decide(channel, notification, known, sale_waits=sale_waits, returns=returns)
        return change(outcome, notification, known)

    return decide_changed


def ignored(decide: Decide, ignores: Callable[[str, ChannelNotification, KnownOrder | None], bool]) -> Decide:
    """A decision that has no effect where `ignores` is true of channel, notification and known order."""

    def decide_some(
        channel: str,
        notification: ChannelNotification,
        known: KnownOrder | None,
        *,
        sale_waits: bool,
        returns: Iterable[str],
    ) -> Outcome:
        if ignores(channel, notification, known):
            return Outcome()
        return decide(channel, notification, known, sale_waits=sale_waits, returns=returns)

    return decide_some


def remembering(decide: Decide, remembers: Callable[[str, ChannelNotification, Memory], Memory]) -> Decide:
    """A decision on what is remembered of the order, in place of what is stored."""

    def decide_remembering(
        channel: str,
        notification: ChannelNotification,
        known: KnownOrder | None,
        *,
        sale_waits: bool,
        returns: Iterable[str],
    ) -> Outcome:
        known, returns = remembers(channel, notification, (known, returns))
        return decide(channel, notification, known, sale_waits=sale_waits, returns=returns)

    return decide_remembering


def forgetful(decide: Decide, forgets: Callable[[KnownOrder], bool] = lambda _: True) -> Decide:
    """A decision that does not know what it has done for the orders of which `forgets` is true.

    So a notification that comes again is treated as new.
    """

    def remembers(_: str, notification: ChannelNotification, stored: Memory) -> Memory:
        known, _returns = stored
        return (_without(notification.topic, known), ()) if known is not None and forgets(known) else stored

    return remembering(decide, remembers)


def gone(decide: Decide, is_gone: Callable[[KnownOrder], bool]) -> Decide:
    """A decision without any record of the orders of which `is_gone` is true; a cancellation of them has no effect."""

    def decide_without(
        channel: str,
        notification: ChannelNotification,
        known: KnownOrder | None,
        *,
        sale_waits: bool,
        returns: Iterable[str],
    ) -> Outcome:
        if known is not None and is_gone(known):
            if notification.topic != topics.ORDER_CREATED:
                return Outcome()
            known = None
        return decide(channel, notification, known, sale_waits=sale_waits, returns=returns)

    return decide_without


def _without(topic: str, known: KnownOrder) -> KnownOrder:
    """The order as it was before a notification with this topic."""
    match topic:
        case topics.ORDER_CREATED:
            return replace(known, created=False)
        case topics.ORDER_CANCELLED:
            return replace(known, cancelled=False)
        case _:
            return known


def with_lines(
    notification: ChannelNotification, change: Callable[[Sequence[ChannelLine]], list[ChannelLine]]
) -> ChannelNotification:
    """The notification with the order's lines, and those of its return, changed."""
    order = notification.order
    returned = order.return_ and replace(order.return_, lines=change(order.return_.lines))
    return replace(notification, order=replace(order, lines=change(order.lines), return_=returned))


def without_missed(_: Parts, feeds: Sequence[Feed]) -> Sequence[Feed]:
    """The feeds without the one that reads what was missed. It would heal a loss, and repeat every order."""
    return [feed for feed in feeds if not isinstance(feed, MissedFeed)]
