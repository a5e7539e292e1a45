"""The shop, the app's installation, and objects by their global id."""

from typing import Final

from stockstorm.simulator.api.admin.base.access import may_use
from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.views import (
    AppView,
    Location,
    RefusedNode,
    ShopView,
    address_of,
    gid,
    parse_gid,
)
from stockstorm.simulator.api.admin.resolvers import locations, stock, webhooks
from stockstorm.simulator.api.admin.resolvers.bulk import operations as bulk
from stockstorm.simulator.api.admin.resolvers.orders import lines as order_lines
from stockstorm.simulator.api.admin.resolvers.orders import parcels, people
from stockstorm.simulator.api.admin.resolvers.orders import queries as orders
from stockstorm.simulator.api.admin.resolvers.products import queries as products
from stockstorm.simulator.api.admin.resolvers.products.metafields import metafields_of
from stockstorm.simulator.config import PLAN_NAMES, ShopPlan, app_version
from stockstorm.simulator.model import API_CLIENT_ID, SHOP_ID
from stockstorm.simulator.versions import VERSIONS, ApiVersion, serving

APP_ID: Final = 1
ADDRESS: Final = address_of(Location(0, 1))  # that of the first location
_NODES: Final[dict[str, Resolver]] = {
    "InventoryItem": stock.inventory_item,
    "InventoryLevel": stock.inventory_level,
    "Location": locations.location,
    "ProductVariant": stock.product_variant,
    "Product": products.product,
    "Collection": products.collection,
    "Order": orders.order,
    "Refund": order_lines.refund,
    "BulkOperation": bulk.one,
    "Customer": people.customer,
    "Fulfillment": parcels.parcel,
    "FulfillmentOrder": parcels.fulfilment_order,
    "WebhookSubscription": webhooks.one,
    "Shop": lambda _source, _arguments, _call: ShopView(),
}


def shop(_source: None, _arguments: Arguments, _call: Call) -> ShopView:
    return ShopView()


def app_installation(_source: None, _arguments: Arguments, _call: Call) -> AppView:
    return AppView()


def app_by_id(_source: None, arguments: Arguments, _call: Call) -> AppView | None:
    """The caller itself without an id, or with its own. It knows no other app."""
    return AppView() if arguments.get("id") in (None, gid("App", API_CLIENT_ID)) else None


def installation_by_id(_source: None, arguments: Arguments, _call: Call) -> AppView | None:
    return AppView() if arguments.get("id") in (None, gid("AppInstallation", APP_ID)) else None


def api_versions(_source: None, _arguments: Arguments, call: Call) -> list[ApiVersion]:
    """Every version that is served, oldest first, with the release candidate and `unstable`."""
    return [each for each in VERSIONS if serving(each, call.world.config.shop.oldest_api_version) == each]


def node(_source: None, arguments: Arguments, call: Call) -> object | None:
    """An object of any kind by its id. As in Shopify, null if it does not exist."""
    found = parse_gid(arguments["id"])
    resolve = _NODES.get(found[0]) if found else None
    if found and resolve and not may_use(call.world.app, found[0]):
        return RefusedNode(found[0])
    return resolve(None, arguments, call) if resolve else None


def nodes(_source: None, arguments: Arguments, call: Call) -> list[object | None]:
    found = [node(None, {"id": each}, call) for each in arguments["ids"]]
    call.rows += len(found)
    return found


def _plan(_shop: ShopView, _arguments: Arguments, call: Call) -> ShopPlan:
    return call.world.config.shop.plan


def _launch_url(_app: AppView, _arguments: Arguments, call: Call) -> str:
    return f"https://{call.world.config.shop.domain}/admin/apps/stock-sync"


