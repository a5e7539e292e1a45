"""webhookSubscriptionUpdate, and the older mutations for event buses, which Shopify still has.

They obey the rules of webhookSubscriptionCreate. What an update leaves out stays as it is. Deliveries that were under
way keep the address that they had.
"""

from typing import Any, Final

import msgspec

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.views import SubscriptionPayload, UserError
from stockstorm.simulator.api.admin.resolvers import webhooks as rules
from stockstorm.simulator.model import Subscription

# Fields that an update changes, by its input.
_KEPT: Final = {
    "name": "name",
    "includeFields": "include_fields",
    "metafieldNamespaces": "metafield_namespaces",
    "filter": "filter",
}
_TAKEN: Final = "Address for this topic has already been taken"


def update(_source: None, arguments: Arguments, call: Call) -> SubscriptionPayload:
    found = rules.one(None, arguments, call)
    if found is None:
        return _refused([UserError(("id",), "Webhook subscription does not exist")], call)
    given = arguments["webhookSubscription"]
    asked = given.get("uri", given.get("callbackUrl"))
    uri = found.uri if asked is None and "uri" not in given else (asked or "").strip()
    errors = rules.errors_of(found.topic, uri, _with_new_name(given, found), call)
    new = _changed(found, uri, given)
    same = [each for each in rules.listed(call) if each.topic == found.topic and each is not found]
    if not errors and any(rules.same(each, new.uri, new.filter) for each in same):
        errors = [UserError(rules.ADDRESS, _TAKEN)]
    if errors:
        return _refused(errors, call)
    new = msgspec.structs.replace(new, updated_ns=call.now_ns)
    call.changed(call.world.change_subscription(new))
    return SubscriptionPayload(new)


def _with_new_name(given: dict[str, Any], found: Subscription) -> dict[str, Any]:
    """Without a name that the subscription has already, which is no duplicate."""
    return {**given, "name": None} if given.get("name") == found.name else given


def _changed(found: Subscription, uri: str, given: dict[str, Any]) -> Subscription:
    values: dict[str, Any] = {field: given[name] for name, field in _KEPT.items() if name in given}
    for field in {"include_fields", "metafield_namespaces"} & values.keys():
        values[field] = tuple(values[field] or ())
    return msgspec.structs.replace(found, uri=uri, **values)


def _refused(errors: list[UserError], call: Call) -> SubscriptionPayload:
    call.refuse(error.message for error in errors)
    return SubscriptionPayload(errors=tuple(errors))


def _for_event_bridge(arguments: Arguments) -> Arguments:
    given = dict(arguments["webhookSubscription"])
    arn = given.pop("arn", None)
    return {**arguments, "webhookSubscription": given if arn is None else given | {"uri": arn}}


def _for_pub_sub(arguments: Arguments) -> Arguments:
    given = dict(arguments["webhookSubscription"])
    uri = f"pubsub://{given.pop('pubSubProject')}:{given.pop('pubSubTopic')}"
    return {**arguments, "webhookSubscription": given | {"uri": uri}}


MUTATIONS: Final[dict[str, Resolver]] = {
    "webhookSubscriptionUpdate": update,
    "eventBridgeWebhookSubscriptionCreate": lambda _source, arguments, call: rules.create(
        None, _for_event_bridge(arguments), call
    ),
    "eventBridgeWebhookSubscriptionUpdate": lambda _source, arguments, call: update(
        None, _for_event_bridge(arguments), call
    ),
    "pubSubWebhookSubscriptionCreate": lambda _source, arguments, call: rules.create(
        None, _for_pub_sub(arguments), call
    ),
    "pubSubWebhookSubscriptionUpdate": lambda _source, arguments, call: update(None, _for_pub_sub(arguments), call),
}
PAYLOADS: Final = (
    "WebhookSubscriptionUpdatePayload",
    "EventBridgeWebhookSubscriptionCreatePayload",
    "EventBridgeWebhookSubscriptionUpdatePayload",
    "PubSubWebhookSubscriptionCreatePayload",
    "PubSubWebhookSubscriptionUpdatePayload",
)
ERRORS: Final = ("PubSubWebhookSubscriptionCreateUserError", "PubSubWebhookSubscriptionUpdateUserError")
