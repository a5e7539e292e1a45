"""Starts a service beside a served shop, sends it a handful of webhooks, and notes what it does."""

import time
from collections.abc import Collection, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx

from stockstorm.loadtests.doctor.examine import REFUSED, Sent, Visit
from stockstorm.loadtests.serve.beside import POLL_S, SETTLE_S, Beside, Step
from stockstorm.loadtests.serve.client import ShopClient
from stockstorm.loadtests.serve.commands import Command
from stockstorm.loadtests.serve.told import Told
from stockstorm.loadtests.subjects.asking import asked
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.loadtests.subjects.own.greeting import BODY, signed
from stockstorm.loadtests.subjects.own.urls import trusting
from stockstorm.simulator.history.facts import ProbeEnded

UNKNOWN: Final = "themes/publish"
GENUINE: Final = ("products/update", "inventory_levels/update", "orders/create", "orders/cancelled", "order.created")
FORGED: Final = ("orders/create", "inventory_levels/update", "order.created")
WITHIN_S: Final = 5.0


def visit(file: SubjectFile, folder: Path, show: Step, allow_hosts: Collection[str] = ()) -> Visit:
    """All that was seen of a service. Raises SubjectError when it cannot be started or reached, naming why."""
    with Beside(file, folder, show=show, allow_hosts=allow_hosts) as beside:
        return _seen(file, beside, show)


def _seen(file: SubjectFile, beside: Beside, show: Step) -> Visit:
    subject, client, around = beside.subject, beside.client, beside.around
    show("waiting for its subscriptions")
    heard = beside.settled()
    uri = subject.receiving.app_uri
    beside.declare()
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
        log=subject.newest_lines(),
        https=subject.https_told,
    )


def _sent(client: ShopClient) -> Sequence[Sent]:
    found = []
    for topic in GENUINE:
        found += [Sent("genuine", told) for told in client.trigger(Command(topic=topic)) if told.topic == topic]
    topic = next((one.told.topic for one in found if one.told.taken), "")
    if topic:  # the second copy of a delivery that failed would wait for its retry
        again = client.trigger(Command(topic=topic, duplicate=True))
        found += [Sent("duplicate", told) for told in again if told.topic == topic]
    for kind in REFUSED:
        for topic in FORGED:
            found += [Sent(kind, told) for told in client.trigger(Command(topic=topic, forge=kind))]
    return found


def _unknown(uri: str, secret: str, domain: str, authority: str) -> Sent:
    """A webhook with a good signature, of a topic that the service did not ask for."""
    headers = {"Content-Type": "application/json", **signed(UNKNOWN, secret, domain)}
    try:
        answer = asked("POST", uri, WITHIN_S, content=BODY, headers=headers, verify=trusting(authority))
        tried = (answer.status_code, f"{answer.status_code}", "")
    except httpx.HTTPError as error:
        tried = (0, f"no answer ({error})", "")
    return Sent(
        "unknown topic", Told(UNKNOWN, headers["X-Shopify-Webhook-Id"], "", uri, "", BODY.decode(), (tried,), "")
    )


def _skew_s(uri: str, authority: str) -> float | None:
    """By how much its clock is ahead, from the Date of an answer. None: it sends none."""
    try:
        answer = asked("GET", uri, WITHIN_S, verify=trusting(authority))
        said = parsedate_to_datetime(answer.headers["Date"])
    except (httpx.HTTPError, KeyError, ValueError, TypeError):
        return None
    return said.timestamp() - time.time()
