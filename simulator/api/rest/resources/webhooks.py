"""Webhook subscriptions. The rules are those of the GraphQL API; only the spelling of errors differs."""

from functools import cache
from typing import Any, Final

from graphql import GraphQLEnumType

from stockstorm.simulator.api.admin.base.views import UserError, gid
from stockstorm.simulator.api.admin.resolvers import webhook_changes
from stockstorm.simulator.api.admin.resolvers import webhooks as rules
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from stockstorm.simulator.api.rest.call import Body, Refused, RestCall
from stockstorm.simulator.api.rest.pages import SortedRows, page, take_page_info
from stockstorm.simulator.api.rest.resources.bodies import chosen, chosen_each, few
from stockstorm.simulator.config import app_version
from stockstorm.simulator.model import Subscription

# Of a user error's field, the name in REST, and the word that begins the text in GraphQL and not in REST.
_SPELLINGS: Final = {
    "callbackUrl": ("address", "Address "),
    "format": ("format", "Format "),
    "topic": ("topic", ""),
}
BLANK: Final = "can't be blank"


def webhooks(call: RestCall) -> tuple[int, object]:
    cursor = take_page_info(call)
    found = page(call, cursor, SortedRows(_filtered(call), _key), _key)
    return 200, {"webhooks": chosen_each(call, [_body(call, each) for each in found])}


def count(call: RestCall) -> tuple[int, object]:
    return 200, {"count": len(_filtered(call))}


def webhook(call: RestCall) -> tuple[int, object]:
    return 200, {"webhook": chosen(call, _body(call, _one(call)))}


def create(call: RestCall) -> tuple[int, object]:
    given = call.resource("webhook")
    topic = given.get("topic")
    if not isinstance(topic, str) or not topic:
        raise Refused(422, {"topic": [BLANK]})
    allowed = [each for each in topics() if call.world.app.may_hear(each)]  # captured: others count as unknown
    if topic not in allowed:
        raise Refused(422, {"topic": [f"Invalid topic specified. Topics allowed: {', '.join(allowed)}"]})
    arguments = {"topic": rules.enum_of(topic), "webhookSubscription": _as_graphql(given)}
    payload = rules.create(None, arguments, call)
    if payload.subscription is None:
        raise Refused(501 if call.unplayed else 422, _spelled(payload.errors))
    return 201, {"webhook": _body(call, payload.subscription)}


def change(call: RestCall) -> tuple[int, object]:
    """The address and the fields. What is left out stays."""
    found = _one(call)
    given = call.resource("webhook")
    values: dict[str, Any] = {}
    if "address" in given:
        values["uri"] = _address(given)
    if "fields" in given:
        values["includeFields"] = _texts(given, "fields")
    if given.get("topic", found.topic) != found.topic:
        raise call.unplayed_here("field", "webhook.topic in a change")
    arguments = {"id": gid("WebhookSubscription", found.subscription_id), "webhookSubscription": values}
    payload = webhook_changes.update(None, arguments, call)
    if payload.subscription is None:
        raise Refused(422, _spelled(payload.errors))
    return 200, {"webhook": _body(call, payload.subscription)}


def delete(call: RestCall) -> tuple[int, object]:
    found = _one(call)
    call.changed(call.world.unsubscribe(found.subscription_id, by_policy=False, now_ns=call.now_ns))
    return 200, {}


@cache
def topics() -> tuple[str, ...]:
    """Every topic that Shopify's schema has."""
    enum = admin_schema().type_map["WebhookSubscriptionTopic"]
    assert isinstance(enum, GraphQLEnumType)  # noqa: S101  # the schema is ours
    return tuple(sorted(map(rules.topic_of, enum.values)))


def _as_graphql(given: Body) -> dict[str, Any]:
    format_ = given.get("format")
    return {
        "uri": _address(given),
        "format": format_.upper() if isinstance(format_, str) else None,
        "includeFields": _texts(given, "fields"),
        "metafieldNamespaces": _texts(given, "metafield_namespaces"),
        "filter": None,
    }


def _address(given: Body) -> str:
    found = given.get("address")
    return found if isinstance(found, str) else ""


def _texts(given: Body, name: str) -> list[str]:
    found = given.get(name) or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise Refused(422, {name: ["must be a list of texts"]})
    return few(found, name)


def _spelled(errors: tuple[UserError, ...]) -> dict[str, list[str]]:
    spelled: dict[str, list[str]] = {}
    for error in errors:
        name, prefix = _SPELLINGS.get(error.field[-1] if error.field else "", ("base", ""))
        spelled.setdefault(name, []).append(error.message.removeprefix(prefix))
    return spelled


def _filtered(call: RestCall) -> list[Subscription]:
    address, topic, since = call.text("address"), call.text("topic"), call.whole("since_id")
    return [
        each
        for each in rules.listed(call)
        if (not address or each.uri == address)
        and (not topic or each.topic == topic)
        and (since is None or each.subscription_id > since)
    ]


def _one(call: RestCall) -> Subscription:
    (number,) = call.ids
    by_id = {each.subscription_id: each for each in rules.listed(call)}
    call.rows += 1
    return call.found("WebhookSubscription", number, by_id.get(number))


def _key(each: Subscription) -> tuple[int, int]:
    return each.subscription_id, each.subscription_id


def _body(call: RestCall, each: Subscription) -> object:
    return {
        "id": each.subscription_id,
        "address": each.uri,
        "topic": each.topic,
        "created_at": call.payloads.times.shop(each.created_ns),
        "updated_at": call.payloads.times.shop(each.updated_ns),
        "format": "json",
        "fields": each.include_fields,
        "metafield_namespaces": (),
        "api_version": app_version(call.world.config.shop),
        "private_metafield_namespaces": (),
    }
