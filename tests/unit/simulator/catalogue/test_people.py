import re

from stockstorm.simulator.catalogue import REGIONS, make_buyers
from stockstorm.simulator.seeds import Seeds


def test_people_come_from_every_region_and_write_their_names_their_own_way() -> None:
    buyers = make_buyers(300, Seeds(1))
    assert {buyer.country_code for buyer in buyers} == {region.country_code for region in REGIONS}
    assert sum(not buyer.last_name.isascii() for buyer in buyers) > 30
    assert sum(not buyer.city.isascii() for buyer in buyers) > 30


def test_nobody_real_is_reached() -> None:
    buyers = make_buyers(300, Seeds(1))
    assert all(buyer.email.endswith("@example.com") for buyer in buyers)
    assert all(buyer.browser_ip.startswith("203.0.113.") for buyer in buyers)


def test_phone_numbers_are_international() -> None:
    assert all(re.fullmatch(r"\+\d{10,14}", buyer.phone) for buyer in make_buyers(300, Seeds(1)))


def test_an_address_stands_on_one_line() -> None:
    assert all("\n" not in buyer.address1 and buyer.address1 for buyer in make_buyers(300, Seeds(1)))


def test_customers_and_mail_addresses_are_distinct() -> None:
    buyers = make_buyers(300, Seeds(1))
    assert len({buyer.customer_id for buyer in buyers}) == len({buyer.email for buyer in buyers}) == 300


def test_only_some_have_a_company_or_a_second_line() -> None:
    buyers = make_buyers(300, Seeds(1))
    assert 30 < sum(buyer.company is not None for buyer in buyers) < 100
    assert 50 < sum(buyer.address2 is not None for buyer in buyers) < 130
