"""Flaws of an app's life: installed again, with fewer scopes than it asks for, or with its subscriptions gone."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.installation import (
    gap_not_reconciled,
    late_uninstalled_ends_session,
    redaction_forgets_orders,
    refused_topic_ends_registration,
    removal_unnoticed,
    subscriptions_not_renewed,
    token_never_replaced,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "gap_not_reconciled": gap_not_reconciled.compose,
    "late_uninstalled_ends_session": late_uninstalled_ends_session.compose,
    "redaction_forgets_orders": redaction_forgets_orders.compose,
    "refused_topic_ends_registration": refused_topic_ends_registration.compose,
    "removal_unnoticed": removal_unnoticed.compose,
    "subscriptions_not_renewed": subscriptions_not_renewed.compose,
    "token_never_replaced": token_never_replaced.compose,
}
