"""A sell-out is counted where channels that sell on their own could oversell it."""

from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f


def _sold(at_ns: int, order: int, channel: str, quantity: int, before: int) -> f.PurchaseAccepted:
    return f.PurchaseAccepted(at_ns, order, channel, f"r{order}", ("S",), (quantity,), (before,), (before,))


def _refused(at_ns: int, order: int, channel: str) -> f.PurchaseRefused:
    return f.PurchaseRefused(at_ns, order, channel, ("S",), (1,), (0,), (0,))


def test_a_sell_out_counts_if_buyers_on_two_channels_wanted_the_sku() -> None:
    one_channel: list[f.AnyFact] = [_sold(1, 1, "bazaar", 2, 3), _sold(2, 2, "bazaar", 1, 1), _refused(3, 3, "bazaar")]
    assert History.of(one_channel).sell_outs == 0
    assert History.of([*one_channel, _refused(4, 4, "mercado")]).sell_outs == 1


def test_a_sku_that_sold_out_again_counts_again_and_an_oversell_does_not() -> None:
    facts = [_sold(1, 1, "bazaar", 1, 1), _sold(2, 2, "mercado", 1, 0), _sold(3, 3, "mercado", 5, 5)]
    assert History.of(facts).sell_outs == 2
