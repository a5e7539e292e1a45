"""Duplicates come after their originals, with the same webhook id."""

import msgspec

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.perturbations.duplicate import Duplicate
from stockstorm.simulator.delivery.routes import planned_deliveries
from stockstorm.simulator.model import Subscription
from stockstorm.simulator.seeds import Seeds
from tests.literal_shop import stock_event

SUBSCRIPTION = Subscription(11, "shopify", "inventory_levels/update", "http://a/", 0, 0)
ORIGINALS = [planned_deliveries(stock_event(n, version=n), [SUBSCRIPTION])[0] for n in range(1, 201)]


def duplicate(**settings: object) -> Duplicate:
    return Duplicate("duplicate.1", PerturbationConfig.model_validate({"kind": "duplicate", **settings}), Seeds(3))


def test_each_copy_follows_its_original_with_its_webhook_id_and_a_number() -> None:
    result = duplicate(share=1, seconds=2, copies=3)(ORIGINALS[:1])
    assert result[0] == ORIGINALS[0]
    assert [(each.copy, each.perturbed) for each in result[1:]] == [(n, ("duplicate",)) for n in (1, 2, 3)]
    assert {each.webhook_id for each in result} == {ORIGINALS[0].webhook_id}
    assert len({each.due_ns for each in result}) == 4


def test_copies_are_due_within_the_span_after_the_original() -> None:
    result = duplicate(share=1, seconds=2)(ORIGINALS)
    lags = [each.due_ns - original.due_ns for original, each in zip(ORIGINALS, result[1::2], strict=True)]
    assert min(lags) >= 0
    assert SECOND_NS < max(lags) < 2 * SECOND_NS


def test_the_share_of_originals_is_copied_and_copies_are_not() -> None:
    half = duplicate(share=0.5)
    once = half(ORIGINALS)
    copies = [each for each in once if each.copy]
    assert 70 < len(copies) < 130
    assert half(copies) == copies


def test_an_original_that_was_perturbed_before_passes_its_marks_on() -> None:
    held = msgspec.structs.replace(ORIGINALS[0], perturbed=("reorder",))
    assert duplicate(share=1)([held])[1].perturbed == ("reorder", "duplicate")
