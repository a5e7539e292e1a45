"""What exports ask of orders has the values that webhooks and REST show."""

from typing import Any

import pytest

from tests.admin_calls import Admin
from tests.rest_calls import Rest
from tests.small_world import buy, give_back, own_orders, pay, product, small_world

MONEY = "{ shopMoney { amount } }"
DETAILS = f"""query($id: ID!) {{ order(id: $id) {{
  confirmationNumber customerLocale clientIp taxExempt estimatedTaxes dutiesIncluded discountCodes totalWeight
  currentTotalWeight currentTotalTaxSet {MONEY} currentTotalDiscountsSet {MONEY} currentShippingPriceSet {MONEY}
  taxLines {{ title rate ratePercentage price priceSet {MONEY} channelLiable }}
  shippingLine {{ id title code source originalPriceSet {MONEY} discountedPriceSet {MONEY} taxLines {{ title }} }}
  shippingLines(first: 5) {{ nodes {{ title currentDiscountedPriceSet {MONEY} }} }}
  lineItems(first: 5) {{ nodes {{ taxLines {{ title priceSet {MONEY} }} }} }}
}} }}"""


def amount(bag: dict[str, Any]) -> str:
    return str(bag["shopMoney"]["amount"])


def test_both_apis_show_the_same_details_of_an_order() -> None:
    world = small_world()
    admin, rest = Admin(world), Rest(world)
    for item in (buy(7, "online", (0, 2), (1, 1)), pay(7), give_back(7, (0, 1))):
        world.apply(item, admin.now_ns)
    (order,) = own_orders(world)
    shown = admin.data(DETAILS, id=f"gid://shopify/Order/{order.order_id}")["order"]
    body = rest.get(f"orders/{order.order_id}")["order"]
    assert (shown["confirmationNumber"], shown["clientIp"]) == (body["confirmation_number"], body["browser_ip"])
    assert (shown["customerLocale"], shown["taxExempt"]) == (body["customer_locale"], body["tax_exempt"])
    assert (shown["estimatedTaxes"], shown["dutiesIncluded"]) == (body["estimated_taxes"], body["duties_included"])
    assert int(shown["totalWeight"]) == body["total_weight"]
    assert int(shown["totalWeight"]) - int(shown["currentTotalWeight"]) == product(0).grams
    assert amount(shown["currentTotalTaxSet"]) == body["current_total_tax"]
    assert amount(shown["currentShippingPriceSet"]) == body["current_shipping_price_set"]["shop_money"]["amount"]
    (tax,) = body["tax_lines"]
    assert shown["taxLines"] == [
        {
            "title": tax["title"],
            "rate": tax["rate"],
            "ratePercentage": tax["rate"] * 100,
            "price": tax["price"],
            "priceSet": {"shopMoney": {"amount": tax["price"]}},
            "channelLiable": tax["channel_liable"],
        }
    ]
    (way,), line = body["shipping_lines"], shown["shippingLine"]
    assert (line["id"], line["title"]) == (f"gid://shopify/ShippingLine/{way['id']}", way["title"])
    assert (line["code"], line["source"], amount(line["originalPriceSet"])) == (
        way["code"],
        way["source"],
        way["price"],
    )
    assert [each["title"] for each in shown["shippingLines"]["nodes"]] == [way["title"]]
    taxes = [each["taxLines"][0]["priceSet"]["shopMoney"]["amount"] for each in shown["lineItems"]["nodes"]]
    assert taxes == [each["tax_lines"][0]["price"] for each in body["line_items"]]


def test_a_location_has_its_address_and_the_shop_its_states_of_stock() -> None:
    world = small_world()
    admin, rest = Admin(world), Rest(world)
    asked = (
        "{ locations(first: 1) { nodes { name address { address1 city zip province countryCode formatted } } }"
        " inventoryProperties { quantityNames { name displayName belongsTo comprises isInUse } }"
        " shop { primaryDomain { host url } contactEmail taxesIncluded weightUnit } }"
    )
    found, body = admin.data(asked), rest.get("locations")["locations"][0]
    address = found["locations"]["nodes"][0]["address"]
    assert [address[name] for name in ("address1", "city", "zip", "countryCode")] == [
        body[name] for name in ("address1", "city", "zip", "country_code")
    ]
    names = {each["name"]: each for each in found["inventoryProperties"]["quantityNames"]}
    assert names["on_hand"]["displayName"] == "On hand"
    assert {name for name, each in names.items() if each["belongsTo"] == ["on_hand"]} == set(
        names["on_hand"]["comprises"]
    )
    assert names["incoming"]["belongsTo"] == []
    assert found["shop"]["primaryDomain"]["host"].endswith(".myshopify.com")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name:'Warehouse 2'", ["Warehouse 2"]),
        ("name:Ware*", ["Warehouse 1", "Warehouse 2"]),
        ("active:true -name:'warehouse 1'", ["Warehouse 2"]),
        ("active:false", []),
    ],
)
def test_locations_are_searched(query: str, names: list[str]) -> None:
    found = Admin().data("query($q: String) { locations(first: 9, query: $q) { nodes { id name } } }", q=query)
    assert [each["name"] for each in found["locations"]["nodes"]] == names


def test_who_took_an_order_and_how_its_buyer_is_reached() -> None:
    admin = Admin()
    admin.world.apply(buy(7, "online", (0, 1)), admin.now_ns)
    asked = """{ orders(first: 1) { nodes { app { id name } retailLocation { id } email
      customer { email defaultEmailAddress { emailAddress validFormat } defaultPhoneNumber { phoneNumber } }
      lineItems(first: 1) { nodes { variant { image { url } product { featuredImage { url } } } } } } } }"""
    (order,) = admin.data(asked)["orders"]["nodes"]
    assert (order["app"]["name"], order["retailLocation"]) == ("Online Store", None)
    reached = order["customer"]["defaultEmailAddress"]
    assert reached == {"emailAddress": order["email"], "validFormat": True}
    assert order["customer"]["defaultPhoneNumber"]["phoneNumber"].startswith("+")
    variant = order["lineItems"]["nodes"][0]["variant"]
    assert variant == {"image": None, "product": {"featuredImage": None}}
