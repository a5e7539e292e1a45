"""Names of a long history are decoded once, and what is wrong with a name is told as ever."""

import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stockstorm.reports.history import History
from stockstorm.reports.history.log import kind_of
from stockstorm.reports.names import LEARNED_MAX, NamedLines, decoder_of
from stockstorm.reports.store import read_history
from stockstorm.simulator.errors import HistoryError
from stockstorm.simulator.history import facts as f
from tests.modelled.run import run_model
from tests.modelled.subject import Behaviour
from tests.stored_history import as_written, sealed
from tests.unit.reports.halves.test_halves import TRADE


def modelled() -> list[f.AnyFact]:
    return list(as_written(run_model(TRADE, Behaviour(), 1).facts))


def read(folder: Path, facts: list[f.AnyFact], per_block: int = 500) -> History:
    (folder / "history.jsonl.zst").write_bytes(sealed(facts, per_block=per_block))
    return read_history(folder)


def test_a_name_is_one_text_in_all_facts_after_the_first_block(tmp_path: Path) -> None:
    history = read(tmp_path, modelled())
    pushes = [push for push in history.all(f.ListingPushed) if type(push) is not f.ListingPushed]
    assert len(pushes) > 100
    assert len({id(push.sku) for push in pushes}) == len({push.sku for push in pushes})
    assert len({id(push.channel) for push in pushes}) == len({push.channel for push in pushes})


def test_facts_are_what_they_would_be_without_their_names_known(tmp_path: Path) -> None:
    facts = modelled()
    history = read(tmp_path, facts)
    whole = History.of(facts)
    assert {kind_of(type(fact)) for fact in history.facts} == {type(fact) for fact in facts}
    assert any(type(fact) is not kind_of(type(fact)) for fact in history.facts)
    assert list(history.facts) == list(whole.facts)
    assert list(whole.facts) == list(history.facts)
    for kind in {type(fact) for fact in facts}:
        assert list(history.numbered(kind)) == list(whole.numbered(kind))
    assert set(map(hash, history.all(f.ListingPushed))) == set(map(hash, whole.all(f.ListingPushed)))
    assert f.encoder.encode_lines(history.facts) == f.encoder.encode_lines(whole.facts)
    pushed = history.all(f.ListingPushed)[-1]
    copied = pickle.loads(pickle.dumps(pushed))  # noqa: S301  # our own bytes
    assert (type(pushed) is f.ListingPushed, type(copied) is f.ListingPushed, copied == pushed) == (False, True, True)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (f.ListingPushed, {"sku": "NO-SUCH"}),
        (f.ListingPushed, {"channel": "online"}),
        (f.PurchaseAccepted, {"skus": ("NO-SUCH",), "quantities": (1,), "physical_before": (1,), "shown_before": (1,)}),
        (f.EventFired, {"source": "nowhere"}),
        (f.StockChanged, {"sku": "NO-SUCH"}),
    ],
    ids=str,
)
def test_a_name_that_nobody_introduced_is_told_wherever_it_stands(
    tmp_path: Path, kind: type[f.Fact], changes: dict[str, Any]
) -> None:
    facts = modelled()
    last = max(place for place, fact in enumerate(facts) if isinstance(fact, kind))
    facts[last] = msgspec.structs.replace(facts[last], **changes)
    told = set[str]()
    for per_block in (500, len(facts)):  # with the names known, and in the block that tells them
        with pytest.raises(HistoryError) as error:
            read(tmp_path, facts, per_block)
        told.add(error.value.found)
    assert len(told) == 1
    assert "in this history" in told.pop()


def test_names_that_come_later_are_learned_and_soon_no_more() -> None:
    lines = NamedLines(f.decoder, {})
    opening = [
        f.ItemStocked(1, "A", 1, 1, 5, 100, False),
        f.ChannelOpened(1, "bazaar", False),
        f.EventFired(1, 0, "e", "bazaar", "topic"),
    ]
    assert lines.decode(f.encoder.encode_lines(opening)) == opening

    def decoded(topic: str) -> type[f.Fact]:
        (fact,) = lines.decode(f.encoder.encode_lines([f.EventFired(2, 0, "e", "bazaar", topic)]))
        assert fact == f.EventFired(2, 0, "e", "bazaar", topic)
        return type(fact)

    for number in range(LEARNED_MAX + 2):
        first, again = decoded(f"topic {number}"), decoded(f"topic {number}")
        if number < LEARNED_MAX - 1:
            assert first is f.EventFired
            assert kind_of(again) is f.EventFired
            assert again is not f.EventFired
    assert again is f.EventFired


def test_a_decoder_with_other_kinds_instead_makes_them() -> None:
    class OrderPaidTime(f.Fact, frozen=True, tag="OrderPaid"):
        pass

    paid = f.encoder.encode_lines([f.OrderPaid(7, 1, "bazaar")])
    (found,) = decoder_of({f.OrderPaid: OrderPaidTime}).decode_lines(paid)
    assert isinstance(found, OrderPaidTime)
    assert found.at_ns == 7
