"""Reads of a subject over HTTP: what became of each notification, the stock it believes in, its count of statements.

A subject without these endpoints is judged from the outside alone; the facts say so.
"""

from collections.abc import Iterator
from typing import Any, get_args

import httpx
from prometheus_client.parser import text_string_to_metric_families

from stockstorm.simulator.history.facts import AnyFact, EffectProbed, EffectState, Probe, ProbeEnded, StockProbed

PAGE = 5_000
PAGES_MAX = 2_000
TIMEOUT_S = 30.0
STATEMENTS = "reference_statements_total"
STATES = get_args(EffectState)


def probe_effects(base_url: str, now_ns: int) -> Iterator[AnyFact]:
    """GET /probe/effects, page after page."""
    yield from _probe(base_url, "effects", now_ns)


def probe_stock(base_url: str, now_ns: int) -> Iterator[AnyFact]:
    """GET /probe/stock, page after page."""
    yield from _probe(base_url, "stock", now_ns)


def count_statements(base_url: str) -> int | None:
    """SQL statements by GET /metrics, in Prometheus' text format; None when it is not told."""
    try:
        answer = httpx.get(f"{base_url}/metrics", timeout=TIMEOUT_S).raise_for_status()
        samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    except (httpx.HTTPError, ValueError):
        return None
    return next((int(sample.value) for sample in samples if sample.name == STATEMENTS), None)


def _probe(base_url: str, name: Probe, now_ns: int) -> Iterator[AnyFact]:
    try:
        with httpx.Client(base_url=base_url, timeout=TIMEOUT_S) as client:
            for row in _rows(client, name):
                yield _fact(name, row, now_ns)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        yield ProbeEnded(at_ns=now_ns, probe=name, ok=False, reason=f"{base_url}/probe/{name}: {error}")
        return
    yield ProbeEnded(at_ns=now_ns, probe=name, ok=True)


def _rows(client: httpx.Client, name: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        answer = client.get(f"/probe/{name}", params={"limit": PAGE} | ({"after": cursor} if cursor else {}))
        answer.raise_for_status()
        page = answer.json()
        yield from page[name]
        cursor = page.get("next")
        if cursor is None:
            return
    raise ValueError(f"more than {PAGES_MAX} pages")


def _fact(name: str, row: dict[str, Any], now_ns: int) -> AnyFact:
    if name == "stock":
        return StockProbed(at_ns=now_ns, sku=str(row["sku"]), available=int(row["available"]))
    if row["state"] not in STATES:
        raise ValueError(f"state {row['state']!r} is none of {', '.join(sorted(STATES))}")
    return EffectProbed(at_ns=now_ns, webhook_id=str(row["webhook_id"]), state=row["state"], times=int(row["times"]))
