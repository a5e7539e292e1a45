"""What a developer can ask for, by a button or from a shell, and the plan items that it becomes."""

from collections.abc import Iterator, Sequence
from typing import Final, get_args

import msgspec

from stockstorm.scenarios.problems import Problem, did_you_mean, scenario_error
from stockstorm.simulator.catalogue import Catalogue
from stockstorm.simulator.config import ForgeryKind, LifeKind
from stockstorm.simulator.model import (
    LIFE_TOPICS,
    MARKETPLACE_TOPICS,
    ONLINE,
    SHOPIFY,
    SHOPIFY_TOPICS,
    Order,
    OrderKey,
    Sku,
    Topic,
)
from stockstorm.simulator.plan.items import (
    AnyPlanItem,
    PlannedCancellation,
    PlannedForgery,
    PlannedLife,
    PlannedPayment,
    PlannedProductEdit,
    PlannedPurchase,
    PlannedRestock,
    PlannedReturn,
)

CHANGES: Final[tuple[LifeKind, ...]] = get_args(LifeKind)
LATE_MAX_S: Final = 86_400.0
UNITS_MAX: Final = 1_000_000
TOPICS: Final[tuple[Topic, ...]] = (*SHOPIFY_TOPICS, *MARKETPLACE_TOPICS, *LIFE_TOPICS.values())
KINDS: Final[tuple[ForgeryKind, ...]] = get_args(ForgeryKind)
SOURCE: Final = "trigger"


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to happen. `topic` says which webhook it ends with; `change`, instead, what happens to the app.

    Without `order` a new order is made for what needs one. `data` is a body to send as it is.
    """

    topic: str = ""
    change: str = ""
    channel: str = ""  # of a marketplace's topic; "": the first one
    sku: str = ""  # "": the first one
    units: int = 1  # sold or returned; added to the stock, which may be negative
    order: int = -1
    restock: bool = True  # of a return
    forge: str = ""  # a kind of forgery
    duplicate: bool = False  # sent once more when it was answered
    late_s: float = 0.0
    data: str | None = None


class Orders:
    """Numbers for new plan items."""

    def __init__(self) -> None:
        self.next_order = 0
        self.next_serial = 0

    def saw(self, item: AnyPlanItem) -> None:
        """An item of before a restart; later ones have higher numbers."""
        self.next_serial = max(self.next_serial, item.serial + 1)
        if isinstance(item, PlannedPurchase):
            self.next_order = max(self.next_order, item.order + 1)


def problems(command: Command, channels: Sequence[str], catalogue: Catalogue) -> list[Problem]:
    """What is wrong with a command."""
    found = []
    if bool(command.topic) == bool(command.change):
        found.append(Problem("topic", "neither or both of topic and change are given", f"one of: {', '.join(TOPICS)}"))
    words = (
        ("topic", command.topic, TOPICS),
        ("change", command.change, CHANGES),
        ("forge", command.forge, KINDS),
        ("channel", command.channel, tuple(name for name in channels if name != ONLINE)),
    )
    for name, word, known in words:
        if word and word not in known:
            found.append(Problem(name, f"there is no {word!r}", did_you_mean(word, known)))
    if command.sku and Sku(command.sku) not in catalogue.by_sku:
        first = catalogue.products[0].sku
        found.append(Problem("sku", f"the shop has no {command.sku!r}", f"one of its SKUs, e.g. {first}"))
    numbers = (units_problem("units", command.topic, command.units), late_problem("late", command.late_s))
    return [*found, *(one for one in numbers if one is not None)]


def late_problem(key: str, late_s: float) -> Problem | None:
    """How long a delivery can be held back."""
    if 0 <= late_s <= LATE_MAX_S:
        return None
    return Problem(key, f"{late_s:g} s is out of range", f"from 0 to {LATE_MAX_S:,.0f} s")


def units_problem(key: str, topic: str, units: int) -> Problem | None:
    """Stock can be taken away. An order of less than one unit does not exist."""
    may_fall = topic == "inventory_levels/update"
    least = -UNITS_MAX if may_fall else 1
    if units and least <= units <= UNITS_MAX:
        return None
    known = f"from {least:,} to {UNITS_MAX:,}{', and not 0' if may_fall else ''}"
    return Problem(key, f"{units} is out of range", known)


def require(command: Command, channels: Sequence[str], catalogue: Catalogue) -> None:
    """Raises ScenarioError with all that is wrong."""
    if found := problems(command, channels, catalogue):
        raise scenario_error(SOURCE, found)


def source_of(command: Command, channels: Sequence[str]) -> str:
    """ "shopify", or the name of the marketplace that a topic of marketplaces is about."""
    if command.topic not in MARKETPLACE_TOPICS:
        return SHOPIFY
    return command.channel or next(name for name in channels if name != ONLINE)


def items_of(
    command: Command, channels: Sequence[str], catalogue: Catalogue, numbers: Orders, order: Order | None
) -> Iterator[AnyPlanItem]:
    """The plan items of a command that `require` let pass, in order. `order`: the one that it names, if it exists."""
    topic, source = command.topic, source_of(command, channels)
    sku = Sku(command.sku) or catalogue.products[0].sku
    if command.forge:
        yield PlannedForgery(0, _serial(numbers), _kind(command.forge), sku, source, _topic(topic))
        return
    if command.change or topic in LIFE_TOPICS.values():
        change = command.change or next(change for change, told in LIFE_TOPICS.items() if told == topic)
        yield PlannedLife(0, _serial(numbers), _change(change))
        return
    match topic:
        case "inventory_levels/update":
            yield PlannedRestock(0, _serial(numbers), sku, command.units)
        case "products/update":
            yield PlannedProductEdit(0, _serial(numbers), sku)
        case _:
            yield from _of_an_order(command, ONLINE if source == SHOPIFY else source, sku, numbers, order)


def _of_an_order(
    command: Command, channel: str, sku: Sku, numbers: Orders, order: Order | None
) -> Iterator[AnyPlanItem]:
    lines: tuple[tuple[Sku, int], ...] = ((sku, abs(command.units)),)
    if order is None:
        key = OrderKey(numbers.next_order)
        numbers.next_order += 1
        yield PlannedPurchase(0, _serial(numbers), key, channel, 0, lines)
    else:
        key = order.key
        lines = tuple((line.sku, line.quantity) for line in order.lines)
    match command.topic:
        case "orders/paid" | "orders/updated":
            yield PlannedPayment(0, _serial(numbers), key)
        case "orders/cancelled" | "order.cancelled":
            yield PlannedCancellation(0, _serial(numbers), key)
        case "refunds/create" | "order.returned":
            if order is None and channel == ONLINE:
                yield PlannedPayment(0, _serial(numbers), key)
            yield PlannedReturn(0, _serial(numbers), key, lines, command.restock)


def _serial(numbers: Orders) -> int:
    numbers.next_serial += 1
    return numbers.next_serial - 1


# What `require` has checked, for the type checker.


def _topic(word: str) -> Topic:
    found: Topic = msgspec.convert(word, Topic)
    return found


def _kind(word: str) -> ForgeryKind:
    found: ForgeryKind = msgspec.convert(word, ForgeryKind)
    return found


def _change(word: str) -> LifeKind:
    found: LifeKind = msgspec.convert(word, LifeKind)
    return found
