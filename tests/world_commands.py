"""Commands on the small world as values, a hypothesis strategy for them, and a runner that records their changes."""

from collections.abc import Sequence

import msgspec
from hypothesis import strategies as st

from stockstorm.simulator.history.facts import AnyFact
from stockstorm.simulator.model import Event
from stockstorm.simulator.plan.items import PlannedPurchase
from stockstorm.simulator.world import Changes, LevelChange, LevelSet, World
from tests.small_world import CHANNELS, available, buy, cancel, give_back, pay, product, restock, sku, small_world

PLACES = range(4)
MARKETPLACES = CHANNELS[1:]


class Buy(msgspec.Struct, frozen=True):
    channel: str
    lines: tuple[tuple[int, int], ...]  # (place, quantity)


class Pay(msgspec.Struct, frozen=True):
    key: int


class Cancel(msgspec.Struct, frozen=True):
    key: int


class GiveBack(msgspec.Struct, frozen=True):
    key: int
    restock: bool


class Restock(msgspec.Struct, frozen=True):
    place: int
    delta: int


class Push(msgspec.Struct, frozen=True):
    channel: str
    place: int
    quantity: int


class Row(msgspec.Struct, frozen=True):
    place: int
    delta: int
    compared: bool


class Write(msgspec.Struct, frozen=True):
    """The subject's adjustment, or the equivalent set."""

    by_set: bool
    rows: tuple[Row, ...]


Command = Buy | Pay | Cancel | GiveBack | Restock | Push | Write

places = st.sampled_from(PLACES)
keys = st.integers(0, 5)
buys = st.builds(
    Buy,
    st.sampled_from(CHANNELS),
    st.lists(st.tuples(places, st.integers(1, 6)), min_size=1, max_size=3, unique_by=lambda line: line[0]).map(tuple),
)
rows = st.lists(st.builds(Row, places, st.integers(-4, 4), st.booleans()), min_size=1, max_size=4).map(tuple)
# Purchases come first and often, so that most follow-ups find an order and stock runs short.
commands = st.tuples(
    st.lists(buys, min_size=3, max_size=12),
    st.lists(
        st.one_of(
            buys,
            buys,
            st.builds(Pay, keys),
            st.builds(Cancel, keys),
            st.builds(GiveBack, keys, st.booleans()),
            st.builds(Restock, places, st.integers(-5, 12)),
            st.builds(Push, st.sampled_from(MARKETPLACES), places, st.integers(0, 15)),
            st.builds(Write, st.booleans(), rows),
        ),
        min_size=5,
        max_size=30,
    ),
).map(lambda parts: [*parts[0], *parts[1]])


class Played:
    """Applies commands one after another to a new small world, at times 0, 1, 2, …"""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.world = small_world()
        self.purchases: list[PlannedPurchase] = []
        self.changes: list[Changes] = [self._apply(command, n) for n, command in enumerate(commands)]

    @property
    def facts(self) -> list[AnyFact]:
        return [fact for changes in self.changes for fact in changes.facts]

    @property
    def events(self) -> list[Event]:
        return [event for changes in self.changes for event in changes.events]

    def _apply(self, command: Command, n: int) -> Changes:
        world = self.world
        match command:
            case Buy(channel, lines):
                item = buy(len(self.purchases), channel, *lines)
                self.purchases.append(item)
                changes = world.apply(item, n)
            case Pay(key):
                changes = world.apply(pay(key), n)
            case Cancel(key):
                changes = world.apply(cancel(key), n)
            case GiveBack(key, restocked):
                given = self.purchases[key].lines if key < len(self.purchases) else ()
                changes = world.apply(msgspec.structs.replace(give_back(key, restock=restocked), lines=given), n)
            case Restock(place, delta):
                changes = world.apply(restock(n, place, delta), n)
            case Push(channel, place, quantity):
                changes = world.push_listings(channel, [(sku(place), quantity)], request=n, now_ns=n)
            case Write(by_set, wanted):
                changes = write(world, by_set, wanted, n)
        return changes


def write(world: World, by_set: bool, wanted: Sequence[Row], now_ns: int, stale_by: int = 0) -> Changes:
    """Applies rows. `stale_by` falsifies the comparison of the last row."""
    reached = {place: available(world, place) for place in PLACES}
    adjusts: list[LevelChange] = []
    sets: list[LevelSet] = []
    for n, row in enumerate(wanted, start=1):
        ids = (product(row.place).inventory_item_id, product(row.place).location_id)
        wrong = stale_by if n == len(wanted) else 0
        change_from = reached[row.place] + wrong if row.compared or wrong else None
        reached[row.place] += row.delta
        adjusts.append(LevelChange(*ids, row.delta, change_from))
        sets.append(LevelSet(*ids, reached[row.place], change_from))
    if by_set:
        return world.set_available(sets, reference="urn:x", request=now_ns, now_ns=now_ns)
    return world.adjust(adjusts, reference="urn:x", request=now_ns, now_ns=now_ns)
