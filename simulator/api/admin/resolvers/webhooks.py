"""Webhook subscriptions: create, delete and read. Errors have the texts of recordings.

The field of an address error is always `webhookSubscription.callbackUrl`, whichever name the caller used. Subscriptions
declared in the app's TOML are not listed. Topics are spelled ORDERS_CREATE in GraphQL and orders/create in headers.
"""

import re
from typing import Any, Final, get_args
from urllib.parse import urlsplit

from stockstorm.simulator.api.admin.base.bus_addresses import bus_texts
from stockstorm.simulator.api.admin.base.call import AdminOptions, Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.search import counted, known_terms
from stockstorm.simulator.api.admin.base.views import (
    Counted,
    EventBridgeEndpoint,
    HttpEndpoint,
    PubSubEndpoint,
    SubscriptionPayload,
    UserError,
    gid,
    number_of,
)
from stockstorm.simulator.config import app_version
from stockstorm.simulator.delivery.filters import readable
from stockstorm.simulator.model import APP_TOPICS, SHOPIFY, SHOPIFY_TOPICS, CallTopic, Subscription
from stockstorm.simulator.shop.scopes import PROTECTED_TOPICS, missing_scope
from stockstorm.simulator.versions import display_name, is_supported

# In an enum value, only the name of the resource shows where the slash belongs, since both parts can have underscores.
_RESOURCES: Final = (
    "app_purchases",
    "app_subscriptions",
    "app",
    "bulk_operations",
    "carts",
    "checkouts",
    "collections",
    "customers",
    "draft_orders",
    "fulfillment_orders",
    "fulfillments",
    "inventory_items",
    "inventory_levels",
    "locations",
    "orders",
    "products",
    "refunds",
    "returns",
    "shop",
    "variants",
)


def topic_of(enum_value: str) -> str:
    """ORDERS_PARTIALLY_FULFILLED → orders/partially_fulfilled."""
    name = enum_value.lower()
    for resource in _RESOURCES:
        if name.startswith(f"{resource}_"):
            return f"{resource}/{name[len(resource) + 1 :]}"
    resource, _, action = name.rpartition("_")
    return f"{resource}/{action}"


def enum_of(topic: str) -> str:
    """orders/partially_fulfilled → ORDERS_PARTIALLY_FULFILLED."""
    return topic.replace("/", "_").upper()


ADDRESS: Final = ("webhookSubscription", "callbackUrl")
_TOPIC: Final = ("webhookSubscription", "topic")
_NO_SCOPE: Final = "You cannot create a webhook subscription with the specified topic"
_NOT_APPROVED: Final = (
    "This app is not approved to subscribe to webhook topics containing protected customer data. "
    "See https://shopify.dev/docs/apps/launch/protected-customer-data for more details."
)
_NAME: Final = ("webhookSubscription", "name")
_NO_XML: Final = "Format 'xml' is invalid for this webhook topic. Allowed formats: json"
_OWN_HOSTS: Final = re.compile(r"(localhost|127\.[\d.]+|0\.0\.0\.0|\[?::1\]?|.*\.(myshopify|shopify)\.com|.*\.local)")
_BAD_NAME: Final = "Name name field can only contain alphanumeric characters, underscores, and hyphens"
_BAD_FILTER: Final = "The specified filter is invalid, please ensure you specify the field(s) you wish to filter on."
NAME_MAX: Final = 50
PLAYED_TOPICS: Final[frozenset[str]] = frozenset((*SHOPIFY_TOPICS, *APP_TOPICS, *get_args(CallTopic)))
# Of what never happens in this shop: nobody makes or deletes a product, a location or an order. To hear nothing of it
# is the truth. A topic of what would happen, such as carts/create, is refused: its subscriber would miss something.
QUIET_TOPICS: Final = frozenset(
    {
        "app_subscriptions/approaching_capped_amount", "app_subscriptions/update", "collections/create",
        "collections/delete", "customers/delete", "domains/create", "domains/destroy", "domains/update",
        "draft_orders/delete", "inventory_items/create", "inventory_items/delete", "locations/activate",
        "locations/create", "locations/deactivate", "locations/delete", "locations/update", "orders/delete",
        "products/create", "products/delete", "shop/update", "themes/create", "themes/delete", "themes/publish",
        "themes/update",
    }
)  # fmt: skip
ADDRESS_MAX_BYTES: Final = 65_535


