"""A push that comes only in a pause is told as held up by events; one that is slow, or rare, is not."""

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.diagnosis.waits_for_quiet import quiet_before
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, started

BUSY = [ns(ms) for ms in range(0, 10_000, 20)]  # an event each 20 ms


def pauses(*after_ms: int) -> list[int]:
    """The same, with a pause of half a second after each of these times."""
    return [ns(ms) for ms in range(0, 10_000, 20) if not any(0 < ms - at <= 500 for at in after_ms)]


def test_pushes_in_each_pause_and_nowhere_else() -> None:
    found = quiet_before(pauses(4_000, 8_000), [ns(4_305), ns(8_302), ns(10_290)])
    assert found is not None
    assert (found.times, found.least_ns, found.most_ns) == (3, 302 * MILLISECOND_NS, 310 * MILLISECOND_NS)
    assert found.held_ns == 4_305 * MILLISECOND_NS


def test_one_push_soon_after_the_last_event() -> None:
    found = quiet_before(BUSY, [ns(10_180)])
    assert found is not None
    assert (found.least_ns, found.events) == (200 * MILLISECOND_NS, len(BUSY))


def test_a_push_among_events_shows_that_none_waits_for_quiet() -> None:
    assert quiet_before(pauses(4_000, 8_000), [ns(2_010), ns(4_305), ns(8_302), ns(10_290)]) is None


def test_a_push_a_long_time_after_the_last_event_is_one_of_another_clock() -> None:
    assert quiet_before(BUSY, [ns(14_000)]) is None


def test_a_slow_push_after_each_of_few_events_is_no_wait_for_quiet() -> None:
    assert quiet_before([ns(1_000 * n) for n in range(50)], [ns(1_000 * n + 300) for n in range(50)]) is None


def test_pushes_that_nothing_held_up_and_none_at_all() -> None:
    assert quiet_before([ns(0), ns(20)], [ns(220)]) is None
    assert quiet_before(BUSY, []) is None
    assert quiet_before([], [ns(1)]) is None


def test_the_cause_says_how_long_listings_waited() -> None:
    facts: list[f.AnyFact] = [started()]
    for number, at in enumerate(BUSY):
        facts += [
            f.DeliveryPlanned(at, number, number, f"w{number}", 1, "order.created", at, source="bazaar"),
            f.AttemptEnded(at, number, 1, at, at, at, at, at, 200),
            f.DeliveryEnded(at, number, "acknowledged"),
        ]
    call = f.ApiCalled(ns(10_180), 0, "bazaar", "PUT listings", 200, "ok", ns(10_180))
    history = History.of([*facts, call, f.ListingPushed(ns(10_180), "bazaar", "A", 1, 2)])
    causes, notes = diagnose(history, (Check("sync_latency", "invalid", "late"),))
    found = next(one for one in causes if one.name == "waits_for_quiet")
    assert notes == ()
    assert found.cause == (
        "listings are pushed only when no event came for 200 ms: under load they wait, for 10.2 s at most"
    )
