"""Relations between keys of a scenario. Each check yields its problems; `reads` names the keys that it depends on."""

from collections.abc import Callable, Collection, Iterator
from typing import Final, get_args

from stockstorm.scenarios.conditions import parse_condition
from stockstorm.scenarios.life_checks import life_problems
from stockstorm.scenarios.problems import Problem, did_you_mean
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.config import (
    ADMIN,
    EVERY_API,
    FAULTS,
    KEPT_ROLES,
    MARKETPLACES,
    ORDER_ROLES,
    ApiFaultKind,
    ChannelConfig,
    FaultConfig,
    FaultTarget,
    PhaseConfig,
    ProcessName,
)
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.model import MARKETPLACE_TOPICS, ONLINE, SHOPIFY_TOPICS
from stockstorm.simulator.plan.quotas import orders_at_least, sells_out

LOOKS: Final = 2  # reconciliations that find nothing, before a run in which deliveries are lost may end
SUBJECT: Final[FaultTarget] = "subject"
# Kinds that read `seconds`.
TIMED: Final[tuple[ApiFaultKind, ...]] = ("throttled", "slow", "answer_lost", "dropped", "down")
OF_MARKETPLACES: Final = ("calls_per_s", "calls_burst", "lag_s", "tells")  # keys of a channel
TOPICS: Final = (*SHOPIFY_TOPICS, *MARKETPLACE_TOPICS)  # those that a perturbation may name


def relation_problems(scenario: Scenario) -> list[Problem]:
    """Every problem between keys that are each valid by themselves."""
    return [problem for check in CHECKS for problem in check(scenario)]


def expectation_problems(scenario: Scenario, measures: Collection[str] | None) -> list[Problem]:
    """Every problem of [expect]. `measures` are the known names; None leaves names unchecked."""
    problems = []
    for measure, text in scenario.expect.items():
        key = f'expect."{measure}"'
        if measures is not None and measure not in measures:
            problems.append(Problem(key, f"unknown measure {measure!r}", did_you_mean(measure, measures)))
        try:
            parse_condition(key, text)
        except ScenarioError as error:
            problems.append(Problem(error.where, error.found, error.remedy))
    return problems


def _channels(scenario: Scenario) -> Iterator[Problem]:
    names = [channel.name for channel in scenario.channels]
    if ONLINE not in names:
        yield Problem(
            "channels", f"none is named {ONLINE!r}", f'add [[channels]] with name = "{ONLINE}", the shop\'s own store'
        )
    for place, name in enumerate(names):
        if name in names[:place]:
            yield Problem(f"channels.{place}.name", f"{name!r} is used twice", "give each channel its own name")
    for place, channel in enumerate(scenario.channels):
        yield from _channel(f"channels.{place}", channel)


def _channel(key: str, channel: ChannelConfig) -> Iterator[Problem]:
    """Keys that mean nothing where they stand."""
    given = channel.model_fields_set
    if channel.name == ONLINE:
        for name in OF_MARKETPLACES:
            if name in given:
                remedy = "leave it out; it is for marketplaces, and the own store sells from the master"
                yield Problem(f"{key}.{name}", f"has no meaning for {ONLINE!r}", remedy, (f"{key}.name",))
    elif "calls_burst" in given and channel.calls_per_s is None:
        remedy = "add `calls_per_s = …`, or leave it out"
        yield Problem(f"{key}.calls_burst", "has no meaning without calls_per_s", remedy, (f"{key}.calls_per_s",))


def _phases(scenario: Scenario) -> Iterator[Problem]:
    for place, phase in enumerate(scenario.phases):
        yield from _phase(f"phases.{place}", phase)
        if phase.hot_share > 0 and scenario.shop.hot_skus == 0:
            remedy = "write hot_skus = 1 or more under [shop], or leave hot_share out"
            yield Problem(
                f"phases.{place}.hot_share",
                f"{phase.hot_share:g}, but there are no hot SKUs",
                remedy,
                ("shop.hot_skus",),
            )


def _phase(key: str, phase: PhaseConfig) -> Iterator[Problem]:
    given, reads = phase.model_fields_set, (f"{key}.kind",)
    if phase.kind == "ramp" and phase.rate_to is None:
        yield Problem(f"{key}.rate_to", "missing for a ramp", "add `rate_to = …`, purchases a second at its end", reads)
    if phase.kind != "ramp" and phase.rate_to is not None:
        yield Problem(
            f"{key}.rate_to", f"has no meaning for kind {phase.kind!r}", 'leave it out or write kind = "ramp"', reads
        )
    if phase.kind == "burst" and "burst_size" not in given:
        remedy = "add `burst_size = …`, purchases due at one instant (and `bursts = …`, how many)"
        yield Problem(f"{key}.burst_size", "missing for bursts", remedy, reads)
    for name in ("bursts", "burst_size"):
        if phase.kind != "burst" and name in given:
            yield Problem(
                f"{key}.{name}",
                f"has no meaning for kind {phase.kind!r}",
                'leave it out or write kind = "burst"',
                reads,
            )


