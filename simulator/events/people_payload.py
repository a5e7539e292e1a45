"""The buyer's part of an order payload. It is encoded once per buyer, because the pool of buyers is small."""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from stockstorm.simulator.events.encoding import derived_id
from stockstorm.simulator.events.refund_shape import PaymentDetails
from stockstorm.simulator.model import Address as WrittenAddress
from stockstorm.simulator.model import Buyer, Written

USER_AGENT: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
CUSTOMER_SINCE: Final = "2025-03-01T10:15:00-05:00"


class Address(msgspec.Struct, frozen=True):
    """`billing_address` and `shipping_address`, in Shopify's order."""

    first_name: str
    address1: str
    phone: str
    city: str
    zip: str
    province: str
    country: str
    last_name: str
    address2: str | None
    company: str | None
    latitude: float
    longitude: float
    name: str
    country_code: str
    province_code: str


class DefaultAddress(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    customer_id: int
    first_name: str
    last_name: str
    company: str | None
    address1: str
    address2: str | None
    city: str
    province: str
    country: str
    zip: str
    phone: str
    name: str
    province_code: str
    country_code: str
    country_name: str
    default: bool = True


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    created_at: str = CUSTOMER_SINCE
    updated_at: str = CUSTOMER_SINCE
    first_name: str
    last_name: str
    state: str = "disabled"
    note: None = None
    verified_email: bool = True
    multipass_identifier: None = None
    tax_exempt: bool = False
    email: str
    phone: str
    currency: str
    tax_exemptions: tuple[()] = ()
    admin_graphql_api_id: str
    default_address: DefaultAddress


class Person(msgspec.Struct, frozen=True):
    """A buyer's part of an order."""

    email: str | UnsetType | None
    phone: str | UnsetType | None
    browser_ip: str | None
    client_details: Raw
    address: Raw
    customer: Raw


_NULL: Final = Raw(b"null")
STRANGER: Final = Person(None, None, None, _NULL, _NULL, _NULL)  # somebody at a till
NOBODY: Final = Person(UNSET, UNSET, None, _NULL, _NULL, _NULL)  # of an app without access to customer data


class People:
    """The part of each buyer, encoded at first use. Not `shown`: the app may not see it."""

    def __init__(self, buyers: Sequence[Buyer], currency: str, *, shown: bool = True) -> None:
        self._buyers, self._currency, self._shown = buyers, currency, shown
        self._people: dict[int, Person] = {}
        self._cards: dict[int, Raw] = {}

    def person(self, buyer: int) -> Person:
        """The part of the buyer at this index of the pool; -1: nobody is known."""
        if not self._shown:
            return NOBODY
        if buyer < 0:
            return STRANGER
        person = self._people.get(buyer)
        if person is None:
            person = self._people[buyer] = self._encoded(self._buyers[buyer])
        return person

    def card(self, buyer: int) -> Raw:
        """The `payment_details` of a buyer's payment; null of an order that the subject created."""
        if buyer < 0:
            return _NULL
        card = self._cards.get(buyer)
        if card is None:
            person = self._buyers[buyer]
            name = f"{person.first_name} {person.last_name}" if self._shown else None
            card = self._cards[buyer] = Raw(msgspec.json.encode(PaymentDetails(credit_card_name=name)))
        return card

    def written(self, order_id: int, written: Written) -> Person:
        """The person of an order that the subject created. Without a name or an email there is no customer."""
        if not self._shown:
            return NOBODY
        address = None if written.address is None else _written_address(written.address)
        customer = None
        if written.email or written.first_name or written.last_name:
            customer = {
                "id": derived_id("customer", order_id),
                "email": written.email,
                "first_name": written.first_name,
                "last_name": written.last_name,
            }
        return Person(
            written.email,
            written.phone,
            None,
            Raw(b"null"),
            Raw(msgspec.json.encode(address)),
            Raw(msgspec.json.encode(customer)),
        )

    def _encoded(self, buyer: Buyer) -> Person:
        details = {
            "accept_language": "en-GB",
            "browser_height": None,
            "browser_ip": buyer.browser_ip,
            "browser_width": None,
            "session_hash": None,
            "user_agent": USER_AGENT,
        }
        return Person(
            buyer.email,
            buyer.phone,
            buyer.browser_ip,
            Raw(msgspec.json.encode(details)),
            Raw(msgspec.json.encode(_address(buyer))),
            Raw(msgspec.json.encode(self._customer(buyer))),
        )

    def _customer(self, buyer: Buyer) -> Customer:
        return Customer(
            id=buyer.customer_id,
            first_name=buyer.first_name,
            last_name=buyer.last_name,
            email=buyer.email,
            phone=buyer.phone,
            currency=self._currency,
            admin_graphql_api_id=f"gid://shopify/Customer/{buyer.customer_id}",
            default_address=_default_address(buyer),
        )


def _address(buyer: Buyer) -> Address:
    return Address(
        buyer.first_name,
        buyer.address1,
        buyer.phone,
        buyer.city,
        buyer.zip,
        buyer.province,
        buyer.country,
        buyer.last_name,
        buyer.address2,
        buyer.company,
        buyer.latitude,
        buyer.longitude,
        f"{buyer.first_name} {buyer.last_name}",
        buyer.country_code,
        buyer.province_code,
    )


def _written_address(given: WrittenAddress) -> dict[str, str | None]:
    """The fields that the subject gave, with the name that Shopify makes of them."""
    name = " ".join(filter(None, (given.first_name, given.last_name)))
    return {**msgspec.structs.asdict(given), "name": name or None}


def _default_address(buyer: Buyer) -> DefaultAddress:
    return DefaultAddress(
        id=derived_id("address", buyer.customer_id),
        customer_id=buyer.customer_id,
        first_name=buyer.first_name,
        last_name=buyer.last_name,
        company=buyer.company,
        address1=buyer.address1,
        address2=buyer.address2,
        city=buyer.city,
        province=buyer.province,
        country=buyer.country,
        zip=buyer.zip,
        phone=buyer.phone,
        name=f"{buyer.first_name} {buyer.last_name}",
        province_code=buyer.province_code,
        country_code=buyer.country_code,
        country_name=buyer.country,
    )
