"""A wrong rule of counting what returns and cancellations give back, which explains by how much SKUs are wrong.

It needs neither references nor a probe: the units of the rule are compared with the difference between master and
shelf, SKU by SKU. A rule is told where it explains nearly every SKU that is wrong, and hardly predicts a wrong one that
is right, and where chance does not explain that.
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import chance
from stockstorm.reports.diagnosis.order_rules import RULES, Rule, Units, stories
from stockstorm.reports.result import Diagnosis, counted, units

CHECKS: Final = (
    "drift", "applied_twice", "nothing_lost", "unexplained_push", "oversell", "refused_though_available",
    "event_classes",
)  # fmt: skip
SHARE_MIN: Final = 0.8  # of the SKUs that are wrong, and of those that the rule makes wrong
SKUS_MIN: Final = 2
CHANCE_MAX: Final = 0.01 / len(RULES)


class Fit(NamedTuple):
    """A rule that fits. `skus`: those it explains; `orders`: those it is about."""

    rule: Rule
    skus: tuple[str, ...]
    predicted: int
    orders: tuple[int, ...]


class OrderArithmetic(Diagnose):
    name = "order_arithmetic"
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
            skus = f"{len(fit.skus)} of {counted(len(wrong), 'SKU')} that are wrong are so by exactly these units"
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
                    f"the master is wrong by {units(off)}, exactly what comes of it where {fit.rule.what}",
                    tuple(evidence),
                    fit.rule.hint,
                    case.consequences(*CHECKS),
                ),
                frozenset({*(f"event {number}" for number in events), *(f"sku {sku}" for sku in fit.skus)}),
            )


def of_wrong_rules(case: Case) -> frozenset[int]:
    """Orders whose units a wrong rule explains: of them nothing was lost, and nothing came twice."""
    return frozenset(order for fit in fits(case) for order in fit.orders)


def fits(case: Case) -> list[Fit]:
    """The rules that fit equally well, the best first. Of rules with the same units the first one stands for all."""
    known = case.kept.get("order rules")
    if isinstance(known, list):
        return known
    wrong, told = case.differences, list(stories(case.history))
    scored: list[tuple[float, Fit]] = []
    seen: list[Units] = []
    for rule in RULES:
        sums: Units = {}
        orders: list[int] = []
        for story in told:
            of_order = rule.units(story)
            if of_order:
                orders.append(story.order)
            for sku, count in of_order.items():
                sums[sku] = sums.get(sku, 0) + count
        sums = {sku: count for sku, count in sums.items() if count}
        skus = tuple(sku for sku, count in sums.items() if wrong.get(sku) == count)
        if sums in seen or len(skus) < max(SKUS_MIN, SHARE_MIN * max(len(wrong), len(sums))):
            continue
        seen.append(sums)
        score = chance(len(skus), len(wrong), len(sums), len(case.history.items))
        if score <= math.log(CHANCE_MAX):
            scored.append((score, Fit(rule, skus, len(sums), tuple(orders))))
    best = min((score for score, _ in scored), default=0.0)
    found = case.kept["order rules"] = [fit for score, fit in scored if score <= best + 1e-6]
    return found
