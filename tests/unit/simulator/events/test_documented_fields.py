"""Payloads have exactly the fields that Shopify documents, in the order of its examples if that is known."""

import json
from typing import Any

import msgspec
import pytest

from stockstorm.simulator.config import ShopConfig
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.model import ORDER_TOPICS, Event, OrderTopic
from stockstorm.simulator.versions import VERSIONS, ApiVersion
from tests.literal_shop import AT_NS, CATALOGUE, ORDER, REFUND, WALL, order_event, product_event, stock_event


def fields(text: str) -> list[str]:
    return text.split()


ORDER_FIELDS = fields("""
id admin_graphql_api_id app_id browser_ip buyer_accepts_marketing cancel_reason cancelled_at cart_token checkout_token
client_details closed_at confirmation_number confirmed contact_email created_at currency current_shipping_price_set
current_subtotal_price current_subtotal_price_set current_total_additional_fees_set current_total_discounts
current_total_discounts_set current_total_duties_set current_total_price current_total_price_set current_total_tax
current_total_tax_set customer_locale device_id discount_codes duties_included email estimated_taxes financial_status
fulfillment_status landing_site landing_site_ref location_id merchant_business_entity_id merchant_of_record_app_id name
note note_attributes number order_number order_status_url original_total_additional_fees_set original_total_duties_set
payment_gateway_names phone po_number presentment_currency processed_at reference referring_site source_identifier
source_name source_url subtotal_price subtotal_price_set tags tax_exempt tax_lines taxes_included test token
total_cash_rounding_payment_adjustment_set total_cash_rounding_refund_adjustment_set total_discounts
total_discounts_set total_line_items_price total_line_items_price_set total_outstanding total_price total_price_set
total_shipping_price_set total_tax total_tax_set total_tip_received total_weight updated_at user_id billing_address
customer discount_applications fulfillments line_items payment_terms refunds shipping_address shipping_lines returns
line_item_groups
""")
LINE_FIELDS = fields("""
id admin_graphql_api_id attributed_staffs current_quantity fulfillable_quantity fulfillment_service fulfillment_status
gift_card grams name price price_set product_exists product_id properties quantity requires_shipping
sales_line_item_group_id sku taxable title total_discount total_discount_set variant_id variant_inventory_management
variant_title vendor tax_lines duties discount_allocations
""")
CUSTOMER_FIELDS = fields("""
id created_at updated_at first_name last_name state note verified_email multipass_identifier tax_exempt email phone
currency tax_exemptions admin_graphql_api_id default_address
""")
SHIPPING_FIELDS = fields("""
id carrier_identifier code current_discounted_price_set discounted_price discounted_price_set is_removed phone price
price_set requested_fulfillment_service_id source title tax_lines discount_allocations
""")
ADDRESS_FIELDS = fields("""
first_name address1 phone city zip province country last_name address2 company latitude longitude name country_code
province_code
""")
REFUND_FIELDS = fields("""
id order_id created_at note user_id processed_at duties total_duties_set return refund_shipping_lines restock
admin_graphql_api_id order_adjustments refund_line_items transactions
""")
REFUNDED_LINE_FIELDS = fields("""
id quantity line_item_id location_id restock_type subtotal total_tax subtotal_set total_tax_set line_item
""")
REFUNDED_ITEM_FIELDS = fields("""
id variant_id title quantity sku variant_title vendor fulfillment_service product_id requires_shipping taxable gift_card
name variant_inventory_management properties product_exists fulfillable_quantity grams price total_discount
fulfillment_status price_set total_discount_set discount_allocations duties admin_graphql_api_id tax_lines
""")  # of the documents' example for 2026-04
PAYMENT_FIELDS = fields("""
avs_result_code buyer_action_info credit_card_bin credit_card_company credit_card_expiration_month
credit_card_expiration_year credit_card_name credit_card_number credit_card_wallet cvv_result_code payment_method_name
""")
TRANSACTION_FIELDS = fields("""
admin_graphql_api_id amount amount_rounding authorization created_at currency device_id error_code gateway id kind
location_id manual_payment_gateway message order_id parent_id payment_details payment_id payments_refund_attributes
processed_at receipt source_name status test total_unsettled_set user_id
""")
PRODUCT_FIELDS = fields("""
admin_graphql_api_id body_html created_at handle id product_type published_at template_suffix title updated_at vendor
status published_scope tags variants options images image media variant_gids has_variants_that_requires_components
category
""")
LEVEL_FIELDS = fields("inventory_item_id location_id available updated_at admin_graphql_api_id")
ITEM_FIELDS = fields("""
id sku created_at updated_at requires_shipping cost country_code_of_origin province_code_of_origin
harmonized_system_code tracked country_harmonized_system_codes weight_value weight_unit admin_graphql_api_id
""")
SHOP_FIELDS = fields("""
id name email domain province country address1 zip city source phone latitude longitude primary_locale address2
created_at updated_at country_code country_name currency customer_email timezone iana_timezone shop_owner money_format
money_with_currency_format weight_unit province_code taxes_included auto_configure_tax_inclusivity tax_shipping
county_taxes plan_display_name plan_name has_discounts has_gift_cards myshopify_domain google_apps_domain
google_apps_login_enabled money_in_emails_format money_with_currency_in_emails_format eligible_for_payments
requires_extra_payments_agreement password_enabled has_storefront finances primary_location_id checkout_api_supported
multi_location_enabled setup_required pre_launch_enabled enabled_presentment_currencies
marketing_sms_consent_enabled_at_checkout transactional_sms_disabled
""")
PAID = msgspec.structs.replace(ORDER, paid_ns=AT_NS, refunds=(REFUND,))
PAYLOADS = Payloads(CATALOGUE, ShopConfig(), WALL)


