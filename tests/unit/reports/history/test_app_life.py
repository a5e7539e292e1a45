"""What happened to the app in a history: when it was away, what its scopes allow, and what is excused."""

import msgspec
import pytest

from stockstorm.reports.checkers.unheard import Unheard
from stockstorm.reports.history import History
from stockstorm.reports.history.app_life import life_intervals
from stockstorm.simulator.config import LifeChange
from stockstorm.simulator.history import facts as f
from tests.literal_history import SKU, ns, opened

TOPIC = "inventory_levels/update"
SCOPES = ("write_inventory",)


def changed(ms: float, change: LifeChange, scopes: tuple[str, ...] = SCOPES) -> f.AppChanged:
    return f.AppChanged(ns(ms), change, scopes)


def subscribed(ms: float, number: int, topic: str = TOPIC) -> f.SubscriptionCreated:
    return f.SubscriptionCreated(ns(ms), number, "shopify", topic, "http://me/shop")


def gone(ms: float, number: int) -> f.SubscriptionRemoved:
    return f.SubscriptionRemoved(ns(ms), number, "shopify", TOPIC, by_policy=False)


def fired(ms: float, number: int, topic: str = TOPIC) -> tuple[f.AnyFact, ...]:
    """An event of a restock that nobody is subscribed to."""
    stock = f.StockChanged(ns(ms), SKU, 2**53 + 1, 7, number, 1, 10 + number, "restock")
    event = f.EventFired(ns(ms), number, f"event-{number}", "shopify", topic, sku=SKU, version=number)
    return stock, event, f.EventUnheard(ns(ms), number)


def shown(ms: float, version: int) -> tuple[f.AnyFact, ...]:
    """The subject reads the level."""
    call = f.ApiCalled(ns(ms), version, "admin", "inventoryItems", 200, "ok")
    return f.StockShown(ns(ms), version, (SKU,), (version,)), call


def played(*facts: f.AnyFact | tuple[f.AnyFact, ...], scopes: tuple[str, ...] = SCOPES) -> History:
    flat: list[f.AnyFact] = []
    for entry in (*opened(), *facts, f.LoadStopped(ns(60_000)), f.RunEnded(ns(61_000), complete=True)):
        flat.extend(entry if isinstance(entry, tuple) else (entry,))
    given = [_with_scopes(each, scopes) if isinstance(each, f.RunStarted) else each for each in flat]
    return History.of(sorted(given, key=lambda fact: fact.at_ns))


def _with_scopes(started: f.RunStarted, scopes: tuple[str, ...]) -> f.RunStarted:
    return msgspec.structs.replace(started, scenario={"app": {"scopes": list(scopes)}})


AWAY = (subscribed(0, 1), changed(10_000, "uninstall"), gone(10_000, 1), changed(20_000, "reinstall"))


def test_what_fires_while_the_app_is_away_and_is_read_later_is_not_held_against_the_subject() -> None:
    history = played(AWAY, fired(15_000, 1), subscribed(22_000, 2), shown(23_000, 1))
    check = Unheard()(history)
    assert (check.verdict, check.measures["unheard.events"]) == ("valid", 0.0)
    assert "1 event fired while there could be none" in check.reason


def test_what_fires_while_the_app_is_away_and_is_never_read_is_missed() -> None:
    check = Unheard()(played(AWAY, fired(15_000, 1), subscribed(22_000, 2)))
    assert (check.verdict, check.measures["unheard.missed"]) == ("invalid", 1.0)


@pytest.mark.parametrize(("ms", "events"), [(29_000, 0.0), (31_000, 1.0)])
def test_a_subject_that_does_not_subscribe_again_is_excused_for_ten_seconds(ms: float, events: float) -> None:
    history = played(AWAY, fired(ms, 1), shown(ms + 500, 1))
    assert Unheard()(history).measures["unheard.events"] == events


def test_nothing_is_excused_of_an_app_that_was_never_away() -> None:
    history = played(subscribed(0, 1), gone(10_000, 1), fired(15_000, 1), shown(16_000, 1))
    assert Unheard()(history).measures["unheard.events"] == 1.0


@pytest.mark.parametrize(("scopes", "excused"), [(("read_products",), True), (("write_inventory",), False)])
def test_a_topic_whose_scope_the_app_lacks_is_excused(scopes: tuple[str, ...], excused: bool) -> None:
    history = played(fired(15_000, 1), shown(16_000, 1), scopes=scopes)
    (event,) = history.all(f.EventFired)
    assert history.app.excuses(event) is excused


def test_scopes_count_from_the_moment_of_their_change() -> None:
    history = played(changed(10_000, "scopes_update", ("read_products",)), fired(9_000, 1), fired(11_000, 2))
    assert [history.app.excuses(event) for event in history.all(f.EventFired)] == [False, True]


def test_bands_last_from_a_change_to_its_end_and_moments_have_no_length() -> None:
    history = played(
        AWAY, changed(30_000, "rotate_secret"), changed(35_000, "new_secret_used"), changed(40_000, "shop_redact")
    )
    found = life_intervals(history.app.changes, history.end_ns)
    assert [(each.fault, each.begin_ns, each.end_ns) for each in found] == [
        ("app uninstalled", ns(10_000), ns(20_000)),
        ("client secret rotated", ns(30_000), ns(35_000)),
        ("shop/redact", ns(40_000), ns(40_000)),
    ]


def test_an_app_that_never_comes_back_is_away_to_the_end() -> None:
    history = played(subscribed(0, 1), changed(10_000, "uninstall"))
    assert [(each.begin_ns, each.end_ns) for each in history.app.away] == [(ns(10_000), history.end_ns)]
    assert history.app.token_dead(ns(12_000))
    assert not history.app.token_dead(ns(9_000))
