"""An event gives one delivery to each subscription that hears it, each under a webhook id of its own."""

import uuid

import msgspec

from stockstorm.simulator.delivery.routes import NAMESPACE, named_uuid, planned_deliveries
from stockstorm.simulator.model import Subscription
from tests.literal_shop import AT_NS, stock_event

FIRST = Subscription(11, "shopify", "inventory_levels/update", "http://a/1", 0, 0)
SECOND = msgspec.structs.replace(FIRST, subscription_id=12, uri="http://a/2")


def test_nobody_to_tell_gives_no_delivery() -> None:
    assert planned_deliveries(stock_event(), []) == []


def test_each_subscription_gets_one_delivery_due_when_the_event_happened() -> None:
    event = stock_event()
    planned = planned_deliveries(event, [FIRST, SECOND])
    assert [(each.subscription_id, each.uri, each.due_ns, each.copy) for each in planned] == [
        (11, "http://a/1", AT_NS, 0),
        (12, "http://a/2", AT_NS, 0),
    ]
    assert all(each.event is event and each.topic == event.topic and not each.perturbed for each in planned)


def test_subscriptions_of_one_event_have_different_webhook_ids_that_stay_the_same() -> None:
    first, second = planned_deliveries(stock_event(), [FIRST, SECOND])
    assert first.webhook_id != second.webhook_id
    assert planned_deliveries(stock_event(), [FIRST])[0].webhook_id == first.webhook_id


def test_two_events_of_one_action_on_one_topic_have_different_webhook_ids() -> None:
    one = stock_event(serial=1)
    other = msgspec.structs.replace(stock_event(serial=2), event_id=one.event_id)
    ids = {planned_deliveries(event, [FIRST])[0].webhook_id for event in (one, other)}
    assert len(ids) == 2


def test_a_named_uuid_is_the_standard_library_s_version_5() -> None:
    for name in ("", "11:event-1:orders/create:7", "é"):
        assert named_uuid(name) == str(uuid.uuid5(NAMESPACE, name))
