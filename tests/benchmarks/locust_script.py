"""A typical Locust script: a FastHttpUser that makes samples of real events unique, signs and sends them.

Users are loops, so an open model needs many: each sends at a constant throughput of `PER_USER`. Prints the processor
seconds and the acknowledged events from when all users have started until the end: starting up is not counted.
"""

import json
import os
import resource
import sys
from base64 import b64encode
from hashlib import sha256
from hmac import digest
from itertools import count
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant_throughput, events, task

SECRET = os.environ["SECRET"].encode()
SAMPLES = json.loads(Path(os.environ["SAMPLES"]).read_text(encoding="utf-8"))
encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode  # as compact as the original bodies
SPLICED = [encode(sample)[1:] for sample in SAMPLES] if os.environ["SPLICE"] else []
PER_USER = float(os.environ["RATE"]) / int(os.environ["USERS"])

serials = count()


def unique_body(serial: int) -> str:
    """The next event: a sample with an id of its own."""
    if SPLICED:
        return f'{{"uid":{serial},{SPLICED[serial % len(SPLICED)]}'
    event = SAMPLES[serial % len(SAMPLES)]
    event["id"] = 10_000_000 + serial
    return encode(event)


class Shop(FastHttpUser):
    """Sends one event after another; Locust spaces them."""

    wait_time = constant_throughput(PER_USER)

    @task
    def send(self) -> None:
        serial = next(serials)
        body = unique_body(serial)
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Shop-Domain": "stockstorm-demo.myshopify.com",
            "X-Shopify-Webhook-Id": f"webhook-{serial}",
            "X-Shopify-Hmac-Sha256": b64encode(digest(SECRET, body.encode(), sha256)).decode(),
        }
        self.client.post("/webhooks", data=body, headers=headers, name="orders/create")


def _so_far(environment: Any) -> tuple[float, int]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    total = environment.stats.total
    return usage.ru_utime + usage.ru_stime, total.num_requests - total.num_failures


started: list[tuple[float, int]] = []


def _init(environment: Any, **_: Any) -> None:
    def spawned(**_: Any) -> None:
        started.append(_so_far(environment))

    def stopping(**_: Any) -> None:
        cpu_s, acknowledged = _so_far(environment)
        figures = {"cpu_s": cpu_s - started[0][0], "acknowledged": acknowledged - started[0][1]}
        sys.stdout.write(json.dumps(figures) + "\n")

    environment.events.spawning_complete.add_listener(spawned)
    environment.events.test_stopping.add_listener(stopping)


events.init.add_listener(_init)