SHOP: dict[str, Resolver] = {
    "id": lambda _shop, _arguments, _call: f"gid://shopify/Shop/{SHOP_ID}",
    "name": lambda _shop, _arguments, call: call.world.config.shop.domain.removesuffix(".myshopify.com"),
    "email": lambda _shop, _arguments, call: f"owner@{call.world.config.shop.domain}",
    "myshopifyDomain": lambda _shop, _arguments, call: call.world.config.shop.domain,
    "currencyCode": lambda _shop, _arguments, call: call.world.config.shop.currency,
    "plan": _plan,
    "url": lambda _shop, _arguments, call: f"https://{call.world.config.shop.domain}",
    "ianaTimezone": lambda _shop, _arguments, _call: "Etc/GMT+5",  # the offset in payloads
    "timezoneAbbreviation": lambda _shop, _arguments, _call: "-05",
    "timezoneOffset": lambda _shop, _arguments, _call: "-0500",
    "timezoneOffsetMinutes": lambda _shop, _arguments, _call: -300,
    "contactEmail": lambda _shop, _arguments, call: f"owner@{call.world.config.shop.domain}",
    "primaryDomain": lambda shop, _arguments, _call: shop,
    "taxesIncluded": lambda _shop, _arguments, _call: True,
    "weightUnit": lambda _shop, _arguments, _call: "KILOGRAMS",
    "createdAt": stock.created_at,
    "shopOwnerName": lambda _shop, _arguments, _call: "Shop Owner",
    "currencyFormats": lambda shop, _arguments, _call: shop,
    "billingAddress": lambda _shop, _arguments, _call: ADDRESS,
    "shopAddress": lambda _shop, _arguments, _call: ADDRESS,
    **metafields_of(lambda _shop: []),
}
FORMATS: dict[str, Resolver] = {
    **dict.fromkeys(("moneyFormat", "moneyInEmailsFormat"), lambda _shop, _arguments, _call: "{{amount}}"),
    **dict.fromkeys(
        ("moneyWithCurrencyFormat", "moneyWithCurrencyInEmailsFormat"),
        lambda _shop, _arguments, call: f"{{{{amount}}}} {call.world.config.shop.currency}",
    ),
}
SHOP_ADDRESS: dict[str, Resolver] = {
    "id": lambda _address, _arguments, _call: gid("ShopAddress", SHOP_ID),
    "address1": lambda address, _arguments, _call: address.address1,
    "address2": lambda address, _arguments, _call: address.address2,
    "city": lambda address, _arguments, _call: address.city,
    "company": lambda address, _arguments, _call: address.company,
    "country": lambda address, _arguments, _call: address.country,
    "countryCodeV2": lambda address, _arguments, _call: address.country_code,
    "formatted": lambda address, _arguments, _call: [address.address1, f"{address.city} {address.zip}"],
    "phone": lambda address, _arguments, _call: address.phone,
    "province": lambda address, _arguments, _call: address.province,
    "provinceCode": lambda address, _arguments, _call: address.province_code,
    "zip": lambda address, _arguments, _call: address.zip,
}
SUBSCRIPTION: dict[str, Resolver] = dict.fromkeys(
    ("id", "name", "status", "test", "createdAt", "currentPeriodEnd", "returnUrl", "trialDays"),
    lambda _row, _arguments, _call: None,
)  # the app is free
DOMAIN: dict[str, Resolver] = {
    "id": lambda _shop, _arguments, _call: f"gid://shopify/Domain/{SHOP_ID}",
    "host": lambda _shop, _arguments, call: call.world.config.shop.domain,
    "sslEnabled": lambda _shop, _arguments, _call: True,
    "url": lambda _shop, _arguments, call: f"https://{call.world.config.shop.domain}",
}
PLAN: dict[str, Resolver] = {
    "displayName": lambda plan, _arguments, _call: PLAN_NAMES[plan],
    "publicDisplayName": lambda plan, _arguments, _call: PLAN_NAMES[plan],
    "shopifyPlus": lambda plan, _arguments, _call: plan in ("plus", "enterprise"),
    "partnerDevelopment": lambda _plan, _arguments, _call: False,
}
APP: dict[str, Resolver] = {
    "id": lambda _app, _arguments, _call: f"gid://shopify/AppInstallation/{APP_ID}",
    "accessScopes": lambda _app, _arguments, call: call.world.app.scopes,
    "activeSubscriptions": lambda _app, _arguments, _call: [],
    **metafields_of(lambda _app: []),
    "app": lambda app, _arguments, _call: app,
    "launchUrl": _launch_url,
}
THE_APP: dict[str, Resolver] = {
    "id": lambda _app, _arguments, _call: f"gid://shopify/App/{API_CLIENT_ID}",
    "apiKey": lambda _app, _arguments, _call: str(API_CLIENT_ID),
    "handle": lambda _app, _arguments, _call: "stock-sync",
    "title": lambda _app, _arguments, _call: "Stock Sync",
    "description": lambda _app, _arguments, _call: None,
    "developerName": lambda _app, _arguments, _call: None,
    "embedded": lambda _app, _arguments, _call: False,
    "installation": lambda app, _arguments, _call: app,
    "launchUrl": _launch_url,
    "previouslyInstalled": lambda _app, _arguments, _call: True,
    "requestedAccessScopes": lambda _app, _arguments, call: call.world.app.scopes,
    "shopifyDeveloped": lambda _app, _arguments, _call: False,
    "webhookApiVersion": lambda _app, _arguments, call: app_version(call.world.config.shop),
}
SCOPE: dict[str, Resolver] = {
    "handle": lambda scope, _arguments, _call: scope,
    "description": lambda scope, _arguments, _call: scope.replace("_", " ").capitalize(),
}
COUNT: dict[str, Resolver] = {
    "count": lambda counted, _arguments, _call: counted.count,
    "precision": lambda counted, _arguments, _call: counted.precision,
}
