"""Sets of stock that erased a change which the subject had not seen."""

from collections.abc import Iterator

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f

KINDS = ("erased", "lost_update")


class LostUpdates(Diagnose):
    name = "lost_updates"

    def __call__(self, case: Case) -> Iterator[Found]:
        found = case.incidents(*KINDS)
        if not found:
            return
        total = sum(check.incidents_total for check in case.checks if any(one.kind in KINDS for one in check.incidents))
        sets = [change for change in case.history.all(f.StockChanged) if change.cause == "subject_set"]
        compared = sum(change.compared for change in sets)
        yield Found(
            Diagnosis(
                self.name,
                f"{max(total, len(found))} of {len(sets)} sets of stock erased a change that came between read and "
                "write",
                (*(one.text for one in found[:2]), f"{compared} of {len(sets)} sets sent changeFromQuantity"),
                "write differences (inventoryAdjustQuantities), or send changeFromQuantity with every set and read "
                "again "
                "when it no longer fits",
                case.consequences("retry_discipline", "drift", "applied_twice", "unexplained_push", "nothing_lost"),
                found[0].at_ns,
            ),
            frozenset(f"sku {one.sku}" for one in found),
        )
