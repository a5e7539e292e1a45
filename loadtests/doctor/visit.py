"""Starts a service beside a served shop, sends it a handful of webhooks, and notes what it does."""

import base64
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx

from stockstorm.loadtests.doctor.examine import REFUSED, Sent, Visit
from stockstorm.loadtests.serve.client import ServedChild, ShopClient, own_environment
from stockstorm.loadtests.serve.commands import Command
from stockstorm.loadtests.serve.told import Heard, Told, ToldShop
from stockstorm.loadtests.subjects import SHOP_TOPICS, Receiving, Surroundings
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.loadtests.subjects.own.subject import OwnSubject
from stockstorm.loadtests.subjects.own.urls import trusting
from stockstorm.scenarios.loader import load
from stockstorm.simulator.history.facts import ProbeEnded

SCENARIO: Final = "smoke"
SETTLE_S: Final = 1.5  # for its registrations, and again for its calls
POLL_S: Final = 0.05
UNKNOWN: Final = "themes/publish"
GENUINE: Final = ("products/update", "inventory_levels/update", "orders/create", "orders/cancelled", "order.created")
FORGED: Final = ("orders/create", "inventory_levels/update", "order.created")
WITHIN_S: Final = 5.0
BODY: Final = b'{"id":1}'

Step = Callable[[str], None]


def visit(file: SubjectFile, folder: Path, show: Step) -> Visit:
    """All that was seen of a service. Raises SubjectError when it cannot be started or reached, naming why."""
    names = file.secrets.by_role()
    drawn = {role: secrets.token_hex(16) for role in names}
    environment = own_environment(names, drawn)
    show("starting the shop")
    with ServedChild(folder, SCENARIO, environment, api_port=file.api_port) as shop:
        subject = OwnSubject(file, folder, folder / "service")
        try:
            show("starting your service")
            around = _surroundings(shop, environment)
            subject.start(around)
            return _seen(file, subject, shop.client, around, show)
        finally:
            subject.stop()


def _surroundings(shop: ServedChild, environment: dict[str, str]) -> Surroundings:
    scenario = load(SCENARIO)
    return Surroundings(
        database_url="",
        admin_api_url=f"{shop.api}/admin/api/{scenario.shop.api_version}/graphql.json",
        channels_url=f"{shop.api}/marketplaces",
        shop_domain=scenario.shop.domain,
        channels=tuple(channel.name for channel in scenario.channels if channel.name != "online"),
        safety_stock=0,
        admin_token=environment["STOCKSTORM_ADMIN_TOKEN"],
        client_secret=environment["STOCKSTORM_CLIENT_SECRET"],
        channel_token=environment["STOCKSTORM_CHANNEL_TOKEN"],
        channel_secret=environment["STOCKSTORM_CHANNEL_SECRET"],
    )


def _seen(file: SubjectFile, subject: OwnSubject, client: ShopClient, around: Surroundings, show: Step) -> Visit:
    show("waiting for its subscriptions")
    heard = _settled(client)
    uri = subject.receiving.app_uri
    _declare(client, subject.receiving)
    show("sending webhooks")
    sent = [*_sent(client), _unknown(uri, around.client_secret, around.shop_domain, file.ca)]
    show("watching its calls")
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline and not client.shop().calls:
        time.sleep(POLL_S)
    shop = client.shop()
    probes = [found.probe for found in subject.probe(0) if isinstance(found, ProbeEnded) and found.ok]
    return Visit(
        sent=tuple(sent),
        heard=heard,
        calls=shop.calls,
        marketplaces=shop.marketplaces,
        clock_s=_skew_s(uri, file.ca),
        level=file.level,
        probes=tuple(probes),
        refused_topics=shop.refused_topics,
    )


def _declare(client: ShopClient, receiving: Receiving) -> None:
    """What a run would deliver: the shop's topics, each at its address. Marketplaces deliver where they were told."""
    for topic, uri in receiving.topic_uris.items():
        client.declare(uri, [topic])
    if receiving.uri:
        client.declare(receiving.uri, SHOP_TOPICS)


def _settled(client: ShopClient) -> tuple[Heard, ...]:
    """Its own subscriptions, once nothing was added for a while."""
    found: ToldShop = client.shop()
    quiet_from = time.monotonic()
    while time.monotonic() < quiet_from + SETTLE_S:
        time.sleep(POLL_S)
        now = client.shop()
        if now.subscriptions != found.subscriptions:
            found, quiet_from = now, time.monotonic()
    return tuple(one for one in found.subscriptions if one.by_api)


def _sent(client: ShopClient) -> Sequence[Sent]:
    found = []
    for topic in GENUINE:
        found += [Sent("genuine", told) for told in client.trigger(Command(topic=topic)) if told.topic == topic]
    topic = next((one.told.topic for one in found), GENUINE[0])
    again = client.trigger(Command(topic=topic, duplicate=True))
    found += [Sent("duplicate", told) for told in again if told.topic == topic]
    for kind in REFUSED:
        for topic in FORGED:
            found += [Sent(kind, told) for told in client.trigger(Command(topic=topic, forge=kind))]
    return found


def _unknown(uri: str, secret: str, domain: str, authority: str) -> Sent:
    """A webhook with a good signature, of a topic that the service did not ask for."""
    digest = base64.b64encode(hmac.digest(secret.encode(), BODY, "sha256")).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": UNKNOWN,
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-Hmac-Sha256": digest,
        "X-Shopify-Webhook-Id": "stockstorm-doctor",
    }
    try:
        answer = httpx.post(uri, content=BODY, headers=headers, timeout=WITHIN_S, verify=trusting(authority))
        tried = (answer.status_code, f"{answer.status_code}", "")
    except httpx.HTTPError as error:
        tried = (0, f"no answer ({error})", "")
    return Sent("unknown topic", Told(UNKNOWN, "stockstorm-doctor", "", uri, "", BODY.decode(), (tried,), ""))


def _skew_s(uri: str, authority: str) -> float | None:
    """By how much its clock is ahead, from the Date of an answer. None: it sends none."""
    try:
        answer = httpx.get(uri, timeout=WITHIN_S, verify=trusting(authority))
        said = parsedate_to_datetime(answer.headers["Date"])
    except (httpx.HTTPError, KeyError, ValueError, TypeError):
        return None
    return said.timestamp() - time.time()
