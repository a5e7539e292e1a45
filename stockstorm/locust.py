"""For locustfiles of one's own: a user that sends signed Shopify webhooks (docs/pytest.md has an example).

Stockstorm's own runs send at planned times and judge what comes of it. This user only sends, when Locust lets it.
"""

# isort: off
import locust  # the first import: it patches the standard library for gevent
# isort: on

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, Final

import msgspec

from stockstorm.loadtests.config.own_checks import SECRETS
from stockstorm.loadtests.serve.commands import Command
from stockstorm.loadtests.serve.writer import WebhookWriter
from stockstorm.simulator.delivery.service import Secrets
from stockstorm.simulator.errors import ScenarioError

__all__ = ["ShopifyUser"]

ANSWER_WITHIN_S: Final = 5.0  # as Shopify waits


class ShopifyUser(locust.HttpUser):
    """Sends webhooks to `host` + `path`. The secrets come from the environment, unless a subclass sets them."""

    abstract = True
    path: ClassVar[str] = "/webhooks"
    scenario: ClassVar[str] = "smoke"  # whose products the shop has
    client_secret: ClassVar[str] = ""
    channel_secret: ClassVar[str] = ""  # of the marketplaces; needed for order.* topics alone

    def webhook(
        self,
        topic: str,
        body: str | bytes | Mapping[str, Any] | None = None,
        *,
        sku: str = "",
        units: int = 1,
        channel: str = "",
        forge: str = "",
        copies: int = 0,
        name: str = "",
    ) -> list[Any]:
        """Sends one webhook and `copies` byte-identical copies, and returns Locust's responses.

        Without a `body` it is a real one of a shop: a sale of any SKU, unless `sku` says which. Locust counts it under
        `name`, else the topic. A 2xx within 5 s is a success, and for a forged one (`forge`: a kind as of
        `stockstorm trigger --forge`) every other answer is. Raises ScenarioError for what the shop does not know.
        """
        command = Command(topic=topic, sku=sku, units=units, channel=channel, forge=forge, data=_text(body))
        written = self._writer(topic).write(command)
        return [self._sent(written.headers, written.body, name or topic, forge) for _ in range(1 + copies)]

    def _sent(self, headers: dict[str, str], body: bytes, name: str, forge: str) -> Any:
        with self.client.post(
            self.path, data=body, headers=headers, name=name, timeout=ANSWER_WITHIN_S, allow_redirects=False,
            catch_response=True,
        ) as answer:  # fmt: skip
            taken = 200 <= answer.status_code < 300
            if taken and forge:
                answer.failure(f"it took a forged webhook ({forge})")
            elif answer.status_code and (taken or forge):
                answer.success()
            elif answer.status_code:
                answer.failure(f"it answered {answer.status_code}")
        return answer

    def _writer(self, topic: str) -> WebhookWriter:
        client = self.client_secret or os.environ.get(SECRETS["client_secret"], "")
        channel = self.channel_secret or os.environ.get(SECRETS["channel_secret"], "")
        needed = "channel_secret" if topic.startswith("order.") else "client_secret"
        if not (channel if needed == "channel_secret" else client):
            found = "is not set, so the signature cannot be made"
            raise ScenarioError(SECRETS[needed], found, f"export the secret of your app, or set {needed} in the user")
        return _writer(f"{(self.host or '').rstrip('/')}{self.path}", client, channel, self.scenario)


@lru_cache(maxsize=8)
def _writer(url: str, client: str, channel: str, scenario: str) -> WebhookWriter:
    """All users of one process share a shop, so that its orders have numbers of their own."""
    return WebhookWriter(url, Secrets(client.encode(), channel.encode()), scenario)


def _text(body: str | bytes | Mapping[str, Any] | None) -> str | None:
    if isinstance(body, bytes):
        return body.decode()
    return msgspec.json.encode(body).decode() if isinstance(body, Mapping) else body
