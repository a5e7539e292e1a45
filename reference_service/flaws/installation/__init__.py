"""Flaws of an app's life: uninstalled and installed again, with fewer scopes than it asks for."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.installation import (
    refused_topic_ends_registration,
    subscriptions_not_renewed,
    token_never_replaced,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "refused_topic_ends_registration": refused_topic_ends_registration.compose,
    "subscriptions_not_renewed": subscriptions_not_renewed.compose,
    "token_never_replaced": token_never_replaced.compose,
}
