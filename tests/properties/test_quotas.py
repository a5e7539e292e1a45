"""Every shipped scenario fulfils its quotas for every seed.

What counts is what was accepted, fired and delivered, and never a mark. The marketplaces are pushed nothing, so they
accept less than with any sound subject.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from typing import TypeVar, get_args

import msgspec
import pytest

from stockstorm.scenarios.flags import with_faults
from stockstorm.scenarios.loader import load, shipped_names
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.catalogue import Catalogue, make_catalogue
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.delivery.poison import POISON
from stockstorm.simulator.delivery.service import DeliveryService
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import MARKETPLACE_TOPICS, SHOPIFY, SHOPIFY_TOPICS
from stockstorm.simulator.plan.forgeries import ALL_KINDS, SELDOM, told_topics
from stockstorm.simulator.plan.items import PlannedForgery, PlannedPoison
from stockstorm.simulator.plan.kept import NETTED_NS
from stockstorm.simulator.plan.planner import make_plan
from stockstorm.simulator.plan.quotas import CORRECTED_AFTER_NS, KEPT_KEY, Roles, late_ns
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World
from tests.delivery_service import SECRETS
from tests.literal_shop import START_NS, WALL

FAULT_S = (2.0, 3.0)  # killed and restarted
# The others serve one question, and ask for the cases that it needs.
ROUGH = ("smoke", "proof", "flash_sale", "steady", "tier_under_50k", "tier_50k_to_500k", "tier_over_500k")
NEVER_NS = 2**62
SALES = ("orders/create", "order.created")
RETURNS = ("refunds/create", "order.returned")
CANCELLATIONS = ("orders/cancelled", "order.cancelled")


F = TypeVar("F", bound=f.Fact)


class Played(msgspec.Struct):
    """The facts of a plan that was played."""

    scenario: Scenario
    facts: list[f.AnyFact]

    def of(self, kind: type[F]) -> list[F]:
        return [fact for fact in self.facts if isinstance(fact, kind)]


@cache
def catalogue_of(name: str, seed: int) -> Catalogue:
    scenario = load(name)
    few = scenario.model_copy(update={"shop": scenario.shop.model_copy(update={"buyers": 1})})
    return make_catalogue(few, Seeds(seed))


def play(name: str, seed: int) -> Played:
    """Everything happens when it is planned. Only the deliveries of orders with a role are made, to save time."""
    scenario = with_faults(load(name), [f"kill_worker@{FAULT_S[0]:g}+{FAULT_S[1] - FAULT_S[0]:g}"])
    catalogue, seeds, roles = catalogue_of(name, seed), Seeds(seed), Roles(scenario)
    world = World(scenario, catalogue, seeds)
    facts = world.opening(START_NS)
    for source, topic in [*((SHOPIFY, topic) for topic in SHOPIFY_TOPICS), *((m, "*") for m in world.marketplaces)]:
        world.subscribe(source, topic, "http://127.0.0.1/hooks", now_ns=START_NS)
    deliveries = DeliveryService(
        world,
        Payloads(catalogue, scenario.shop, WALL),
        scenario,
        seeds,
        SECRETS,
        lambda uri: Address("127.0.0.1", 80, uri),
    )
    for item in make_plan(name, scenario, seed).items:
        now_ns = START_NS + item.offset_ns
        if isinstance(item, PlannedForgery | PlannedPoison):
            facts += deliveries.forge(item, now_ns).facts
            continue
        if hasattr(item, "buyer"):
            item = msgspec.structs.replace(item, buyer=0)  # noqa: PLW2901 - the catalogue has only one
        changes = world.apply(item, now_ns)
        facts += changes.facts
        for event, fired in zip(changes.events, [x for x in changes.facts if isinstance(x, f.EventFired)], strict=True):
            if fired.order >= KEPT_KEY or (fired.order >= 0 and roles.of(fired.order)) or event.level is not None:
                facts += deliveries.fire([event], now_ns).facts
    return Played(scenario, facts)


def exposure(played: Played) -> Counter[str]:
    """How many accepted orders of marketplaces, or events next to the fault, met each case."""
    events = played.of(f.EventFired)
    by_event: dict[int, list[f.DeliveryPlanned]] = defaultdict(list)
    for planned in played.of(f.DeliveryPlanned):
        by_event[planned.event].append(planned)
    gone = {e.order: _due_ns(by_event[e.event]) for e in events if e.topic in CANCELLATIONS and e.event in by_event}
    met: dict[str, set[int]] = defaultdict(set)
    returned = {fact.order for fact in played.of(f.OrderReturned)}
    for event in events:
        if event.order >= 0 and by_event[event.event]:
            gone_ns = gone.get(event.order, NEVER_NS)
            for case in cases(event, by_event[event.event], gone_ns, late_ns(played.scenario), returned):
                met[case].add(event.order)
    met["return_then_cancel"] = {fact.order for fact in played.of(f.OrderCancelled)} & returned
    times = Counter(fact.order for fact in played.of(f.OrderReturned) if fact.restocked)
    met["two_returns"] = {order for order, count in times.items() if count == 2}
    met["undone"] = {fact.order for fact in played.of(f.OrderCancelled)} & met["two_returns"]
    sold = played.of(f.PurchaseAccepted)
    met["corrected"] = corrected(played)
    met["two_lines"] = {fact.order for fact in sold if len(set(fact.skus)) < len(fact.skus)}
    own = {fact.order for fact in sold if fact.channel == "online"}
    killed_ns, back_ns = (START_NS + int(each * SECOND_NS) for each in FAULT_S)
    moved = [fact for fact in events if fact.order >= KEPT_KEY or fact.topic.startswith("inventory")]
    places: dict[tuple[int, str], set[int]] = defaultdict(set)
    for change in played.of(f.StockChanged):
        if change.cause == "sale":
            places[change.order, change.sku].add(change.location_id)
    return Counter(
        {case: len(orders - own) for case, orders in met.items()}
        | {"two_locations": sum(len(found) > 1 for found in places.values())}
        | {
            "before_kill": sum(killed_ns - 100 * MILLISECOND_NS <= e.at_ns < killed_ns for e in moved),
            "netted": netted(played),
            "after_restart": sum(back_ns <= e.at_ns < back_ns + SECOND_NS for e in moved),
        }
    )


def netted(played: Played) -> int:
    """SKUs of which a marketplace sold a unit and staff added one within 20 ms, and nothing else happened."""
    happened: dict[str, list[tuple[int, int]]] = defaultdict(list)  # (when, units) by SKU
    for sale in played.of(f.PurchaseAccepted):
        for sku, units in zip(sale.skus, sale.quantities, strict=True):
            happened[sku].append((sale.at_ns, -units))
    for change in played.of(f.StockChanged):
        if change.cause != "sale":
            happened[change.sku].append((change.at_ns, change.delta))
    pairs = [sorted(each) for each in happened.values() if len(each) == 2]
    return sum([units for _, units in pair] == [-1, 1] and pair[1][0] - pair[0][0] <= NETTED_NS for pair in pairs)


def corrected(played: Played) -> set[int]:
    """Orders of which a SKU was changed by staff within 200 ms."""
    changes = [(fact.sku, fact.at_ns) for fact in played.of(f.StockChanged) if fact.cause == "restock"]
    return {
        sale.order
        for sale in played.of(f.PurchaseAccepted)
        for sku, at_ns in changes
        if sku in sale.skus and 0 < at_ns - sale.at_ns <= CORRECTED_AFTER_NS
    }


def cases(
    event: f.EventFired, of_event: list[f.DeliveryPlanned], gone_ns: int, late: int, returned: set[int]
) -> Iterator[str]:
    """The cases that the deliveries of one event make.

    `gone_ns`: when the order's cancellation is delivered. `returned`: orders of which a part came back.
    """
    first, *copies = of_event
    if event.topic in SALES and gone_ns < first.due_ns:
        yield "cancel_before_create"
    if event.topic in SALES and event.order in returned:
        yield from _late_sales(event, first, gone_ns)
    if event.topic in RETURNS and gone_ns < first.due_ns:
        yield "return delivered after the cancellation"
    for copy in copies:
        yield from _of_copy(first, copy, late)
        if event.topic in SALES and first.due_ns < gone_ns < copy.due_ns:
            yield "duplicate_after_cancel"
            if event.order in returned:
                yield "sale once more after a return and a cancellation"


def _late_sales(event: f.EventFired, first: f.DeliveryPlanned, gone_ns: int) -> Iterator[str]:
    if gone_ns < first.due_ns:
        yield "sale delivered after returns and cancellation"
    elif gone_ns == NEVER_NS and first.due_ns - event.at_ns > SECOND_NS:
        yield "sale delivered after its returns"


def _of_copy(first: f.DeliveryPlanned, copy: f.DeliveryPlanned, late: int) -> Iterator[str]:
    lag_ns = copy.due_ns - first.due_ns
    if copy.webhook_id != first.webhook_id:
        yield "resent"
        if lag_ns < 5 * MILLISECOND_NS:
            yield "sent twice at once under two ids"
    elif lag_ns < 5 * MILLISECOND_NS:
        yield "near_duplicate"
    elif lag_ns >= late:
        yield "late_duplicate"


def _due_ns(deliveries: list[f.DeliveryPlanned]) -> int:
    return min((each.due_ns for each in deliveries), default=0)


def marked(played: Played) -> Counter[str]:
    """The events whose deliveries carry a mark."""
    return Counter(
        {(each.event, mark): mark for each in played.of(f.DeliveryPlanned) for mark in each.perturbed}.values()
    )


def assert_fulfilled(name: str, seed: int) -> None:
    played = play(name, seed)
    quotas = played.scenario.quotas.model_dump(exclude={"forgeries", "negative_level"})  # no events of orders
    poison = Counter(each.forged for each in played.of(f.DeliveryPlanned) if each.forged in POISON)
    assert min((poison[kind] for kind in POISON), default=0) >= quotas.pop("poison"), (name, seed, poison)
    assert exposure(played)["sale once more after a return and a cancellation"] >= quotas["return_then_cancel"] // 2
    assert exposure(played)["return delivered after the cancellation"] >= quotas["return_then_cancel"] // 2
    assert exposure(played)["sale delivered after its returns"] >= quotas["two_returns"] // 2
    assert exposure(played)["sent twice at once under two ids"] >= quotas["two_returns"] // 2
    assert exposure(played)["sale delivered after returns and cancellation"] >= quotas["undone"] // 2
    waited_ns = START_NS + int((played.scenario.load_s + played.scenario.quiesce.max_s) * SECOND_NS)
    assert max(each.due_ns for each in played.of(f.DeliveryPlanned)) < waited_ns, (name, seed)
    for found in (exposure(played), marked(played)):
        short = {case: (found[case], quota) for case, quota in quotas.items() if found[case] < quota}
        assert not short, (name, seed)


@pytest.mark.parametrize("name", ROUGH)
def test_every_rough_scenario_asks_for_at_least_five_of_each_rare_case(name: str) -> None:
    quotas = load(name).quotas.model_dump()
    assert quotas.pop("forgeries") >= 1
    assert quotas.pop("two_locations") == 0  # each item has one
    assert quotas.pop("negative_level") == 0  # there is none below zero without a second location
    assert quotas.pop("corrected") == 0  # of scenarios with a second writer
    assert quotas.pop("two_returns") == quotas.pop("undone") == 0  # of scenarios about duplicates and order
    assert quotas.pop("poison") == 0  # of the scenario that asks whether a service goes on
    assert quotas.pop("netted") >= (5 if name == "proof" else 0)  # of the scenario that proves the checks
    assert min(quotas.values()) >= 5


@pytest.mark.parametrize("name", shipped_names())
def test_every_quota_is_fulfilled_whatever_the_seed(name: str) -> None:
    """One seed of each scenario; a hundred of each are below."""
    assert_fulfilled(name, (1, 7, 2**40)[shipped_names().index(name) % 3])


@pytest.mark.prove
@pytest.mark.parametrize("name", shipped_names())
def test_every_quota_is_fulfilled_for_a_hundred_seeds(name: str) -> None:
    for seed in range(100):
        assert_fulfilled(name, seed)


@pytest.mark.parametrize("name", [name for name in shipped_names() if load(name).quotas.forgeries])
def test_forgeries_cover_every_topic_of_every_source_and_every_kind_whatever_the_seed(name: str) -> None:
    scenario = load(name)
    wanted: set[tuple[str, str]] = {(SHOPIFY, topic) for topic in SHOPIFY_TOPICS}
    wanted |= {(c.name, topic) for c in scenario.channels if c.name != "online" for topic in MARKETPLACE_TOPICS}
    for seed in range(10):
        forgeries = [item for item in make_plan(name, scenario, seed).items if isinstance(item, PlannedForgery)]
        of_app = {(SHOPIFY, topic) for topic in told_topics(scenario)}
        assert {(item.source, item.topic) for item in forgeries} == wanted | of_app
        few = set(SELDOM) if scenario.quotas.forgeries < len(ALL_KINDS) else set()
        assert {item.kind for item in forgeries} == set(get_args(ForgeryKind)) - few
