"""SKUs whose stock in the master is wrong, by what happened to them and not to the others.

The last resort: for a subject that names no orders, where no kind of change explains the units.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import Common, clusters
from stockstorm.reports.diagnosis.event_traits import event_traits
from stockstorm.reports.diagnosis.exact_units import CHECKS
from stockstorm.reports.diagnosis.traits import TOPIC_OF, Trait, TraitKind, hints
from stockstorm.reports.result import Diagnosis

TOLD: Final[frozenset[TraitKind]] = frozenset({
    "topic", "source", "copies", "ahead", "two_lines", "lines", "units", "after_cancel", "after_return", "perturbed",
    "unanswered", "process_end", "retried", "fault", "outage", "restart", "read", "read_end", "cancel_heard", "burst",
    "across_end", "before_level", "told_between", "equal",
    "not_installed",
})  # fmt: skip


ORDERED: Final = Trait("topic", TOPIC_OF["sale"])  # every SKU that can be wrong has such an event


class WrongStock(Diagnose):
    name = "wrong_stock"
    checks = CHECKS
    at_rest = True
    after = (
        "no_call", "stops", "wrong_token", "not_played", "calls_refused", "forgeries", "lost_at_failure", "lost_events",
        "twice_at_failure", "applied_twice", "lost_updates", "wrong_units", "exact_units", "failures_forgotten",
        "capped", "order_arithmetic", "gap_not_reconciled", "removal_unnoticed", "not_reinstalled", "few_topics",
        "feed_unread", "never_sent", "skipped_reads", "read_not_applied",
    )  # fmt: skip

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = case.differences
        traits = _by_sku(case)
        right = [sku for sku in traits if sku not in wrong and sku not in case.history.pending.skus]
        none: frozenset[Trait] = frozenset()
        found = clusters([traits.get(sku, none) for sku in wrong], [traits.get(sku, none) for sku in right])
        for common in found[:1]:
            yield _found(self.name, case, common, [list(wrong)[place] for place in sorted(common.covers)], wrong)


def _by_sku(case: Case) -> dict[str, frozenset[Trait]]:
    """What can be said of any marketplace event of a SKU."""
    events, known = case.history.deliveries, event_traits(case)
    found: dict[str, frozenset[Trait]] = {}
    for effect in case.history.orders.effects:
        event = events.events.get(events.order_event.get((effect.order, TOPIC_OF[effect.kind]), -1))
        if event is not None:
            told = frozenset(trait for trait in known.of(event) if trait.kind in TOLD and trait != ORDERED)
            found[effect.sku] = found.get(effect.sku, frozenset()) | told
    return found


def _found(name: str, case: Case, common: Common, skus: list[str], wrong: dict[str, int]) -> Found:
    what = " and one ".join(trait.phrase.removeprefix("ones ") for trait in common.traits)
    return Found(
        Diagnosis(
            name,
            f"{common.bad} of {common.bad_of} SKUs that are wrong in the master had an event {what}",
            (
                f"{common.good} of {common.good_of} SKUs that are right had one",
                "wrong: " + quoted(f"{sku} by {wrong[sku]:+d}" for sku in skus),
            ),
            hints(common.traits),
            case.consequences(*CHECKS),
        ),
        frozenset(f"sku {sku}" for sku in skus),
    )
