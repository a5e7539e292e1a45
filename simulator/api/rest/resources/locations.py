"""Locations."""

from stockstorm.simulator.api.admin.base.views import Location, address_of
from stockstorm.simulator.api.rest.call import RestCall
from stockstorm.simulator.events.product_payload import LISTED_SINCE


def locations(call: RestCall) -> tuple[int, object]:
    """All of them. Shopify has no pages of locations."""
    found = list(call.state.locations.values())
    call.rows += len(found)
    return 200, {"locations": list(map(location_body, found))}


def count(call: RestCall) -> tuple[int, object]:
    return 200, {"count": len(call.state.locations)}


def location(call: RestCall) -> tuple[int, object]:
    (number,) = call.ids
    found = call.found("Location", number, call.state.locations.get(number))
    call.rows += 1
    return 200, {"location": location_body(found)}


def location_body(found: Location) -> object:
    """The documented fields of a location."""
    address = address_of(found)
    return {
        "id": found.location_id,
        "name": f"Warehouse {found.index}",
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "zip": address.zip,
        "province": address.province,
        "country": address.country_code,
        "phone": address.phone,
        "created_at": LISTED_SINCE,
        "updated_at": LISTED_SINCE,
        "country_code": address.country_code,
        "country_name": address.country,
        "province_code": address.province_code,
        "legacy": False,
        "active": True,
        "admin_graphql_api_id": f"gid://shopify/Location/{found.location_id}",
        "localized_country_name": address.country,
        "localized_province_name": address.province,
    }
