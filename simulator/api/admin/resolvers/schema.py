"""The schema of each version: Stockstorm's SDL, a true subset of Shopify's, and the resolvers of both executors.

The SDL files hold what any version has. `simulator.versions` says which members a version lacks.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLFieldResolver,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    build_ast_schema,
    is_abstract_type,
    is_enum_type,
    is_object_type,
    is_scalar_type,
    is_specified_scalar_type,
    parse,
    print_ast,
)

from stockstorm.simulator.api.admin.base import pages
from stockstorm.simulator.api.admin.base.access import denial, element_of
from stockstorm.simulator.api.admin.base.call import Call, Resolver, arguments_of
from stockstorm.simulator.api.admin.base.views import type_name_of
from stockstorm.simulator.api.admin.resolvers import (
    adjustments,
    levels,
    locations,
    shop,
    stock,
    webhook_changes,
    webhooks,
)
from stockstorm.simulator.api.admin.resolvers.bulk import operations as bulk
from stockstorm.simulator.api.admin.resolvers.orders import queries as orders
from stockstorm.simulator.api.admin.resolvers.orders.types import MUTATIONS as ORDER_MUTATIONS
from stockstorm.simulator.api.admin.resolvers.orders.types import TYPES as ORDER_TYPES
from stockstorm.simulator.api.admin.resolvers.products import changes as products_changes
from stockstorm.simulator.api.admin.resolvers.products import queries as products
from stockstorm.simulator.api.admin.resolvers.products.types import TYPES as PRODUCT_TYPES
from stockstorm.simulator.limits import GRAPHQL_CORE_VALUES
from stockstorm.simulator.versions import NEWEST, VERSIONS, ApiVersion, absent_in

SDL_FILES: Final = (
    "schema.graphql",
    "orders/order.graphql",
    "schema_webhooks.graphql",
    "bulk/bulk.graphql",
    "orders/orders.graphql",
    "products/products.graphql",
    "levels.graphql",
)

AMOUNTS: Final = ("Decimal", "JSON", "Money")  # texts or numbers; the resolvers read them

RESOLVERS: Final[dict[str, dict[str, Resolver]]] = {
    "QueryRoot": {
        "shop": shop.shop,
        "currentAppInstallation": shop.app_installation,
        "app": shop.app_by_id,
        "appInstallation": shop.installation_by_id,
        "publicApiVersions": shop.api_versions,
        "locations": locations.locations,
        "location": locations.location,
        "locationsCount": locations.locations_count,
        "inventoryItem": stock.inventory_item,
        "inventoryItems": stock.inventory_items,
        "inventoryLevel": stock.inventory_level,
        "inventoryProperties": locations.inventory_properties,
        "productVariant": stock.product_variant,
        **products.QUERIES,
        "node": shop.node,
        "nodes": shop.nodes,
        **orders.QUERIES,
        **bulk.QUERIES,
        "webhookSubscription": webhooks.one,
        "webhookSubscriptions": webhooks.many,
        "webhookSubscriptionsCount": webhooks.count,
    },
    "Mutation": {
        "inventoryAdjustQuantities": adjustments.adjust_quantities,
        "inventorySetQuantities": adjustments.set_quantities,
        "inventorySetOnHandQuantities": adjustments.set_on_hand_quantities,
        "inventoryActivate": levels.activate,
        "inventoryDeactivate": levels.deactivate,
        "inventoryMoveQuantities": levels.move,
        "webhookSubscriptionCreate": webhooks.create,
        "webhookSubscriptionDelete": webhooks.delete,
        **webhook_changes.MUTATIONS,
        **bulk.MUTATIONS,
        **ORDER_MUTATIONS,
        **products_changes.MUTATIONS,
    },
    "Shop": shop.SHOP,
    "ShopPlan": shop.PLAN,
    "Domain": shop.DOMAIN,
    "CurrencyFormats": shop.FORMATS,
    "ShopAddress": shop.SHOP_ADDRESS,
    "AppSubscription": shop.SUBSCRIPTION,
    "App": shop.THE_APP,
    "AppInstallation": shop.APP,
    "AccessScope": shop.SCOPE,
    "Count": shop.COUNT,
    "Location": locations.LOCATION,
    "LocationAddress": locations.ADDRESS,
    "FulfillmentService": locations.SERVICE,
    "InventoryProperties": locations.PROPERTIES,
    "InventoryQuantityName": locations.QUANTITY_NAME,
    "InventoryLevel": stock.LEVEL,
    "InventoryQuantity": stock.QUANTITY,
    **PRODUCT_TYPES,
    "InventoryAdjustQuantitiesPayload": adjustments.PAYLOAD,
    "InventorySetQuantitiesPayload": adjustments.PAYLOAD,
    "InventorySetOnHandQuantitiesPayload": adjustments.PAYLOAD,
    "InventoryMoveQuantitiesPayload": adjustments.PAYLOAD,
    "InventoryActivatePayload": levels.ACTIVATE_PAYLOAD,
    "InventoryDeactivatePayload": {"userErrors": adjustments.PAYLOAD["userErrors"]},
    "InventorySetOnHandQuantitiesUserError": adjustments.CODED_ERROR,
    "InventoryMoveQuantitiesUserError": adjustments.CODED_ERROR,
    "InventoryAdjustQuantitiesUserError": adjustments.CODED_ERROR,
    "InventorySetQuantitiesUserError": adjustments.CODED_ERROR,
    "UserError": adjustments.PLAIN_ERROR,
    "InventoryAdjustmentGroup": adjustments.GROUP,
    "InventoryChange": adjustments.CHANGE,
    **bulk.TYPES,
    **ORDER_TYPES,
    "WebhookSubscription": webhooks.SUBSCRIPTION,
    "WebhookSubscriptionCreatePayload": webhooks.CREATE_PAYLOAD,
    **dict.fromkeys(webhook_changes.PAYLOADS, webhooks.CREATE_PAYLOAD),
    **dict.fromkeys(webhook_changes.ERRORS, adjustments.CODED_ERROR),
    "WebhookSubscriptionDeletePayload": webhooks.DELETE_PAYLOAD,
    "WebhookHttpEndpoint": webhooks.HTTP_ENDPOINT,
    "WebhookEventBridgeEndpoint": webhooks.EVENT_BRIDGE_ENDPOINT,
    "WebhookPubSubEndpoint": webhooks.PUB_SUB_ENDPOINT,
    "ApiVersion": webhooks.API_VERSION_FIELDS,
    "PageInfo": pages.PAGE_INFO,
}


def sdl(version: ApiVersion = NEWEST) -> str:
    """The schema of a version as text."""
    return print_ast(_document(absent_in(version)))


@cache
def _of_any_version() -> DocumentNode:
    folder = files("stockstorm.simulator.api.admin.resolvers")
    text = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in SDL_FILES)
    return parse(text, no_location=True)


def _document(absent: frozenset[str]) -> DocumentNode:
    definitions = (_without(each, absent) for each in _of_any_version().definitions)
    return DocumentNode(definitions=tuple(each for each in definitions if each is not None))


def _without(definition: DefinitionNode, absent: frozenset[str]) -> DefinitionNode | None:
    """The definition without what is absent. None if it is absent itself."""
    name = definition.name.value if hasattr(definition, "name") and definition.name else ""
    if isinstance(definition, DirectiveDefinitionNode):
        return None if f"@{name}" in absent else definition
    for members in ("fields", "values"):
        of_type = getattr(definition, members, None) or ()
        kept = tuple(each for each in of_type if f"{name}.{each.name.value}" not in absent)
        if len(kept) < len(of_type):
            parts = {key: getattr(definition, key) for key in definition.keys if key != "loc"}
            return type(definition)(**{**parts, members: kept})
    return definition


@cache
def admin_schemas() -> Mapping[ApiVersion, GraphQLSchema]:
    """The schema of every version. Those that lack the same share one."""
    return {version: admin_schema(version) for version in VERSIONS}


def admin_schema(version: ApiVersion = NEWEST) -> GraphQLSchema:
    """The executable schema of a version. It has no state, so it is built once."""
    return _built(absent_in(version))


@cache
def _built(absent: frozenset[str]) -> GraphQLSchema:
    """KeyError if a field has no resolver."""
    schema = build_ast_schema(_document(absent))
    for type_ in schema.type_map.values():
        if type_.name.startswith("__"):
            continue
        if is_object_type(type_):
            _attach(type_, resolvers_of(type_.name), once=type_ is schema.mutation_type)
        elif is_abstract_type(type_):
            type_.resolve_type = _resolve_type
        elif is_scalar_type(type_) and not is_specified_scalar_type(type_):
            _take_texts_only(type_)
        elif is_enum_type(type_):
            _suggest_nothing(type_)
    return schema


def _suggest_nothing(enum: GraphQLEnumType) -> None:
    """A value that the enum does not have costs no search for similar ones, which took 30 ms among the topics.

    Shopify suggests none.
    """

    def coerce(value: str, _hide_suggestions: bool = True) -> Any:
        return GraphQLEnumType.coerce_input_value(enum, value, hide_suggestions=True)

    vars(enum)["coerce_input_value"] = coerce


def _take_texts_only(scalar: GraphQLScalarType) -> None:
    """Shopify's own scalars, such as URL, are texts. Without this, any JSON value is one, as is right for amounts."""
    if scalar.name in AMOUNTS:
        return
    for name in ("parse_value", "parse_literal", "coerce_input_value", "coerce_input_literal"):
        if hasattr(scalar, name):
            setattr(scalar, name, getattr(GraphQLString, name))


