"""Addresses of event buses in subscriptions, and the recorded texts that refuse them.

An ARN holds the id of the app that made its event source, and only that app may use it. The rules of Google's project
and topic names are those that the recordings show.
"""

import re
from typing import Final

_UNSUPPORTED: Final = "Address protocol {}:// is not supported"
_INVALID: Final = "Address is invalid"
_PROJECT: Final = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]|\d+")
_TOPIC: Final = re.compile(r"(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}")
_ARN: Final = re.compile(r"arn:aws:events:[a-z0-9-]+::event-source/aws\.partner/shopify\.com/(\d+)/\S+")


def bus_texts(uri: str, app_id: str | None = None) -> tuple[str, ...] | None:
    """Why the address of a bus is refused, () if it is accepted, and None for what is no address of a bus.

    `app_id`: the only app whose event sources are accepted; None: any.
    """
    scheme, _, rest = uri.partition(":")
    match scheme:
        case "pubsub":
            return _pubsub_texts(rest.removeprefix("//"))
        case "arn":
            return _arn_texts(uri, app_id)
        case "kafka":
            return (_UNSUPPORTED.format("kafka"), "Address is not a valid kafka topic")
    return None


def _pubsub_texts(rest: str) -> tuple[str, ...]:
    project, _, topic = rest.partition(":")
    if not project or not topic:
        format_text = "Address is not a valid GCP pub/sub format. Format should be pubsub://project:topic"
        return (_UNSUPPORTED.format("pubsub"), format_text)
    if not _PROJECT.fullmatch(project):
        return (_INVALID, "Address is not a valid GCP project id.")
    return () if _TOPIC.fullmatch(topic) else (_INVALID, "Address is not a valid GCP topic id.")


def _arn_texts(uri: str, app_id: str | None) -> tuple[str, ...]:
    found = _ARN.fullmatch(uri)
    if found is None:
        return (_INVALID, "Address is not a valid AWS ARN")
    if app_id is not None and found[1] != app_id:
        return (_INVALID, f"Address is an AWS ARN and includes api_client_id '{found[1]}' instead of '{app_id}'")
    return ()
