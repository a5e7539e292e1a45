from typing import Any

import pytest

from stockstorm.simulator.api.admin import AdminOptions
from stockstorm.simulator.api.admin.resolvers.webhooks import PLAYED_TOPICS, QUIET_TOPICS, enum_of, topic_of
from stockstorm.simulator.config import ALL_SCOPES
from stockstorm.simulator.history.facts import SubscriptionChanged, SubscriptionCreated, SubscriptionRemoved
from stockstorm.simulator.model import API_CLIENT_ID, SHOPIFY, SHOPIFY_TOPICS
from tests.admin_calls import Admin

CREATE = """mutation Create($topic: WebhookSubscriptionTopic!, $given: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $given) {
    webhookSubscription { id topic uri callbackUrl format filter includeFields name apiVersion { handle } createdAt
      endpoint { __typename ... on WebhookHttpEndpoint { callbackUrl } } }
    userErrors { field message } } }"""
DELETE = """mutation Delete($id: ID!) { webhookSubscriptionDelete(id: $id) {
  deletedWebhookSubscriptionId userErrors { field message } } }"""
LIST = """query List($topics: [WebhookSubscriptionTopic!], $uri: String) {
  webhookSubscriptions(first: 50, topics: $topics, uri: $uri) { nodes { id topic uri } }
  webhookSubscriptionsCount { count } }"""
URI = "http://127.0.0.1:8080/webhooks/shopify"


def create(admin: Admin, topic: str = "INVENTORY_LEVELS_UPDATE", **given: object) -> dict[str, Any]:
    payload: dict[str, Any] = admin.data(CREATE, topic=topic, given={"uri": URI} | given)["webhookSubscriptionCreate"]
    return payload


def messages(payload: dict[str, object]) -> list[tuple[list[str], str]]:
    assert payload["webhookSubscription"] is None
    errors = payload["userErrors"]
    assert isinstance(errors, list)
    return [(error["field"], error["message"]) for error in errors]


def test_a_subscription_is_recorded_in_the_world_and_the_history() -> None:
    admin = Admin()
    made = create(admin, name="stock", includeFields=["available"], filter="available:>=0")["webhookSubscription"]
    (subscription,) = admin.world.subscriptions(SHOPIFY, "inventory_levels/update")
    assert made == {
        "id": f"gid://shopify/WebhookSubscription/{subscription.subscription_id}",
        "topic": "INVENTORY_LEVELS_UPDATE",
        "uri": URI,
        "callbackUrl": URI,
        "format": "JSON",
        "filter": "available:>=0",
        "includeFields": ["available"],
        "name": "stock",
        "apiVersion": {"handle": "2026-10"},
        "createdAt": "2026-11-24T06:00:01Z",
        "endpoint": {"__typename": "WebhookHttpEndpoint", "callbackUrl": URI},
    }
    assert admin.facts(SubscriptionCreated) == [
        SubscriptionCreated(
            admin.now_ns,
            subscription.subscription_id,
            SHOPIFY,
            "inventory_levels/update",
            URI,
            filter="available:>=0",
            include_fields=("available",),
        )
    ]
    assert (subscription.name, subscription.include_fields, subscription.by_api) == ("stock", ("available",), True)