def _skus(scenario: Scenario) -> Iterator[Problem]:
    shop, lines_max = scenario.shop, scenario.orders.lines_max
    if shop.hot_skus > shop.skus:
        yield Problem(
            "shop.hot_skus", f"{shop.hot_skus} of only {shop.skus} SKUs", f"write at most {shop.skus}", ("shop.skus",)
        )
    if lines_max > shop.skus:
        remedy = f"write at most {shop.skus}, since the lines of an order have different SKUs"
        yield Problem("orders.lines_max", f"{lines_max} with only {shop.skus} SKUs", remedy, ("shop.skus",))


def _locations(scenario: Scenario) -> Iterator[Problem]:
    shop = scenario.shop
    if shop.stocked_at > shop.locations:
        remedy = f"write at most {shop.locations}, or raise locations"
        found = f"{shop.stocked_at} of only {shop.locations} locations"
        yield Problem("shop.stocked_at", found, remedy, ("shop.locations",))
    if scenario.events.transfers_per_s > 0 and shop.stocked_at < 2:
        found = f"{scenario.events.transfers_per_s:g}, but each item is stocked at one location"
        remedy = "write stocked_at = 2 or more under [shop], or leave transfers_per_s out"
        yield Problem("events.transfers_per_s", found, remedy, ("shop.stocked_at",))


def _faults(scenario: Scenario) -> Iterator[Problem]:
    for place, fault in enumerate(scenario.faults):
        if fault.at_s >= scenario.load_s:
            found = f"{fault.at_s:g} s, but the load ends at {scenario.load_s:g} s"
            yield Problem(f"faults.{place}.at_s", found, f"write less than {scenario.load_s:g}", _lengths(scenario))
        yield from _trigger(f"faults.{place}", fault)
        for other, earlier in enumerate(scenario.faults):
            timed = fault.on == earlier.on == "time"
            if timed and _same_target(fault, earlier) and (earlier.at_s, other) < (fault.at_s, place):
                yield from _overlap(place, other, fault, earlier)


def _same_target(one: FaultConfig, other: FaultConfig) -> bool:
    targets = {FAULTS[one.kind].target, FAULTS[other.kind].target}
    return len(targets) == 1 or (SUBJECT in targets and targets <= {SUBJECT, *get_args(ProcessName)})


def _trigger(key: str, fault: FaultConfig) -> Iterator[Problem]:
    """Keys that mean nothing for what begins the fault."""
    reads = (f"{key}.on",)
    if fault.on == "time":
        for name in ("count", "every_s"):
            if name in fault.model_fields_set:
                remedy = 'leave it out or write on = "executed", on = "acknowledged" or on = "fetched"'
                yield Problem(f"{key}.{name}", "has no meaning for a fault at a time", remedy, reads)
    if fault.on != "acknowledged" and fault.topics:
        remedy = 'leave it out or write on = "acknowledged"'
        yield Problem(f"{key}.topics", f"has no meaning for on = {fault.on!r}", remedy, reads)


def _api_faults(scenario: Scenario) -> Iterator[Problem]:
    known = [EVERY_API, ADMIN, MARKETPLACES, *(each.name for each in scenario.channels if each.name != ONLINE)]
    for place, fault in enumerate(scenario.api_faults):
        key = f"api_faults.{place}"
        if fault.api not in known:
            yield Problem(f"{key}.api", f"unknown API {fault.api!r}", did_you_mean(fault.api, known), ("channels",))
        if fault.kind == "rows_rejected" and fault.api == ADMIN:
            remedy = f'write api = "{MARKETPLACES}" or the name of one; the Admin API accepts all rows or none'
            yield Problem(f"{key}.api", "the Admin API rejects no single rows", remedy, (f"{key}.kind",))
        if fault.from_s >= scenario.load_s:
            found = f"{fault.from_s:g} s, but the load ends at {scenario.load_s:g} s"
            yield Problem(f"{key}.from_s", found, f"write less than {scenario.load_s:g}", _lengths(scenario))
        if fault.until_s is not None and fault.until_s <= fault.from_s:
            found = f"{fault.until_s:g} s, but it begins at {fault.from_s:g} s"
            yield Problem(f"{key}.until_s", found, f"write more than {fault.from_s:g}", (f"{key}.from_s",))
        if fault.seconds is not None and fault.kind not in TIMED:
            found, remedy = f"has no meaning for kind {fault.kind!r}", f"leave it out; it is for {', '.join(TIMED)}"
            yield Problem(f"{key}.seconds", found, remedy, (f"{key}.kind",))