def resolvers_of(type_name: str) -> dict[str, Resolver]:
    """Field name → resolver of an object type."""
    if type_name.endswith("Connection"):
        return pages.CONNECTION
    return pages.EDGE if type_name.endswith("Edge") else RESOLVERS[type_name]


def _attach(type_: GraphQLObjectType, resolvers: dict[str, Resolver], *, once: bool) -> None:
    for name, field in type_.fields.items():
        resolve = _once(resolvers[name]) if once else _adapted(resolvers[name])
        element = element_of(type_, field, name)
        field.resolve = _guarded(resolve, element) if element else resolve


def _guarded(resolve: GraphQLFieldResolver, element: str) -> GraphQLFieldResolver:
    """A resolver that refuses what the app has no scope or approval for."""

    def run(source: Any, info: GraphQLResolveInfo[Call], **arguments: Any) -> Any:
        error = denial(info.context.world.app, element, info.field_name)
        if error is not None:
            raise error
        return resolve(source, info, **arguments)

    return run


def _adapted(resolve: Resolver) -> GraphQLFieldResolver:
    def run(source: Any, info: GraphQLResolveInfo[Call], **arguments: Any) -> Any:
        info.context.spend(GRAPHQL_CORE_VALUES)
        return resolve(source, arguments, info.context)

    return run


def _once(resolve: Resolver) -> GraphQLFieldResolver:
    """A mutation's resolver: with the idempotency key, and not executed again after the lean executor."""

    def run(_source: Any, info: GraphQLResolveInfo[Call], **_arguments: Any) -> Any:
        call: Call = info.context
        definition = info.parent_type.fields[info.field_name]
        arguments = arguments_of(info.schema, definition, info.field_nodes[0], info.variable_values)
        return call.once(str(info.path.key), resolve, arguments)

    return run


def _resolve_type(value: object, info: GraphQLResolveInfo[Call], _type: GraphQLAbstractType) -> str:
    name = type_name_of(value)
    error = denial(info.context.world.app, name, info.field_name)
    if error is not None:
        raise error
    return name
