"""A marketplace that has a feed alone, and that is not read, is named; one that is read, or that notifies, is not."""

import msgspec
import pytest

from stockstorm.reports.history import History
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns
from tests.unit.reports.diagnosis.shop import Shop, diagnosed

ALWAYS = 60_000.0


def run(tells: str, **until_ms: float) -> History:
    """Orders of mercado are lost. The named feeds are read every 500 ms until then."""
    channels = [{"name": "online"}, {"name": "bazaar", "tells": tells}, {"name": "mercado", "tells": tells}]
    facts: list[f.AnyFact] = [
        msgspec.structs.replace(fact, scenario={"channels": channels}) if isinstance(fact, f.RunStarted) else fact
        for fact in Shop(lambda one: int(one.channel != "mercado"), orders=160).history().facts
    ]
    sales = [fact for fact in facts if isinstance(fact, f.PurchaseAccepted)]
    last_ms = 0.0
    for number in range(1, 40):
        at_ms = 500.0 * number
        for place, channel in enumerate(channel for channel, until in until_ms.items() if at_ms <= until):
            at = ns(at_ms + place)
            request = 7_000 + 2 * number + place
            fresh = tuple(sale.order for sale in sales if sale.channel == channel and ns(last_ms) <= sale.at_ns < at)
            facts.append(f.ApiCalled(at, request, channel, "GET orders", 200, "ok", at - 1, rows=len(fresh)))
            if fresh:
                facts.append(f.OrdersShown(at, request, channel, fresh))
        last_ms = at_ms
    return History.of(facts)


def named(history: History) -> list[Diagnosis]:
    return [one for one in diagnosed(history).values() if one.name == "feed_unread"]


def test_a_feed_that_is_never_read_is_named_and_nothing_is_said_to_be_skipped() -> None:
    history = run("feed", bazaar=ALWAYS)
    (one,) = named(history)
    assert one.cause.startswith("mercado tells of orders by its feed alone, which was never read")
    assert "those of bazaar were read" in one.evidence
    assert "skipped_reads" not in diagnosed(history)


def test_a_feed_that_is_read_no_more_is_named_with_its_last_read() -> None:
    (one,) = named(run("feed", bazaar=ALWAYS, mercado=3_000))
    assert "which was last read at 3.00" in one.cause


@pytest.mark.parametrize(
    ("tells", "read"), [("both", {}), ("webhook", {}), ("feed", {"bazaar": ALWAYS, "mercado": ALWAYS})]
)
def test_a_feed_that_is_read_or_need_not_be_is_not_named(tells: str, read: dict[str, float]) -> None:
    assert named(run(tells, **read)) == []