def create(_source: None, arguments: Arguments, call: Call) -> SubscriptionPayload:
    given, topic = arguments["webhookSubscription"], topic_of(arguments["topic"])
    uri, name = (given.get("uri") or given.get("callbackUrl") or "").strip(), given.get("name")
    errors = errors_of(topic, uri, given, call)
    if not errors and any(same(each, uri, given.get("filter")) for each in listed(call) if each.topic == topic):
        errors = [UserError(ADDRESS, "Address for this topic has already been taken")]
    if errors:
        call.refuse(error.message for error in errors)
        return SubscriptionPayload(errors=tuple(errors))
    subscription, changes = call.world.subscribe(
        SHOPIFY,
        topic,
        uri,
        now_ns=call.now_ns,
        name=name,
        include_fields=tuple(given.get("includeFields") or ()),
        filter=given.get("filter"),
        metafield_namespaces=tuple(given.get("metafieldNamespaces") or ()),
    )
    call.changed(changes)
    return SubscriptionPayload(subscription)


def delete(_source: None, arguments: Arguments, call: Call) -> SubscriptionPayload:
    found = one(None, arguments, call)
    if found is None:
        error = UserError(("id",), "Webhook subscription does not exist")
        call.refuse([error.message])
        return SubscriptionPayload(errors=(error,))
    call.changed(call.world.unsubscribe(found.subscription_id, by_policy=False, now_ns=call.now_ns))
    return SubscriptionPayload(deleted_id=arguments["id"])


def one(_source: None, arguments: Arguments, call: Call) -> Subscription | None:
    number = number_of("WebhookSubscription", arguments["id"])
    found = None if number is None else call.world.subscription(number)
    return found if found is not None and found.by_api and found.source == SHOPIFY else None


def many(_source: None, arguments: Arguments, call: Call) -> Page[Subscription]:
    known_terms("webhookSubscriptions", arguments.get("query"), frozenset(), call)
    topics = arguments.get("topics")
    uri = arguments.get("uri") or arguments.get("callbackUrl")
    rows = [
        each
        for each in listed(call)
        if (not topics or enum_of(each.topic) in topics)
        and (uri is None or each.uri == uri)
        and arguments.get("format") in (None, "JSON")
    ]
    page = page_of(rows, lambda each: (each.subscription_id, each.subscription_id), arguments)
    call.rows += len(page.nodes)
    return page


def count(_source: None, arguments: Arguments, call: Call) -> Counted:
    known_terms("webhookSubscriptionsCount", arguments.get("query"), frozenset(), call)
    return counted(len(listed(call)), arguments.get("limit"))


def listed(call: Call) -> list[Subscription]:
    return [each for each in call.world.subscriptions(SHOPIFY) if each.by_api]


def errors_of(topic: str, uri: str, given: dict[str, Any], call: Call) -> list[UserError]:
    """What is wrong with a subscription to a topic, apart from one that exists already."""
    errors = _topic_errors(topic, call) + _address_errors(uri, call.options)
    return errors + _name_errors(given.get("name"), call) + _other_errors(given)


def same(subscription: Subscription, uri: str, filter_: str | None) -> bool:
    return subscription.uri == uri and (subscription.filter or None) == (filter_ or None)


def _topic_errors(topic: str, call: Call) -> list[UserError]:
    """The text is Shopify's for a topic that the app may not have. That it is also that of a scope is assumed."""
    app = call.world.app
    if topic.partition("/")[0] in PROTECTED_TOPICS and not app.approved("Order"):
        return [UserError(_TOPIC, _NOT_APPROVED)]
    if missing_scope(topic, app.granted):
        return [UserError(_TOPIC, _NO_SCOPE)]
    # Without an error, the subscriber of a topic that never fires here would wait in vain.
    return [] if topic in PLAYED_TOPICS | QUIET_TOPICS else [UserError(_TOPIC, call.lacks("topic", topic))]


def _address_errors(uri: str, options: AdminOptions) -> list[UserError]:
    if not uri:
        return [UserError(ADDRESS, "Address can't be blank")]
    texts = bus_texts(uri, options.api_client_id)
    if texts is not None:
        return [UserError(ADDRESS, text) for text in texts]
    if len(uri.encode()) > ADDRESS_MAX_BYTES:
        return [UserError(ADDRESS, "Address is too big (maximum is 64 KB)")]
    return _http_errors(uri, options.allow_http)


