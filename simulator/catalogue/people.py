"""The pool of buyers: Faker fills small pools in several locales, and people are put together from those.

Faker is slow per call, so a large pool of buyers costs no more calls than a small one. Mail addresses, numbers and
network addresses lie in ranges reserved for examples; nobody real is ever reached.
"""

import random
from typing import Any

import msgspec
from faker import Faker

from stockstorm.simulator.model import Buyer
from stockstorm.simulator.seeds import Seeds

POOL_SIZE = 40
CUSTOMER_ID_BASE = 7_120_400_000_000


class Region(msgspec.Struct, frozen=True):
    """A place with the locale that names its people. `phone` is followed by four digits."""

    locale: str
    country: str
    country_code: str
    phone: str
    provinces: tuple[tuple[str, str, float, float], ...]  # name, code, latitude, longitude


REGIONS = (
    Region(
        "en_GB",
        "United Kingdom",
        "GB",
        "+44770090",
        (("England", "ENG", 51.51, -0.13), ("Scotland", "SCT", 55.95, -3.19), ("Wales", "WLS", 51.48, -3.18)),
    ),
    Region("fr_CA", "Canada", "CA", "+1514555", (("Quebec", "QC", 45.5, -73.57), ("Ontario", "ON", 43.65, -79.38))),
    Region("es_ES", "Spain", "ES", "+3460055", (("Cádiz", "CA", 36.53, -6.29), ("Málaga", "MA", 36.72, -4.42))),
    Region("ja_JP", "Japan", "JP", "+8190555", (("Tōkyō", "JP-13", 35.68, 139.69), ("Ōsaka", "JP-27", 34.69, 135.5))),
    Region("pt_BR", "Brazil", "BR", "+551155", (("São Paulo", "SP", -23.55, -46.63), ("Paraná", "PR", -25.43, -49.27))),
)


class Pools(msgspec.Struct, frozen=True):
    """What Faker gave for one region."""

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    companies: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[str, ...]
    zips: tuple[str, ...]


def make_buyers(count: int, seeds: Seeds) -> tuple[Buyer, ...]:
    """`count` people; the first ones are the same however many follow."""
    pools = [_pools(region, seeds) for region in REGIONS]
    stream = seeds.stream("buyers")
    buyers = []
    for n in range(count):
        place = stream.randrange(len(REGIONS))
        buyers.append(_buyer(n, REGIONS[place], pools[place], stream))
    return tuple(buyers)


def _pools(region: Region, seeds: Seeds) -> Pools:
    fake = Faker(region.locale)
    fake.seed_instance(seeds.die_int("faker", region.locale, bits=32))
    return Pools(
        first_names=_fill(fake.first_name),
        last_names=_fill(fake.last_name),
        companies=_fill(fake.company),
        streets=_fill(fake.street_address),
        cities=_fill(fake.city),
        zips=_fill(fake.postcode),
    )


def _fill(draw: Any) -> tuple[str, ...]:
    return tuple(" ".join(str(draw()).split()) for _ in range(POOL_SIZE))


def _buyer(n: int, region: Region, pools: Pools, stream: random.Random) -> Buyer:
    province, province_code, latitude, longitude = stream.choice(region.provinces)
    return Buyer(
        customer_id=CUSTOMER_ID_BASE + n,
        first_name=stream.choice(pools.first_names),
        last_name=stream.choice(pools.last_names),
        email=f"buyer.{n + 1}@example.com",
        phone=f"{region.phone}{stream.randrange(10_000):04d}",
        company=stream.choice(pools.companies) if stream.random() < 0.2 else None,
        address1=stream.choice(pools.streets),
        address2=f"№ {stream.randrange(1, 90)}" if stream.random() < 0.3 else None,
        city=stream.choice(pools.cities),
        province=province,
        province_code=province_code,
        zip=stream.choice(pools.zips),
        country=region.country,
        country_code=region.country_code,
        latitude=round(latitude + stream.uniform(-0.2, 0.2), 6),
        longitude=round(longitude + stream.uniform(-0.2, 0.2), 6),
        browser_ip=f"203.0.113.{stream.randrange(1, 255)}",
    )