def _overlap(place: int, other: int, fault: FaultConfig, earlier: FaultConfig) -> Iterator[Problem]:
    """Faults of one target follow one another. What takes effect is then what was written."""
    back_s = earlier.at_s + earlier.restart_after_s
    if fault.at_s > back_s:
        return
    found = f"{fault.at_s:g} s, but {earlier.kind} at {earlier.at_s:g} s lasts until {back_s:g} s"
    remedy = f"write more than {back_s:g}, or end that one earlier (restart_after_s, +S of a flag)"
    reads = tuple(f"faults.{n}.{key}" for n in (place, other) for key in ("kind", "at_s", "restart_after_s"))
    yield Problem(f"faults.{place}.at_s", found, remedy, reads)


def _lengths(scenario: Scenario) -> tuple[str, ...]:
    return ("phases", *(f"phases.{place}.seconds" for place in range(len(scenario.phases))))


def _topics(scenario: Scenario) -> Iterator[Problem]:
    named = [(f"perturbations.{place}", each.topics) for place, each in enumerate(scenario.perturbations)]
    named += [(f"faults.{place}", each.topics) for place, each in enumerate(scenario.faults)]
    for where, topics in named:
        for position, topic in enumerate(topics):
            if topic not in TOPICS:
                key = f"{where}.topics.{position}"
                yield Problem(key, f"unknown topic {topic!r}", did_you_mean(topic, TOPICS))


def _quotas(scenario: Scenario) -> Iterator[Problem]:
    """A plan fulfils its quotas whatever the seed, so it must have the orders and the stock for them."""
    quotas, orders = scenario.quotas, scenario.orders
    reads = ("quotas", *(f"quotas.{role}" for role in ORDER_ROLES))
    wanted, there = sum(quotas.of_orders().values()), orders_at_least(scenario.phases)
    if wanted > there:
        found = f"{wanted} orders with a role, but some seeds give only {there} orders"
        remedy = "lower the quotas, or raise the rate or length of a phase"
        yield Problem("quotas", found, remedy, (*reads, *_lengths(scenario)))
    out = sells_out(scenario) if wanted else None
    if out is not None:
        found = f"orders with a role must be accepted, but {out[0]:.0f} units are wanted of SKUs that have {out[1]:.0f}"
        yield Problem("quotas", found, "raise stock under [shop], or lower the quotas", (*reads, "shop.stock"))
    if quotas.two_lines and orders.lines_max < 2:
        remedy = "write lines_max = 2 or more under [orders], or leave two_lines out"
        found = f"{quotas.two_lines}, but an order has one line at most"
        yield Problem("quotas.two_lines", found, remedy, ("orders.lines_max",))
    if quotas.two_locations and scenario.shop.stocked_at < 2:
        remedy = "write stocked_at = 2 or more under [shop], or leave two_locations out"
        found = f"{quotas.two_locations}, but each item is stocked at one location"
        yield Problem("quotas.two_locations", found, remedy, ("shop.stocked_at",))
    if quotas.negative_level and scenario.shop.stocked_at < 2:
        remedy = "write stocked_at = 2 or more under [shop], or leave negative_level out"
        found = f"{quotas.negative_level}, but each item is stocked at one location"
        yield Problem("quotas.negative_level", found, remedy, ("shop.stocked_at",))
    kept, ordinary = sum(quotas.of_kept().values()), scenario.shop.skus - scenario.shop.hot_skus
    if kept > ordinary // 2:
        found = f"{kept} SKUs are kept for events of their own, but only {ordinary} are ordinary"
        remedy = f"lower {' and '.join(quotas.of_kept())} to {ordinary // 2} together, or raise skus under [shop]"
        reads = (*(f"quotas.{role}" for role in KEPT_ROLES), "shop.skus", "shop.hot_skus")
        yield Problem("quotas", found, remedy, reads)


def _lost(scenario: Scenario) -> Iterator[Problem]:
    """What is never sent is found by reconciliation alone, so the end of a run must not come before the next one."""
    if not any(each.kind == "lost" for each in scenario.perturbations):
        return
    period_s, quiet_s = scenario.subject.reconcile_s, scenario.quiesce.quiet_s
    if period_s is None:
        remedy = "add reconcile_s = …, the seconds between two reconciliations of the subject"
        yield Problem("subject.reconcile_s", "missing, but some deliveries are lost", remedy, ("perturbations",))
    elif quiet_s < LOOKS * period_s:
        found = f"{quiet_s:g} s, but what is lost is looked for every {period_s:g} s only"
        remedy = f"write at least {LOOKS * period_s:g}, or lower reconcile_s under [subject]"
        yield Problem("quiesce.quiet_s", found, remedy, ("subject.reconcile_s",))


CHECKS: Final[tuple[Callable[[Scenario], Iterator[Problem]], ...]] = (
    _channels,
    _phases,
    _skus,
    _locations,
    _faults,
    _api_faults,
    _topics,
    _quotas,
    _lost,
    life_problems,
)