def _http_errors(uri: str, allow_http: bool) -> list[UserError]:
    try:
        parts = urlsplit(uri)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return [UserError(ADDRESS, "Address is invalid")]
    if parts.scheme not in ("http", "https"):
        return [
            UserError(
                ADDRESS,
                f"Address protocol {parts.scheme}:// is not supported" if parts.scheme else "Address is invalid",
            )
        ]
    if parts.scheme == "http" and not allow_http:
        return [UserError(ADDRESS, "Address protocol http:// is not supported")]
    if not host:
        return [UserError(ADDRESS, "Address is invalid")]
    if _OWN_HOSTS.fullmatch(host) and not allow_http:
        return [UserError(ADDRESS, "Address cannot be a Shopify or an internal domain")]
    return []


def _name_errors(name: str | None, call: Call) -> list[UserError]:
    if name is None:
        return []
    if not name:
        short = UserError(_NAME, "Name is too short (minimum is 1 character)")
        return [short, UserError(_NAME, _BAD_NAME)]
    if len(name) > NAME_MAX:
        return [UserError(_NAME, f"Name is too long (maximum is {NAME_MAX} characters)")]
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        return [UserError(_NAME, _BAD_NAME)]
    if any(each.name == name for each in listed(call)):
        return [UserError(_NAME, "Name already exists, no duplicate allowed")]
    return []


def _other_errors(given: dict[str, Any]) -> list[UserError]:
    errors: list[UserError] = []
    if given.get("format") == "XML":
        is_cloud = bus_texts((given.get("uri") or given.get("callbackUrl") or "").strip()) is not None
        text = "Format can only be used with format: 'json'" if is_cloud else _NO_XML
        errors.append(UserError(("webhookSubscription", "format"), text))
    if given.get("filter") and not readable(given["filter"]):
        errors.append(UserError(("webhookSubscription",), _BAD_FILTER))
    return errors


def _endpoint(
    subscription: Subscription, _arguments: Arguments, _call: Call
) -> HttpEndpoint | EventBridgeEndpoint | PubSubEndpoint:
    if subscription.uri.startswith("pubsub://"):
        return PubSubEndpoint(subscription.uri)
    if subscription.uri.startswith("arn:"):
        return EventBridgeEndpoint(subscription.uri)
    return HttpEndpoint(subscription.uri)


SUBSCRIPTION: dict[str, Resolver] = {
    "id": lambda each, _arguments, _call: gid("WebhookSubscription", each.subscription_id),
    "legacyResourceId": lambda each, _arguments, _call: str(each.subscription_id),
    "topic": lambda each, _arguments, _call: enum_of(each.topic),
    "uri": lambda each, _arguments, _call: each.uri,
    "callbackUrl": lambda each, _arguments, _call: each.uri,
    "endpoint": _endpoint,
    "format": lambda _each, _arguments, _call: "JSON",
    "filter": lambda each, _arguments, _call: each.filter,
    "includeFields": lambda each, _arguments, _call: each.include_fields,
    "metafieldNamespaces": lambda each, _arguments, _call: each.metafield_namespaces,
    "name": lambda each, _arguments, _call: each.name,
    "apiVersion": lambda _each, _arguments, call: app_version(call.world.config.shop),
    "createdAt": lambda each, _arguments, call: call.time_text(each.created_ns),
    "updatedAt": lambda each, _arguments, call: call.time_text(each.updated_ns),
}
CREATE_PAYLOAD: dict[str, Resolver] = {
    "webhookSubscription": lambda payload, _arguments, _call: payload.subscription,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
DELETE_PAYLOAD: dict[str, Resolver] = {
    "deletedWebhookSubscriptionId": lambda payload, _arguments, _call: payload.deleted_id,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
API_VERSION_FIELDS: dict[str, Resolver] = {
    "handle": lambda version, _arguments, _call: version,
    "displayName": lambda version, _arguments, _call: display_name(version),
    "supported": lambda version, _arguments, _call: is_supported(version),
}
HTTP_ENDPOINT: dict[str, Resolver] = {"callbackUrl": lambda each, _arguments, _call: each.uri}
EVENT_BRIDGE_ENDPOINT: dict[str, Resolver] = {"arn": lambda each, _arguments, _call: each.uri}
PUB_SUB_ENDPOINT: dict[str, Resolver] = {
    "pubSubProject": lambda each, _arguments, _call: each.uri.removeprefix("pubsub://").split(":")[0],
    "pubSubTopic": lambda each, _arguments, _call: each.uri.removeprefix("pubsub://").split(":")[1],
}
