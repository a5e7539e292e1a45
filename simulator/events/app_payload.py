"""The bodies of what an app is told of itself and of privacy requests: uninstalled, scopes changed, compliance topics.

All have the documented fields. That of app/uninstalled is the shop, as REST shows it.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from stockstorm.simulator.config import PLAN_NAMES, ShopConfig
from stockstorm.simulator.events.encoding import Times, escaped
from stockstorm.simulator.events.product_payload import LISTED_SINCE
from stockstorm.simulator.model import SHOP_ID, Buyer, Event

INSTALLATION_ID: Final = 1
_encode: Final = msgspec.json.Encoder().encode


class ShopBody(msgspec.Struct, frozen=True, kw_only=True):
    """The shop with its 54 documented fields, in the order of Shopify's example."""

    id: int = SHOP_ID
    name: str
    email: str
    domain: str
    province: str | None = "England"
    country: str = "GB"
    address1: str | None = "1 Harbour Road"
    zip: str | None = "BS1 4RW"
    city: str | None = "Bristol"
    source: str | None = None
    phone: str | None = None
    latitude: float | None = 51.45
    longitude: float | None = -2.59
    primary_locale: str = "en"
    address2: str | None = None
    created_at: str = LISTED_SINCE
    updated_at: str
    country_code: str = "GB"
    country_name: str = "United Kingdom"
    currency: str
    customer_email: str
    timezone: str = "(GMT-05:00) Etc/GMT+5"
    iana_timezone: str = "Etc/GMT+5"
    shop_owner: str = "Shop Owner"
    money_format: str = "{{amount}}"
    money_with_currency_format: str
    weight_unit: str = "kg"
    province_code: str | None = "ENG"
    taxes_included: bool | None = True
    auto_configure_tax_inclusivity: bool | None = None
    tax_shipping: bool | None = None
    county_taxes: bool = True
    plan_display_name: str
    plan_name: str
    has_discounts: bool = False
    has_gift_cards: bool = False
    myshopify_domain: str
    google_apps_domain: str | None = None
    google_apps_login_enabled: bool | None = None
    money_in_emails_format: str = "{{amount}}"
    money_with_currency_in_emails_format: str
    eligible_for_payments: bool = True
    requires_extra_payments_agreement: bool = False
    password_enabled: bool = False
    has_storefront: bool = True
    finances: bool = True
    primary_location_id: int
    checkout_api_supported: bool = True
    multi_location_enabled: bool
    setup_required: bool = False
    pre_launch_enabled: bool = False
    enabled_presentment_currencies: tuple[str, ...]
    marketing_sms_consent_enabled_at_checkout: bool = False
    transactional_sms_disabled: bool = False


def shop_body(shop: ShopConfig, locations: Sequence[int], updated_at: str) -> ShopBody:
    """The shop, as app/uninstalled and REST show it."""
    plan, owner, money = PLAN_NAMES[shop.plan], f"owner@{shop.domain}", f"{{{{amount}}}} {shop.currency}"
    return ShopBody(
        name=shop.domain.removesuffix(".myshopify.com"),
        email=owner,
        domain=shop.domain,
        updated_at=updated_at,
        currency=shop.currency,
        customer_email=owner,
        money_with_currency_format=money,
        plan_display_name=plan,
        plan_name="shopify_plus" if shop.plan in ("plus", "enterprise") else plan.lower(),
        myshopify_domain=shop.domain,
        money_with_currency_in_emails_format=money,
        primary_location_id=locations[0],
        multi_location_enabled=len(locations) > 1,
        enabled_presentment_currencies=(shop.currency,),
    )


class AppPayload:
    """Builds the bodies of one shop."""

    def __init__(self, shop: ShopConfig, locations: Sequence[int], buyers: Sequence[Buyer], times: Times) -> None:
        self._shop, self._locations, self._buyers, self._times = shop, locations, buyers, times

    def body(self, event: Event) -> bytes:
        """The event's bytes. ValueError for a topic that is not of the app."""
        found: dict[str, Any] | ShopBody
        match event.topic:
            case "app/uninstalled":
                found = self._of_shop(event)
            case "app/scopes_update":
                found = self._scopes(event)
            case "customers/data_request":
                found = {**self._customer(event, "orders_requested"), "data_request": {"id": event.event + 1}}
            case "customers/redact":
                found = self._customer(event, "orders_to_redact")
            case "shop/redact":
                found = self._identity()
            case other:
                raise ValueError(f"event {event.event}: {other} is no topic of the app")
        return escaped(_encode(found))

    def _identity(self) -> dict[str, Any]:
        return {"shop_id": SHOP_ID, "shop_domain": self._shop.domain}

    def _customer(self, event: Event, orders: str) -> dict[str, Any]:
        """About the buyer of the newest order; about the first buyer as long as nobody has ordered."""
        order = event.order
        buyer = self._buyers[max(0, order.buyer) if order is not None else 0]
        who = {"id": buyer.customer_id, "email": buyer.email, "phone": buyer.phone}
        return {**self._identity(), "customer": who, orders: [] if order is None else [order.order_id]}

    def _scopes(self, event: Event) -> dict[str, Any]:
        previous, current = event.scopes or ((), ())
        return {
            "id": INSTALLATION_ID,
            "shop_id": str(SHOP_ID),
            "previous": list(previous),
            "current": list(current),
            "updated_at": self._times.shop(event.at_ns),
        }

    def _of_shop(self, event: Event) -> ShopBody:
        return shop_body(self._shop, self._locations, self._times.shop(event.at_ns))
