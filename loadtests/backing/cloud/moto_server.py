"""`python -m stockstorm.loadtests.backing.cloud.moto_server PORT [QUEUES_URL]`: moto's server with two changes.

The SQS target of a rule is sent to the emulator at QUEUES_URL in AWS's JSON protocol, so that bus and queue may live
in different emulators. (The SDK would cost 3 ms an event.) JSON paths are compiled once; moto compiles them eight times
an event (8 ms). Both patch moto's internals. The first fails with a message if another moto has moved them.
"""

import functools
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import urllib3
from jsonpath_ng import ext
from moto.events.models import Rule
from moto.server import main

from stockstorm.loadtests.backing.cloud.aws import REGION

PARSE = "parse"
TARGET_METHOD = "_send_to_sqs_queue"
# The emulator reads the region from the credential and checks nothing else.
CREDENTIAL = (
    f"AWS4-HMAC-SHA256 Credential=stockstorm/20260101/{REGION}/sqs/aws4_request, SignedHeaders=host, Signature=0"
)


class Queues:
    """The SQS emulator at a URL, for many threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(maxsize=64, timeout=10.0, retries=False)
        self._url_of = functools.lru_cache(self._look_up)

    def send(self, name: str, body: str) -> None:
        self._call("SendMessage", {"QueueUrl": self._url_of(name), "MessageBody": body})

    def _look_up(self, name: str) -> str:
        return str(self._call("GetQueueUrl", {"QueueName": name})["QueueUrl"])

    def _call(self, operation: str, arguments: dict[str, str]) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"AmazonSQS.{operation}",
            "Authorization": CREDENTIAL,
        }
        answer = self._pool.request("POST", self._url, body=json.dumps(arguments), headers=headers)
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {answer.data[:500]!r}")
        found: dict[str, Any] = answer.json()
        return found


def compile_paths_once() -> None:
    """Replaces the function in its module, where moto looks it up at each call."""
    setattr(ext, PARSE, functools.lru_cache(getattr(ext, PARSE)))


def deliver_to(queues: Queues) -> None:
    """Makes rules send to `queues` instead of moto's own queues."""
    if not hasattr(Rule, TARGET_METHOD):
        sys.exit(f"moto: Rule has no {TARGET_METHOD} in this version; install the one in requirements.lock")

    def send(_rule: Any, name: str, event: dict[str, Any], _group: str | None = None) -> None:
        when = datetime.fromtimestamp(float(event["time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        queues.send(name, json.dumps(event | {"time": when}))

    setattr(Rule, TARGET_METHOD, send)


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would log every request
    compile_paths_once()
    if sys.argv[2:]:
        deliver_to(Queues(sys.argv[2]))
    main(["--host", "127.0.0.1", "--port", sys.argv[1]])
