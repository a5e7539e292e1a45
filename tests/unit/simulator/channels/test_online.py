import msgspec

from stockstorm.simulator.channels import OnlineStore
from stockstorm.simulator.history.facts import StockChanged
from stockstorm.simulator.model import Fulfilment, Order, OrderKey, OrderLine, Refund, RefundLine
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.shop.firing import Action, Firing
from stockstorm.simulator.shop.ledger import Ledger
from stockstorm.simulator.shop.orders import Cancellation, cancelled
from tests.small_world import STOCK, product, sku, small_catalogue

ORDER = Order(
    OrderKey(4), 104, "104", 1001, "online", 0, (OrderLine(1, sku(0), 2, 100), OrderLine(2, sku(1), 1, 100)), 5, 5
)


def store() -> tuple[OnlineStore, Ledger]:
    ledger = Ledger(small_catalogue().products)
    return OnlineStore(ledger, small_catalogue().by_sku), ledger


def action() -> Action:
    return Firing(Seeds(1)).action(50, "plan", 1)


def cancellation(order: Order = ORDER) -> Cancellation:
    change = cancelled(order, 60)
    assert change is not None
    return change


def stock_changes(taken: Action) -> list[tuple[str, int, str]]:
    return [(fact.sku, fact.delta, fact.cause) for fact in taken.changes.facts if isinstance(fact, StockChanged)]


def test_it_shows_the_masters_available_units() -> None:
    online, _ = store()
    assert online.shown(sku(0), 50) == STOCK
    online.sold(ORDER, action())
    assert (online.shown(sku(0), 50), online.shown(sku(1), 50)) == (STOCK - 2, STOCK - 1)


def test_a_sale_moves_units_from_available_to_committed() -> None:
    online, ledger = store()
    taken = action()
    online.sold(ORDER, taken)
    assert stock_changes(taken) == [(sku(0), -2, "sale"), (sku(1), -1, "sale")]
    assert (ledger.of(product(0)).committed, ledger.of(product(0)).on_hand) == (2, STOCK)


def test_a_cancellation_moves_committed_units_back() -> None:
    online, ledger = store()
    online.sold(ORDER, action())
    taken = action()
    online.cancelled(cancellation(), taken)
    assert stock_changes(taken) == [(sku(0), 2, "cancellation"), (sku(1), 1, "cancellation")]
    assert (ledger.of(product(0)).available, ledger.of(product(0)).committed) == (STOCK, 0)


def test_units_of_a_partly_shipped_order_come_back_from_the_shelf_and_from_the_buyer() -> None:
    online, ledger = store()
    online.sold(ORDER, action())
    ledger.ship(product(0), 1)
    shipped = msgspec.structs.replace(ORDER, fulfilments=(Fulfilment(31, 40, ((1, 1),)),))
    online.cancelled(cancellation(shipped), action())
    level = ledger.of(product(0))
    assert (level.available, level.committed, level.on_hand) == (STOCK, 0, STOCK)


def test_units_that_are_not_restocked_leave_the_shelf() -> None:
    online, ledger = store()
    online.sold(ORDER, action())
    online.returned(ORDER, Refund(9, 50, (RefundLine(1, sku(0), 1),), restock=False), action())
    level = ledger.of(product(0))
    assert (level.available, level.committed, level.on_hand) == (STOCK - 2, 1, STOCK - 1)


def test_a_return_moves_back_only_restocked_units() -> None:
    online, ledger = store()
    online.sold(ORDER, action())
    for restock, available in ((False, STOCK - 2), (True, STOCK - 1)):
        refund = Refund(9, 50, (RefundLine(1, sku(0), 1),), restock)
        online.returned(ORDER, refund, action())
        assert ledger.of(product(0)).available == available
