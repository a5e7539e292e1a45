from stockstorm.simulator.history.facts import SubscriptionCreated, SubscriptionRemoved
from stockstorm.simulator.model import Subscription
from stockstorm.simulator.shop.subscriptions import Subscriptions


def add(subscriptions: Subscriptions, source: str, topic: str, uri: str = "http://127.0.0.1/a") -> Subscription:
    return subscriptions.add(source, topic, uri, 5, name=None, include_fields=(), filter_query=None, by_api=True)[0]


def test_a_shop_topic_has_its_own_subscriptions_only() -> None:
    subscriptions = Subscriptions()
    first = add(subscriptions, "shopify", "orders/create")
    add(subscriptions, "shopify", "orders/paid")
    second = add(subscriptions, "shopify", "orders/create", "http://127.0.0.1/b")
    assert subscriptions.subscribed("shopify", "orders/create") == [first, second]
    assert subscriptions.subscribed("shopify", "orders/updated") == []


def test_a_marketplaces_subscription_covers_every_topic() -> None:
    subscriptions = Subscriptions()
    marketplace = add(subscriptions, "bazaar", "*")
    assert subscriptions.subscribed("bazaar", "order.created") == [marketplace]
    assert subscriptions.subscribed("mercado", "order.created") == []


def test_without_a_topic_all_subscriptions_of_a_source_are_listed() -> None:
    subscriptions = Subscriptions()
    added = [add(subscriptions, "shopify", topic) for topic in ("orders/create", "orders/paid")]
    add(subscriptions, "bazaar", "*")
    assert subscriptions.subscribed("shopify", None) == added


def test_a_removed_subscription_is_not_listed() -> None:
    subscriptions = Subscriptions()
    removed = add(subscriptions, "shopify", "orders/create")
    number = removed.subscription_id
    fact = subscriptions.remove(number, by_policy=True, now_ns=9)
    assert fact == SubscriptionRemoved(9, number, "shopify", "orders/create", True)
    assert subscriptions.subscribed("shopify", "orders/create") == []
    assert subscriptions.get(number) is None
    assert subscriptions.remove(number, by_policy=False, now_ns=10) is None


def test_a_creation_is_a_fact_and_ids_are_not_reused() -> None:
    subscriptions = Subscriptions()
    first, fact = subscriptions.add(
        "shopify", "orders/paid", "https://a", 5, name="n", include_fields=("id",), filter_query="id:1", by_api=False
    )
    number = first.subscription_id
    assert fact == SubscriptionCreated(5, number, "shopify", "orders/paid", "https://a", False, "id:1", ("id",))
    assert (first.name, first.include_fields, first.filter, first.by_api) == ("n", ("id",), "id:1", False)
    subscriptions.remove(first.subscription_id, by_policy=False, now_ns=6)
    assert add(subscriptions, "shopify", "orders/paid").subscription_id != first.subscription_id


def test_a_list_of_subscriptions_does_not_change_when_one_is_removed() -> None:
    subscriptions = Subscriptions()
    marketplace = add(subscriptions, "shopify", "orders/create")
    kept = subscriptions.subscribed("shopify", "orders/create")
    subscriptions.remove(marketplace.subscription_id, by_policy=True, now_ns=6)
    assert kept == [marketplace]
