"""What the history keeps of an answer that refuses something or finds nothing: its texts, and the ids behind them."""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final

from stockstorm.simulator.api.admin.base.call import AdminState, Call
from stockstorm.simulator.limits import STRANGERS_MAX

TOKEN_HEADER: Final = "x-shopify-access-token"  # noqa: S105  # the name of the header
READ_MAX: Final = 100_000  # bytes of a request in which ids are looked for
_IDS: Final = re.compile(rb"gid:(?:\\?/){2}shopify\\?/([A-Za-z]{1,40})\\?/(\d{1,20})")


def answer_texts(answer: dict[str, Any], call: Call) -> Iterator[str]:
    """Top-level errors, user errors, and the root fields that are null because nothing has the id."""
    errors = answer.get("errors") or ()
    if isinstance(errors, str):
        yield errors
    elif isinstance(errors, dict):
        yield from (f"{name}: {text}" for name, text in errors.items())
    else:
        yield from (problem["message"] for problem in errors)
    yield from call.refusals
    for each in call.warnings:
        if each.of_time:
            yield f"{each.root}: only the date of {each.of_time} counts, because its time has no quotes"
    if not errors and not call.refusals:
        for name, value in (answer.get("data") or {}).items():
            if value is None or (isinstance(value, list) and None in value):
                yield f"{name}: nothing has this id"


def denial_text(headers: Mapping[str, str]) -> str:
    """How the token of a denied call differs from the right one, as far as a log may tell."""
    if TOKEN_HEADER in headers:
        return "the token in the header X-Shopify-Access-Token is not the token of this run"
    if "authorization" in headers:
        return "the header Authorization was sent instead of X-Shopify-Access-Token"
    return "the header X-Shopify-Access-Token was not sent"


def strangers(body: bytes, state: AdminState) -> tuple[str, ...]:
    """The first ids of a request that the shop does not have. Orders and the like cannot be told, and are included."""
    known: dict[str, Container[int]] = {
        "InventoryItem": state.item_ids,
        "Location": state.locations.keys(),
        "ProductVariant": state.by_variant.keys(),
        "InventoryLevel": state.level_ids,
    }
    found: dict[str, None] = {}
    for kind, number in _IDS.findall(body[:READ_MAX]):
        name = kind.decode()
        if int(number) not in known.get(name, ()):
            found[f"{name}/{number.decode()}"] = None
        if len(found) == STRANGERS_MAX:
            break
    return tuple(found)
