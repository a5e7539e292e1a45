"""Registers with Shopify and the marketplaces where to send webhooks. Repeating a registration does no harm."""

import asyncio
import random
from collections.abc import Iterable

import structlog

from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.clients.documents import SUBSCRIBE, SUBSCRIPTIONS
from stockstorm.reference_service.clients.marketplace import Marketplace, MarketplaceCallFailed
from stockstorm.reference_service.domain.topics import SHOPIFY_TOPICS, enum_of

log = structlog.get_logger()
TAKEN = "has already been taken"  # part of Shopify's user error for a subscription that exists


class SubscriptionRefused(Exception):
    """Shopify refuses a subscription. The message is Shopify's."""


async def subscribe_to_shop(admin: AdminApi, uri: str, topics: Iterable[str] = SHOPIFY_TOPICS) -> int:
    """Creates the missing subscriptions to `uri`; returns their number.

    A refused topic, for example one whose scope the app lacks, is told in the log, and the others are created.
    SubscriptionRefused if there would be none at all.
    """
    existing = await _subscribed(admin, uri)
    missing = [enum_of(topic) for topic in topics if enum_of(topic) not in existing]
    refused: dict[str, str] = {}
    for topic in missing:
        answer = await admin.call(SUBSCRIBE, {"topic": topic, "uri": uri})
        errors = [error.message for error in answer.data.webhook_subscription_create.user_errors]
        if any(TAKEN not in message for message in errors):
            refused[topic] = "; ".join(errors)
            log.error("subscription_refused", topic=topic, reason=refused[topic])
    if refused and len(refused) == len(missing) and not existing:
        raise SubscriptionRefused("; ".join(f"{topic}: {text}" for topic, text in refused.items()))
    log.info("subscribed", created=len(missing) - len(refused), existing=len(existing), refused=len(refused))
    return len(missing) - len(refused)


async def subscribe_to_channel(marketplace: Marketplace, channel: str, url: str, rng: random.Random) -> bool:
    """Registers `url` for a channel's notifications. Retries with backoff until the channel accepts it.

    False: the channel notifies nobody.
    """
    attempts = 0
    while True:
        try:
            await marketplace.send_notifications_to(url)
        except MarketplaceCallFailed as failure:
            if failure.missing:
                log.info("channel_without_notifications", channel=channel)
                return False
            attempts += 1
            log.warning("channel_registration_failed", channel=channel, attempt=attempts, reason=str(failure))
            await asyncio.sleep(max(failure.wait_s, backoff_s(attempts, rng)))
        else:
            return True


async def _subscribed(admin: AdminApi, uri: str) -> set[str]:
    topics: set[str] = set()
    after: str | None = None
    while True:
        page = (await admin.call(SUBSCRIPTIONS, {"after": after})).data.webhook_subscriptions
        topics |= {node.topic for node in page.nodes if node.uri == uri}
        if not page.page_info.has_next_page:
            return topics
        after = page.page_info.end_cursor
