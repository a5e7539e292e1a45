"""What a scenario promises to exercise: a check whose case never occurred although it was promised is unknown.

A promise must hold for every seed, whatever a sound subject does. So a share or a rate promises something only if so
much of it is planned that its absence is no chance.
"""

from typing import Final

from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.config import PerturbationKind, QuotasConfig
from stockstorm.simulator.plan.schedule import arrival_count

SURE: Final = 15.0  # planned on average; that none occurs then has a probability below 1 in 3 million
ORDER_TOPICS: Final = frozenset({"order.created", "order.cancelled", "order.returned"})
# What each quota of orders brings about, in the words of the exposure of the checks that it tests.
CASES: Final[dict[str, str]] = {
    "near_duplicate": "of them within 5 ms",
    "late_duplicate": "more than 2 s later",
    "resent": "under a new webhook id",
    "duplicate_after_cancel": "after the order's cancellation",
    "cancel_before_create": "cancellations delivered before their order",
    "return_then_cancel": "orders cancelled after a return",
    "two_returns": "orders returned in two parts",
    "undone": "orders cancelled after two returns",
    "two_lines": "orders with one SKU on two lines",
    "two_locations": "orders of one SKU from two locations",
    "negative_level": "SKUs with a level below zero at one location",
    "netted": "SKUs that end with a sale and a restock of as many units at once",
    "corrected": "changes by others soon after a sale elsewhere of the same SKU",
}


def promised_cases(scenario: Scenario) -> frozenset[str]:
    """The words of exposure that the scenario has a quota for."""
    return frozenset(words for quota, words in CASES.items() if getattr(scenario.quotas, quota))


def promises(scenario: Scenario) -> dict[str, str]:
    """By check, what the scenario promises, as the beginning of a sentence."""
    found = {}
    if scenario.quotas.forgeries or scenario.events.forgeries_per_s * scenario.load_s >= SURE:
        found["forged"] = "the scenario promises forged deliveries"
    if _has_duplicates(scenario.quotas) or _of_orders(scenario, "duplicate") >= SURE:
        found["applied_twice"] = "the scenario promises duplicated orders of marketplaces"
    if scenario.quotas.poison:
        found["poison"] = "the scenario promises deliveries that nobody can process"
    if _of_orders(scenario, "lost") >= SURE:
        found["never_sent"] = "the scenario promises orders of marketplaces that are never sent"
    if _sells_out(scenario):
        found["oversell"] = "the scenario promises that hot SKUs sell out"
    return found


def _has_duplicates(quotas: QuotasConfig) -> bool:
    """Whether a quota delivers orders of marketplaces more than once."""
    return quotas.late_duplicate + quotas.resent + quotas.near_duplicate + quotas.duplicate_after_cancel > 0


def _of_orders(scenario: Scenario, kind: PerturbationKind) -> float:
    """Notifications of new marketplace orders that get a perturbation of this kind, on average."""
    share = sum(
        one.share
        for one in scenario.perturbations
        if one.kind == kind and (not one.topics or ORDER_TOPICS & set(one.topics))
    )
    weight = sum(channel.share for channel in scenario.channels)
    elsewhere = sum(channel.share for channel in scenario.channels if channel.name != "online") / weight
    return share * elsewhere * sum(map(arrival_count, scenario.phases))


def _sells_out(scenario: Scenario) -> bool:
    """Whether hot SKUs are wanted twice as often as there are units, on two channels or more."""
    shop = scenario.shop
    wanted = sum(arrival_count(phase) * phase.hot_share for phase in scenario.phases)
    stocked = shop.hot_skus * shop.hot_stock
    return (
        len(scenario.channels) > 1
        and not scenario.events.restock_hot
        and wanted >= max(SURE, 2 * stocked) > 0 < stocked
    )