@pytest.mark.parametrize(
    ("uri", "texts"),
    [
        ("", ["Address can't be blank"]),
        ("https://", ["Address is invalid"]),
        ("nonsense", ["Address is invalid"]),
        ("http://[::1", ["Address is invalid"]),
        ("ftp://example.com/x", ["Address protocol ftp:// is not supported"]),
        (
            "pubsub://project",
            [
                "Address protocol pubsub:// is not supported",
                "Address is not a valid GCP pub/sub format. Format should be pubsub://project:topic",
            ],
        ),
        ("pubsub://-bad:topic", ["Address is invalid", "Address is not a valid GCP project id."]),
        ("pubsub://valid-project:goog-x", ["Address is invalid", "Address is not a valid GCP topic id."]),
        ("pubsub://valid-project:1topic", ["Address is invalid", "Address is not a valid GCP topic id."]),
        ("arn:aws:events:bogus", ["Address is invalid", "Address is not a valid AWS ARN"]),
        (
            "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/source",
            [
                "Address is invalid",
                f"Address is an AWS ARN and includes api_client_id '1' instead of '{API_CLIENT_ID}'",
            ],
        ),
        (
            "kafka://broker/topic",
            ["Address protocol kafka:// is not supported", "Address is not a valid kafka topic"],
        ),
        (f"https://example.com/{'x' * 65_536}", ["Address is too big (maximum is 64 KB)"]),
    ],
)
def test_an_invalid_address_is_refused_with_the_recorded_text(uri: str, texts: list[str]) -> None:
    admin = Admin()
    field = ["webhookSubscription", "callbackUrl"]
    assert messages(create(admin, uri=uri)) == [(field, text) for text in texts]
    assert (admin.called.outcome, admin.world.subscriptions(SHOPIFY)) == ("user_error", [])


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("http://example.com/x", "Address protocol http:// is not supported"),
        ("https://localhost/x", "Address cannot be a Shopify or an internal domain"),
        ("https://demo.myshopify.com/x", "Address cannot be a Shopify or an internal domain"),
    ],
)
def test_http_and_internal_hosts_are_refused_as_by_shopify(uri: str, text: str) -> None:
    strict = Admin(options=AdminOptions(allow_http=False))
    assert [each for _, each in messages(create(strict, uri=uri))] == [text]
    assert create(Admin(), uri=uri)["userErrors"] == []


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/hooks",
        "pubsub://my-project:topic",
        "pubsub://123456789012:valid%25topic",
        f"arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/{API_CLIENT_ID}/source",
    ],
)
def test_every_kind_of_address_is_accepted(uri: str) -> None:
    strict = Admin(options=AdminOptions(allow_http=False))
    assert create(strict, uri=uri)["userErrors"] == []


@pytest.mark.parametrize(
    ("given", "field", "text"),
    [
        (
            {"name": "a b"},
            ["webhookSubscription", "name"],
            "Name name field can only contain alphanumeric characters, underscores, and hyphens",
        ),
        ({"name": "x" * 51}, ["webhookSubscription", "name"], "Name is too long (maximum is 50 characters)"),
        (
            {"format": "XML"},
            ["webhookSubscription", "format"],
            "Format 'xml' is invalid for this webhook topic. Allowed formats: json",
        ),
        (
            {"filter": "red"},
            ["webhookSubscription"],
            "The specified filter is invalid, please ensure you specify the field(s) you wish to filter on.",
        ),
    ],
)
def test_other_invalid_input_is_refused_with_the_recorded_text(
    given: dict[str, str], field: list[str], text: str
) -> None:
    assert messages(create(Admin(), **given)) == [(field, text)]


def test_an_empty_name_is_too_short_and_has_no_allowed_character() -> None:
    assert [text for _, text in messages(create(Admin(), uri="https://example.com/x", name=""))] == [
        "Name is too short (minimum is 1 character)",
        "Name name field can only contain alphanumeric characters, underscores, and hyphens",
    ]


def test_a_bus_takes_json_only() -> None:
    given = {"uri": "pubsub://my-project:topic", "format": "XML"}
    assert messages(create(Admin(), **given)) == [
        (["webhookSubscription", "format"], "Format can only be used with format: 'json'")
    ]


def test_the_same_topic_address_and_filter_cannot_be_subscribed_twice() -> None:
    admin = Admin()
    create(admin)
    assert messages(create(admin)) == [
        (["webhookSubscription", "callbackUrl"], "Address for this topic has already been taken")
    ]
    assert create(admin, filter="available:>=1")["userErrors"] == []
    assert create(admin, topic="ORDERS_CREATE")["userErrors"] == []


def test_a_name_cannot_be_taken_twice() -> None:
    admin = Admin()
    create(admin, name="stock")
    assert messages(create(admin, topic="ORDERS_CREATE", name="stock")) == [
        (["webhookSubscription", "name"], "Name already exists, no duplicate allowed")
    ]


def test_subscriptions_of_the_api_are_listed_and_those_of_the_toml_are_not() -> None:
    admin = Admin()
    admin.world.subscribe(SHOPIFY, "orders/create", URI, now_ns=admin.now_ns, by_api=False)
    admin.world.subscribe("bazaar", "*", URI, now_ns=admin.now_ns)
    create(admin)
    create(admin, topic="ORDERS_CREATE", uri=URI + "/orders")
    listed = admin.data(LIST)
    assert [node["topic"] for node in listed["webhookSubscriptions"]["nodes"]] == [
        "INVENTORY_LEVELS_UPDATE",
        "ORDERS_CREATE",
    ]
    assert listed["webhookSubscriptionsCount"] == {"count": 2}
    by_topic = admin.data(LIST, topics=["ORDERS_CREATE"])["webhookSubscriptions"]["nodes"]
    by_uri = admin.data(LIST, uri=URI + "/orders")["webhookSubscriptions"]["nodes"]
    assert by_topic == by_uri == [listed["webhookSubscriptions"]["nodes"][1]]


