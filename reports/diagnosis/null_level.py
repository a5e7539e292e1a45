"""A level without a quantity is taken for a level of zero."""

from collections.abc import Iterator

from stockstorm.reports.checkers.forged import EMPTIED, sets_to_none
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.result import Diagnosis, counted, verb

CHECKS = (
    "poison", "drift", "sync_latency", "unexplained_push", "stale_overwrite", "refused_though_available", "lost_units",
    "crisis_time", "trend",
)  # fmt: skip


class NullLevel(Diagnose):
    name = "null_level"
    checks = CHECKS

    def __call__(self, case: Case) -> Iterator[Found]:
        sent = [one for one in case.history.deliveries.poison if one.planned.forged == EMPTIED]
        taken = [(one, pushes) for one in sent if (pushes := sets_to_none(case.history, one))]
        if not taken:
            return
        first, pushes = taken[0]
        shown = (f"{push.sku} on {push.channel} at {case.when(push.at_ns)}" for _, some in taken for push in some)
        yield Found(
            Diagnosis(
                self.name,
                f"a level of null is taken for zero: {len(taken):,} of {counted(len(sent), 'such event')} of "
                f"inventory_levels/update {verb(len(taken), 'were')} followed by a listing of 0",
                (
                    (
                        f"webhook {first.planned.webhook_id} at {case.when(first.attempts[0].started_ns)} had null for "
                        f"`available` of {pushes[0].sku}"
                    ),
                    "set to 0: " + quoted(shown),
                ),
                "null says that there is no quantity, as of an item that is not tracked: leave what is known as it is",
                case.consequences(*CHECKS),
                first.attempts[0].started_ns,
            ),
            frozenset(f"listing {push.channel} {push.sku}" for _, some in taken for push in some),
        )
