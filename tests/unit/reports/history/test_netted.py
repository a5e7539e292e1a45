"""A sale that came to nothing with the first copy of its cancellation is not lost, if the probe says so."""

import pytest

from stockstorm.reports.history import History
from stockstorm.reports.history.off_stock import explain
from stockstorm.simulator.history import facts as f
from tests.literal_history import SKU, cancelled, history, ns, opened, recorded, sold


def cancelled_order(sale: int, cancellation: int) -> History:
    """Only the cancellation is written. The probe says how often the subject applied it, and the sale."""
    events = ("order.created", "order.cancelled")
    facts: list[f.AnyFact] = []
    for number, (topic, times) in enumerate(zip(events, (sale, cancellation), strict=True)):
        webhook = f"w{number}"
        facts += [
            f.EventFired(ns(10 * number), number, f"e{number}", "bazaar", topic, 1),
            f.DeliveryPlanned(ns(10 * number), number, number, webhook, 1, topic, ns(10 * number), 0, (), ""),
            f.DeliveryEnded(ns(10 * number + 1), number, "acknowledged"),
            f.EffectProbed(ns(90), webhook, "applied", times),
        ]
    return history(
        opened(),
        sold(0, 1, "bazaar"),
        cancelled(10, 1, "bazaar"),
        *facts,
        recorded(30, 1, 1, 11, "bazaar:1:cancelled"),
        f.ProbeEnded(ns(91), "effects", True),
    )


def lost(run: History) -> list[str]:
    return [effect.kind for effect in run.orders.effects if effect.version < 0 and not effect.settled]


@pytest.mark.parametrize(("sale", "cancellation", "missing"), [(1, 2, []), (1, 1, ["sale"]), (2, 2, ["sale"])])
def test_only_what_was_applied_once_beside_its_opposite_applied_twice_is_not_lost(
    sale: int, cancellation: int, missing: list[str]
) -> None:
    run = cancelled_order(sale, cancellation)
    assert lost(run) == missing
    assert explain(run.attribution, SKU, 1).explained
    assert [cause.kind for cause in explain(run.attribution, SKU, 1).causes] == [
        "not_recorded" if missing else "applied_twice"
    ]