def test_a_deleted_subscription_is_gone_and_cannot_be_deleted_again() -> None:
    admin = Admin()
    create(admin)
    (node,) = admin.data(LIST)["webhookSubscriptions"]["nodes"]
    assert admin.data(DELETE, id=node["id"])["webhookSubscriptionDelete"] == {
        "deletedWebhookSubscriptionId": node["id"],
        "userErrors": [],
    }
    (removed,) = admin.facts(SubscriptionRemoved)
    assert (removed.topic, removed.by_policy) == ("inventory_levels/update", False)
    again = admin.data(DELETE, id=node["id"])["webhookSubscriptionDelete"]
    assert again["userErrors"] == [{"field": ["id"], "message": "Webhook subscription does not exist"}]


@pytest.mark.parametrize(
    ("enum", "topic"),
    [
        ("ORDERS_CREATE", "orders/create"),
        ("ORDERS_PARTIALLY_FULFILLED", "orders/partially_fulfilled"),
        ("INVENTORY_LEVELS_UPDATE", "inventory_levels/update"),
        ("REFUNDS_CREATE", "refunds/create"),
        ("VARIANTS_OUT_OF_STOCK", "variants/out_of_stock"),
        ("APP_UNINSTALLED", "app/uninstalled"),
        ("BULK_OPERATIONS_FINISH", "bulk_operations/finish"),
        ("TAX_SERVICES_CREATE", "tax_services/create"),
    ],
)
def test_a_topic_has_one_spelling_in_graphql_and_one_in_headers(enum: str, topic: str) -> None:
    assert topic_of(enum) == topic
    assert enum_of(topic) == enum


