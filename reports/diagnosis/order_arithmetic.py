"""A wrong rule of counting what returns and cancellations give back, which explains by how much SKUs are wrong.

It needs neither references nor a probe: the units of the rule are compared with the difference between master and
shelf, SKU by SKU. A rule is told where it explains nearly every SKU that is wrong, and hardly predicts a wrong one that
is right, and where chance does not explain that.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import chance
from stockstorm.reports.diagnosis.contrast import fit as units_fit
from stockstorm.reports.diagnosis.order_rules import ALL_RULES, Rule
from stockstorm.reports.diagnosis.order_stories import Story, Units, stories
from stockstorm.reports.history.channel_orders import order_named, tokens
from stockstorm.reports.result import Diagnosis, counted, verb

CHECKS: Final = (
    "drift", "applied_twice", "nothing_lost", "unexplained_push", "oversell", "refused_though_available",
    "event_classes",
)  # fmt: skip
SHARE_MIN: Final = 0.7  # of the SKUs that are wrong, and of those that the rule makes wrong
SKUS_MIN: Final = 2
CHANCE_MAX: Final = 0.01  # over all rules that say something of this run


class Fit(NamedTuple):
    """A rule that fits. `skus`: those it explains; `orders`: those it is about."""

    rule: Rule
    skus: tuple[str, ...]
    predicted: int
    orders: tuple[int, ...]


class OrderArithmetic(Diagnose):
    name = "order_arithmetic"
    checks = CHECKS
    at_rest = True
    after = ("no_call", "stops", "calls_refused", "wrong_token", "not_played", "forgeries", "lost_updates")

    def __call__(self, case: Case) -> Iterator[Found]:
        found, wrong = fits(case), case.differences
        for fit in found:
            others = [other.rule.what for other in found if other is not fit]
            off = sum(abs(wrong[sku]) for sku in fit.skus)
            events = [
                number for (order, _), number in case.history.deliveries.order_event.items() if order in set(fit.orders)
            ]
            which = (
                "the master is"
                if len(fit.skus) == len(wrong)
                else (
                    f"{len(fit.skus)} of {counted(len(wrong), 'SKU')} that are wrong in the master "
                    f"{verb(len(fit.skus), 'are')}"
                )
            )
            skus = (
                f"{len(fit.skus)} of {counted(len(wrong), 'SKU')} that are wrong "
                f"{verb(len(fit.skus), 'are')} so by exactly these units"
            )
            evidence = [
                f"{skus}; it makes {counted(fit.predicted, 'SKU')} wrong",
                f"{counted(len(fit.orders), 'order')}: {quoted(map(case.order, fit.orders))}",
                "wrong: " + quoted(f"{sku} by {wrong[sku]:+d}" for sku in fit.skus),
            ]
            if others:
                evidence.append("it fits as well that " + "; or that ".join(others))
            yield Found(
                Diagnosis(
                    self.name,
                    f"{fit.rule.what}: {which} wrong by exactly these units, {off} in all",
                    tuple(evidence),
                    fit.rule.hint,
                    case.consequences(*CHECKS),
                ),
                frozenset({*(f"event {number}" for number in events), *(f"sku {sku}" for sku in fit.skus)}),
                "; or ".join((fit.rule.what, *others)),
            )


def of_wrong_rules(case: Case) -> frozenset[int]:
    """Orders whose units a wrong rule explains: of them nothing was lost, and nothing came twice."""
    return frozenset(order for fit in fits(case) for order in fit.orders)


def fits(case: Case) -> list[Fit]:
    """The rules that fit equally well. Of rules with the same units the first one stands for all."""
    known = case.kept.get("order rules")
    if isinstance(known, list):
        return known
    told = list(stories(case.history))
    scored: list[tuple[float, Fit]] = []
    predictions = _predictions(told)
    for rule, of_orders, sums in predictions:
        hits, score = units_fit(case.differences, sums, len(case.history.items))
        if hits < max(SKUS_MIN, SHARE_MIN * max(len(case.differences), len(sums))):
            continue
        score = min(score, _by_orders(case, told, of_orders))
        if score <= math.log(CHANCE_MAX / len(predictions)):
            skus = tuple(sku for sku, count in sums.items() if case.differences.get(sku) == count)
            scored.append((score, Fit(rule, skus, len(sums), tuple(of_orders))))
    best = min((score for score, _ in scored), default=0.0)
    found = case.kept["order rules"] = [fit for score, fit in scored if score <= best + 1e-6]
    return found


def _predictions(told: Sequence[Story]) -> list[tuple[Rule, dict[int, Units], Units]]:
    """What each rule makes wrong, by order and by SKU. Left out: what an earlier one makes wrong too, and nothing."""
    found: list[tuple[Rule, dict[int, Units], Units]] = []
    for rule in ALL_RULES:
        of_orders = {story.order: of_order for story in told if (of_order := rule.units(story))}
        sums = {sku: count for sku, count in _sums(of_orders.values()).items() if count}
        if sums and all(sums != known for _, _, known in found):
            found.append((rule, of_orders, sums))
    return found


def _sums(of_orders: Iterable[Units]) -> Units:
    sums: Units = {}
    for of_order in of_orders:
        for sku, count in of_order.items():
            sums[sku] = sums.get(sku, 0) + count
    return sums


def _by_orders(case: Case, told: Sequence[Story], predicted: Collection[int]) -> float:
    """The logarithm of the chance of so many predicted ones among the orders that odd writes name.

    Odd is a write that names a return or a cancellation and moved other units, or that wrote one of them again.
    """
    orders = case.history.orders
    if orders.net_only:
        return 0.0
    among = {story.order for story in told}
    odd = {
        effect.order
        for misfit in orders.misfits
        for token in tokens(misfit.row.reference)
        if token != order_named(token)
        for effect in orders.by_token.get(order_named(token), ())[:1]
    }
    odd = (odd | {order for order, _ in case.history.doublings.by_order}) & among
    return chance(len(odd & set(predicted)), len(odd), len(predicted), len(among))
