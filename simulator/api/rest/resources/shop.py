"""The shop, and the scopes of the app."""

from stockstorm.simulator.api.admin.resolvers.shop import PLAN_NAMES
from stockstorm.simulator.api.rest.call import RestCall
from stockstorm.simulator.api.rest.resources.bodies import chosen
from stockstorm.simulator.events.product_payload import LISTED_SINCE
from stockstorm.simulator.model import SHOP_ID


def access_scopes(call: RestCall) -> tuple[int, object]:
    return 200, {"access_scopes": [{"handle": scope} for scope in call.world.app.scopes]}


def shop(call: RestCall) -> tuple[int, object]:
    return 200, {"shop": chosen(call, _body(call))}


def _body(call: RestCall) -> object:
    config = call.world.config.shop
    name = config.domain.removesuffix(".myshopify.com")
    plan = PLAN_NAMES[config.plan]
    return {
        "id": SHOP_ID,
        "name": name,
        "email": f"owner@{config.domain}",
        "domain": config.domain,
        "province": "England",
        "country": "GB",
        "address1": "1 Harbour Road",
        "zip": "BS1 4RW",
        "city": "Bristol",
        "source": None,
        "phone": None,
        "latitude": 51.45,
        "longitude": -2.59,
        "primary_locale": "en",
        "address2": None,
        "created_at": LISTED_SINCE,
        "updated_at": LISTED_SINCE,
        "country_code": "GB",
        "country_name": "United Kingdom",
        "currency": config.currency,
        "customer_email": f"owner@{config.domain}",
        "timezone": "(GMT-05:00) Etc/GMT+5",
        "iana_timezone": "Etc/GMT+5",
        "shop_owner": "Shop Owner",
        "money_format": "{{amount}}",
        "money_with_currency_format": f"{{{{amount}}}} {config.currency}",
        "weight_unit": "kg",
        "province_code": "ENG",
        "taxes_included": True,
        "auto_configure_tax_inclusivity": None,
        "tax_shipping": None,
        "county_taxes": True,
        "plan_display_name": plan,
        "plan_name": "shopify_plus" if config.plan in ("plus", "enterprise") else plan.lower(),
        "has_discounts": False,
        "has_gift_cards": False,
        "myshopify_domain": config.domain,
        "google_apps_domain": None,
        "google_apps_login_enabled": None,
        "money_in_emails_format": "{{amount}}",
        "money_with_currency_in_emails_format": f"{{{{amount}}}} {config.currency}",
        "eligible_for_payments": True,
        "requires_extra_payments_agreement": False,
        "password_enabled": False,
        "has_storefront": True,
        "finances": True,
        "primary_location_id": next(iter(call.state.locations)),
        "checkout_api_supported": True,
        "multi_location_enabled": len(call.state.locations) > 1,
        "setup_required": False,
        "pre_launch_enabled": False,
        "enabled_presentment_currencies": [config.currency],
        "marketing_sms_consent_enabled_at_checkout": False,
        "transactional_sms_disabled": False,
    }