def order(topic: OrderTopic = "orders/updated") -> Any:
    return json.loads(PAYLOADS.body(order_event(topic, PAID)))


@pytest.mark.parametrize("topic", ORDER_TOPICS)
def test_an_order_has_the_93_documented_fields_in_order(topic: OrderTopic) -> None:
    assert list(order(topic)) == ORDER_FIELDS
    assert len(ORDER_FIELDS) == 93


def test_the_parts_of_an_order_have_their_documented_fields_in_order() -> None:
    body = order()
    assert all(list(line) == LINE_FIELDS for line in body["line_items"])
    assert list(body["customer"]) == CUSTOMER_FIELDS
    assert list(body["billing_address"]) == ADDRESS_FIELDS
    assert all(list(line) == SHIPPING_FIELDS for line in body["shipping_lines"])


def test_a_refund_has_the_15_documented_fields_in_order() -> None:
    body = json.loads(PAYLOADS.body(order_event("refunds/create", PAID, refund=REFUND)))
    assert list(body) == REFUND_FIELDS
    assert list(body["refund_line_items"][0]) == REFUNDED_LINE_FIELDS
    assert list(body["refund_line_items"][0]["line_item"]) == REFUNDED_ITEM_FIELDS
    assert set(body["transactions"][0]["payment_details"]) == set(PAYMENT_FIELDS)
    assert set(body["transactions"][0]) == set(TRANSACTION_FIELDS)
    assert order()["refunds"] == [body]


def test_a_product_has_the_22_and_a_level_the_5_documented_fields_in_order() -> None:
    assert list(json.loads(PAYLOADS.body(product_event()))) == PRODUCT_FIELDS
    assert list(json.loads(PAYLOADS.body(stock_event()))) == LEVEL_FIELDS


@pytest.mark.parametrize(
    ("topic", "event", "documented"),
    [
        ("inventory_items/update", product_event(), ITEM_FIELDS),
        ("inventory_levels/connect", stock_event(), LEVEL_FIELDS),
        ("inventory_levels/disconnect", stock_event(), ["inventory_item_id", "location_id"]),
        ("app/uninstalled", product_event(), SHOP_FIELDS),
    ],
)
def test_other_topics_have_their_documented_fields_in_order(topic: str, event: Event, documented: list[str]) -> None:
    body = json.loads(PAYLOADS.body(msgspec.structs.replace(event, topic=topic)))
    assert list(body) == documented


def test_tags_are_one_text() -> None:
    assert isinstance(order()["tags"], str)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_of_an_old_version_has_the_checkout_s_id_too(version: ApiVersion) -> None:
    shop = ShopConfig(api_version=version)
    fields = list(json.loads(Payloads(CATALOGUE, shop, WALL).body(order_event("orders/paid", PAID))))
    place = ORDER_FIELDS.index("cart_token") + 1
    old = [*ORDER_FIELDS[:place], "checkout_id", *ORDER_FIELDS[place:]]
    assert fields == (old if version in ("2025-10", "2026-01") else ORDER_FIELDS)
