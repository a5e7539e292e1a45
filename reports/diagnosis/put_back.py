"""Pushes that show the master's stock although the subject knows of orders that are not yet in it."""

from collections.abc import Iterator

from stockstorm.reports.checkers.put_back import next_pushes
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.result import Diagnosis
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS

CHECK = "put_back"


class PutBack(Diagnose):
    name = "put_back"

    def __call__(self, case: Case) -> Iterator[Found]:
        if CHECK not in case.invalid:
            return
        found = list(next_pushes(case.history))
        bad = [one for one in found if one.put_back]
        clear = sum(one.tells for one in found)
        late = sorted((one.sale.version_ns - one.push.at_ns) / MILLISECOND_NS for one in bad)
        yield Found(
            Diagnosis(
                self.name,
                f"after {len(bad):,} of {clear:,} sales the next push offered the sold units again: the pushed "
                "quantity ignores orders that are known and not yet in the master",
                (
                    "for example "
                    + quoted(
                        f"{one.push.sku} on {one.push.channel} at {case.when(one.push.at_ns)}, after "
                        f"{case.order(one.sale.order)}"
                        for one in bad
                    ),
                    f"the master had the order {quantile(late, 0.5):,.0f} ms after that push (median)",
                ),
                "push what the master shows less the units of the orders that are not yet written to it, or write the "
                "order first and push then",
                case.consequences(CHECK, "oversell", "crisis_time"),
                bad[0].push.at_ns,
            )
        )
