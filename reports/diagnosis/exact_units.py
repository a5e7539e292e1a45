"""The master differs from the shelf by exactly the units of something: all cancellations, one channel, one order.

It needs no references and no probe. For each SKU the difference is compared with what it would be if a kind of change
had been left out, or had been done twice. A kind that fits every SKU, those without a difference included, is named.
Where none does, one that explains most SKUs, and far more than chance would, is told as that.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import fit
from stockstorm.reports.diagnosis.lost_events import lost_and_taken
from stockstorm.reports.diagnosis.traits import TOPIC_OF
from stockstorm.reports.diagnosis.unit_groups import Group, groups
from stockstorm.reports.result import Diagnosis, counted, units, verb

CHECKS: Final = (
    "drift", "applied_twice", "nothing_lost", "unexplained_push", "oversell", "refused_though_available",
    "event_classes",
)  # fmt: skip
SHOWN: Final = 3
ORDERS_MAX: Final = 3  # that fit equally well; with more of them none is named
NEARLY: Final = 0.5  # of the SKUs that are wrong, and of those that a group would make wrong
CHANCE_MAX: Final = 1e-4  # over all groups, for one that explains only a part
ORDERLESS: Final = 1 << 30  # of calls and parts of orders, which name no orders
MISSING: Final = "are missing in the master"


class ExactUnits(Diagnose):
    name = "exact_units"
    checks = CHECKS
    at_rest = True
    after = ("no_call", "stops", "calls_refused", "wrong_token", "not_played", "order_arithmetic")

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = case.differences
        if not wrong or _told_by_references(case):
            return
        candidates = [group for group in groups(case) if group.by_sku]
        found = _matching(wrong, candidates)
        if not found:
            alone = list(_single_order(self.name, case, wrong))
            yield from alone or _nearly(case, candidates)
        several = tuple(f"{group.name} {what}" for group, what in found)
        for group, what in found[:SHOWN]:
            yield _found(self.name, case, wrong, group, what, several)


def _told_by_references(case: Case) -> bool:
    """Whether the subject names its orders, and so each order that was lost or doubled is known."""
    if case.history.orders.net_only:
        return False
    return bool(lost_and_taken(case)[0]) or bool(case.incidents("applied_twice"))


def _matching(wrong: dict[str, int], candidates: Iterable[Group]) -> list[tuple[Group, str]]:
    """The groups that explain the difference of every SKU, with what was done to them.

    Of those with the same units by SKU, the one with the fewest orders: others have orders besides that were cancelled
    or returned, so that their units do not show. The first of those that are as small.
    """
    missing = [group for group in candidates if group.by_sku == {sku: -off for sku, off in wrong.items()}]
    doubled = [group for group in candidates if group.by_sku == wrong]
    found = [(min(missing, key=_size), MISSING)] if missing else []  # more likely than its opposite twice
    if doubled:
        least = min(doubled, key=_size)
        found.append((least, _too_much(least)))
    return found


def _size(group: Group) -> int:
    return len(group.orders) or ORDERLESS


def _too_much(group: Group) -> str:
    never = "not restocked" in group.name or "own store" in group.name
    return "are in the master although they should not be" if never else "count twice"


def _nearly(case: Case, candidates: Sequence[Group]) -> Iterator[Found]:
    """The group that explains most SKUs, where none explains all and chance does not explain so many."""
    wrong, most = case.differences, math.log(CHANCE_MAX / max(1, 2 * len(candidates)))
    fits: list[tuple[float, Group, str, int]] = []
    for group in candidates:
        for sign, what in ((-1, MISSING), (1, _too_much(group))):
            hits, score = fit(
                wrong, {sku: sign * count for sku, count in group.by_sku.items()}, len(case.history.items)
            )
            if hits >= NEARLY * max(len(wrong), len(group.by_sku)) and score <= most:
                fits.append((score, group, what, hits))
    for _, group, what, hits in sorted(fits, key=lambda one: one[0])[:1]:
        yield Found(
            Diagnosis(
                ExactUnits.name,
                f"{group.name} {what}, or most of them: {hits} of {counted(len(wrong), 'SKU')} that are wrong in the "
                f"master {verb(hits, 'are')} so by exactly their units",
                (
                    f"they would make {counted(len(group.by_sku), 'SKU')} wrong, so there is one more condition",
                    f"{counted(len(group.orders), 'order')}: {quoted(map(case.order, sorted(group.orders)))}",
                ),
                group.hint,
                case.consequences(*CHECKS),
            ),
            frozenset(f"sku {sku}" for sku in wrong),
        )


def _found(name: str, case: Case, wrong: dict[str, int], group: Group, what: str, several: tuple[str, ...]) -> Found:
    off = sum(map(abs, wrong.values()))
    sure = len(wrong) >= SHOWN
    skus = counted(len(wrong), "SKU")
    evidence = [
        f"{skus} differ, by {units(off)} in all, and each by just these units; all others are right",
    ]
    if group.orders:
        evidence.append(f"{counted(len(group.orders), 'order')}: {quoted(map(case.order, sorted(group.orders)))}")
    if len(several) > 1:
        evidence.append(
            "the same difference also fits: " + quoted(each for each in several if not each.startswith(group.name))
        )
    cause = f"{group.name} {what}: the master is wrong by exactly their units"
    return Found(
        Diagnosis(
            name,
            cause if sure else f"{cause} (few SKUs differ, so this may be chance)",
            tuple(evidence),
            group.hint,
            case.consequences(*CHECKS),
        ),
        frozenset(f"sku {sku}" for sku in wrong),
    )


def _single_order(name: str, case: Case, wrong: dict[str, int]) -> Iterator[Found]:
    """Orders one change of which is exactly the whole difference."""
    by_change: dict[tuple[int, str], dict[str, int]] = {}
    for effect in case.history.orders.effects:
        of_change = by_change.setdefault((effect.order, effect.kind), {})
        of_change[effect.sku] = of_change.get(effect.sku, 0) + effect.delta
    missed = [key for key, delta in by_change.items() if delta == {sku: -off for sku, off in wrong.items()}]
    doubled = [key for key, delta in by_change.items() if delta == wrong]
    if not 0 < len(missed) + len(doubled) <= ORDERS_MAX:
        return
    told = [f"{case.order(order)} ({TOPIC_OF[kind]}) is missing" for order, kind in missed]
    told += [f"{case.order(order)} ({TOPIC_OF[kind]}) counts twice" for order, kind in doubled]
    orders = list(dict.fromkeys(order for order, _ in (*missed, *doubled)))
    off = ", ".join(f"{sku} by {units(abs(count))}" for sku, count in list(wrong.items())[:SHOWN])
    yield Found(
        Diagnosis(
            name,
            f"the master is wrong by exactly the units of order {' or '.join(map(case.order, orders))}",
            (f"wrong: {off}", *(f"it fits that {each}" for each in told)),
            "look for this order in the service's own log",
            case.consequences(*CHECKS),
        ),
        frozenset(f"sku {sku}" for sku in wrong),
    )