@pytest.mark.parametrize("value", ["5", "[[]]", "{a: 1}", "true"])
def test_an_address_that_is_no_text_is_refused_as_a_literal_and_as_a_variable(value: str) -> None:
    given = {"5": 5, "[[]]": [[]], "{a: 1}": {"a": 1}, "true": True}[value]
    arguments = "topic: ORDERS_CREATE, webhookSubscription: {callbackUrl: URL}"
    create = f"webhookSubscriptionCreate({arguments}) {{ userErrors {{ message }} }}"
    literal = Admin().ask("mutation { " + create.replace("URL", value) + " }")
    variable = Admin().ask("mutation($url: URL) { " + create.replace("URL", "$url") + " }", url=given)
    assert "data" not in literal
    assert "data" not in variable
    assert literal["errors"]
    assert variable["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"


def test_a_topic_that_shopify_has_and_that_never_fires_here_is_refused_and_named() -> None:
    admin = Admin()
    payload = create(admin, topic="CARTS_CREATE")
    assert payload["webhookSubscription"] is None
    assert payload["userErrors"] == [
        {
            "field": ["webhookSubscription", "topic"],
            "message": "NOT_PLAYED: Stockstorm does not play the topic carts/create; docs/own_service.md lists what "
            "it plays.",
        }
    ]
    assert admin.called.unplayed == ("topic carts/create",)
    assert not admin.world.subscriptions("shopify")


def test_a_topic_of_what_never_happens_here_can_be_subscribed() -> None:
    admin = Admin()
    admin.world.app.change_scopes((*ALL_SCOPES, "read_themes"), admin.now_ns)
    for topic in QUIET_TOPICS:
        assert create(admin, topic=enum_of(topic))["userErrors"] == []
        assert admin.called.unplayed == ()
    assert {each.topic for each in admin.world.subscriptions("shopify")} == QUIET_TOPICS
    assert not QUIET_TOPICS & PLAYED_TOPICS


def test_a_quiet_topic_needs_its_scope_too() -> None:
    admin = Admin()
    admin.world.app.change_scopes(("read_orders",), admin.now_ns)
    ((field, _text),) = messages(create(admin, topic="PRODUCTS_CREATE"))
    assert field == ["webhookSubscription", "topic"]


def test_every_topic_that_fires_can_be_subscribed() -> None:
    for topic in SHOPIFY_TOPICS:
        assert create(Admin(), topic=enum_of(topic))["userErrors"] == []


UPDATE = """mutation Update($id: ID!, $given: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $given) {
    webhookSubscription { id uri filter includeFields name createdAt updatedAt } userErrors { field message } } }"""
BUS = """mutation { eventBridgeWebhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {arn: "ARN"}) {
    webhookSubscription { uri endpoint { ... on WebhookEventBridgeEndpoint { arn } } } userErrors { message } }
  pubSubWebhookSubscriptionCreate(
    topic: ORDERS_PAID, webhookSubscription: {pubSubProject: "shop-12", pubSubTopic: "stock"}
  ) { webhookSubscription { id uri } userErrors { message } } }"""


def update(admin: Admin, gid: object, **given: object) -> dict[str, Any]:
    payload: dict[str, Any] = admin.data(UPDATE, id=gid, given=given)["webhookSubscriptionUpdate"]
    return payload


def test_an_update_changes_what_it_names_and_keeps_the_rest() -> None:
    admin = Admin()
    made = create(admin, name="stock", filter="available:>=0")["webhookSubscription"]
    assert isinstance(made, dict)
    changed = update(admin, made["id"], uri=URI + "/2", includeFields=["available"], name="stock")[
        "webhookSubscription"
    ]
    assert (changed["uri"], changed["filter"], changed["name"]) == (URI + "/2", "available:>=0", "stock")
    assert (changed["createdAt"], changed["updatedAt"]) == ("2026-11-24T06:00:01Z", "2026-11-24T06:00:02Z")
    (fact,) = admin.facts(SubscriptionChanged)
    (subscription,) = admin.world.subscriptions(SHOPIFY, "inventory_levels/update")
    assert (fact.subscription, fact.uri, subscription.uri) == (subscription.subscription_id, URI + "/2", URI + "/2")
    assert subscription.include_fields == ("available",)
    assert admin.world.subscription(subscription.subscription_id) is subscription
    assert admin.data(DELETE, id=made["id"])["webhookSubscriptionDelete"]["userErrors"] == []


def test_an_update_obeys_the_rules_of_creation() -> None:
    admin = Admin()
    made = create(admin)["webhookSubscription"]
    create(admin, uri=URI + "/2", name="other")
    assert isinstance(made, dict)
    for given, text in (
        ({"uri": ""}, "Address can't be blank"),
        ({"uri": URI + "/2"}, "Address for this topic has already been taken"),
        ({"name": "other"}, "Name already exists, no duplicate allowed"),
        ({"filter": "nonsense"}, None),
    ):
        (error,) = update(admin, made["id"], **given)["userErrors"]
        assert text is None or error["message"] == text
        assert admin.facts(SubscriptionChanged) == []
    (error,) = update(admin, "gid://shopify/WebhookSubscription/1", uri=URI)["userErrors"]
    assert error == {"field": ["id"], "message": "Webhook subscription does not exist"}


def test_the_older_mutations_subscribe_buses() -> None:
    admin = Admin()
    arn = f"arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/{API_CLIENT_ID}/shop"
    made = admin.data(BUS.replace("ARN", arn))
    assert made["eventBridgeWebhookSubscriptionCreate"]["webhookSubscription"]["endpoint"] == {"arn": arn}
    pubsub = made["pubSubWebhookSubscriptionCreate"]["webhookSubscription"]
    assert pubsub["uri"] == "pubsub://shop-12:stock"
    changed = admin.data(
        "mutation($id: ID!) { pubSubWebhookSubscriptionUpdate(id: $id, webhookSubscription: "
        '{pubSubProject: "shop-12", pubSubTopic: "other"}) { webhookSubscription { uri } userErrors { message } } }',
        id=pubsub["id"],
    )
    assert changed["pubSubWebhookSubscriptionUpdate"]["webhookSubscription"] == {"uri": "pubsub://shop-12:other"}


def test_what_shapes_deliveries_is_read_back_and_needs_no_note() -> None:
    admin = Admin()
    create(admin, filter="", metafieldNamespaces=["custom"], includeFields=["available"])
    assert admin.called.unplayed == ()
    listed = admin.data("{ webhookSubscriptions(first: 5) { nodes { filter metafieldNamespaces includeFields } } }")
    assert listed["webhookSubscriptions"]["nodes"] == [
        {"filter": "", "metafieldNamespaces": ["custom"], "includeFields": ["available"]}
    ]
