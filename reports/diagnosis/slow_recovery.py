"""What waited while a marketplace was down is right long after its return: pushes came late, or were slow.

The time from the return to the last listing that is right is cut in two: until the first push that was taken, and from
then on. The larger part names the cause.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.checkers.channel_outage import waiting_for
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.pauses import PUSH, begun_ns, is_taken
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.marketplaces import Outage
from stockstorm.reports.history.sync_pairs import SyncPair
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

SLOW_NS: Final = 5 * SECOND_NS
PAIRS_MIN: Final = 3
PART_MIN: Final = 0.5
EARLIER: Final = (
    "ask again at a short interval while a marketplace is down, with a limit on how long a wait may grow; "
    "Retry-After says when"
)
FASTER: Final = "push all that waits in few calls: a PUT of listings takes many rows"
CHECK: Final = "channel_outage"


class SlowRecovery(Diagnose):
    name = "slow_recovery"
    checks = (CHECK,)
    after = ("outage_forgotten", "channel_blocks_others", "old_retry")

    def __call__(self, case: Case) -> Iterator[Found]:
        if CHECK not in case.invalid:
            return
        for outage in case.history.outages:
            pairs = [pair for pair in waiting_for(case.history, outage) if pair.ended_ns < NEVER_NS]
            last = max(pairs, key=lambda pair: pair.ended_ns, default=None)
            taken = [
                call
                for call in case.calls
                if call.api == outage.channel and call.operation == PUSH and call.at_ns >= outage.end_ns
                if is_taken(call)
            ]
            if last and len(pairs) >= PAIRS_MIN and taken and last.ended_ns - outage.told_ns >= SLOW_NS:
                yield self._found(case, outage, pairs, last, taken)

    def _found(
        self, case: Case, outage: Outage, pairs: list[SyncPair], last: SyncPair, taken: list[f.ApiCalled]
    ) -> Found:
        first_ns = min(map(begun_ns, taken))
        whole_ns, before_ns = last.ended_ns - outage.end_ns, first_ns - outage.end_ns
        pushes = sum(call.at_ns <= last.ended_ns for call in taken)
        late = before_ns >= PART_MIN * whole_ns
        why = (
            f"its first push that was taken came {before_ns / SECOND_NS:.1f} s after the return"
            if late
            else f"{counted(pushes, 'push', 'pushes')} took {(whole_ns - before_ns) / SECOND_NS:.1f} s"
        )
        tried = sum(
            call.api == outage.channel and call.operation == PUSH and outage.begin_ns <= call.at_ns < first_ns
            for call in case.calls
        )
        return Found(
            Diagnosis(
                self.name,
                f"{outage.channel} was right only {whole_ns / SECOND_NS:.1f} s after its return at "
                f"{case.when(outage.end_ns)}: {why}",
                (
                    f"{counted(len(pairs), 'change')} waited for it, and {counted(tried, 'push', 'pushes')} failed",
                    f"the last one that waited was of {last.sku} at {case.when(last.fired_ns)}, right at "
                    + case.when(last.ended_ns),
                ),
                EARLIER if late else FASTER,
                case.consequences(CHECK),
                outage.end_ns,
            ),
            frozenset(f"listing {pair.channel} {pair.sku}" for pair in pairs),
        )
