"""An order that comes back in two parts: the event of each part is judged by that part alone."""

import pytest

from stockstorm.reports.checkers.nothing_lost import NothingLost
from stockstorm.simulator.history import facts as f
from tests.literal_history import SKU, at_rest, delivered, history, ns, opened, order_event, recorded, sold

PARTS = (11, 12)


@pytest.mark.parametrize(("written", "lost"), [(PARTS, []), ((11,), [2]), ((12,), [1]), ((), [1, 2])])
def test_the_part_that_was_not_written_is_lost(written: tuple[int, ...], lost: list[int]) -> None:
    facts: list[f.AnyFact | tuple[f.AnyFact, ...]] = [
        sold(100, 1, "bazaar", 2),
        order_event(100, 0, 1, "bazaar"),
        delivered(100, 0),
        recorded(150, 1, -2, 8, "bazaar:1"),
    ]
    for number, part in enumerate(PARTS, 1):
        ms = 200.0 * number
        facts += [
            f.OrderReturned(ns(ms), 1, "bazaar", "1", part, (SKU,), (1,), restocked=True),
            order_event(ms, number, 1, "bazaar", "order.returned"),
            delivered(ms, number, "order.returned"),
        ]
    for number, part in enumerate(written):
        facts.append(recorded(800 + number, 2 + number, 1, 9 + number, f"bazaar:1:returned:{part}"))
    right = 8 + len(written)
    found = NothingLost()(history(opened(10), *facts, at_rest(5_000, right, 10, right, right)))
    assert [number for incident in found.incidents for number in incident.events] == lost
