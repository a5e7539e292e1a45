"""Reads of a subject over HTTP: what it has pending, what became of each notification, its own view of stock, and its
SQL statements.

All are optional (docs/own_service.md, "Optional probes"). The facts say which a subject does not offer; it is judged
without them then.
"""

import ssl
import time
from collections.abc import Iterator
from typing import Final

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from stockstorm.loadtests.limits import (
    METRICS_ANSWER_S,
    PENDING_ANSWER_S,
    PROBE_ANSWER_MAX_BYTES,
    PROBE_ANSWER_S,
    PROBE_MAX_S,
    PROBE_PAGE_ROWS,
    PROBE_PAGE_S,
    PROBE_PAGES_MAX,
)
from stockstorm.loadtests.subjects.asking import Client, body_of
from stockstorm.simulator.errors import UNREADABLE_JSON
from stockstorm.simulator.history.facts import AnyFact, EffectProbed, EffectState, Probe, ProbeEnded, StockProbed
from stockstorm.simulator.history.ranges import Balance, Count, Name

CURSOR_MAX: Final = 200  # characters
STATEMENTS: Final = "reference_statements_total"
SHAPE: Final = 'the expected answer is described in docs/own_service.md, "Optional probes"'


class _Effect(msgspec.Struct, frozen=True):
    webhook_id: Name | Count
    state: EffectState
    times: Count

    def fact(self, now_ns: int) -> AnyFact:
        return EffectProbed(at_ns=now_ns, webhook_id=str(self.webhook_id), state=self.state, times=self.times)


class _Stock(msgspec.Struct, frozen=True):
    sku: Name | Count
    available: Balance

    def fact(self, now_ns: int) -> AnyFact:
        return StockProbed(at_ns=now_ns, sku=str(self.sku), available=self.available)


class _EffectsPage(msgspec.Struct, frozen=True):
    rows: list[_Effect] = msgspec.field(name="effects")
    next: str | int | None = None


class _StockPage(msgspec.Struct, frozen=True):
    rows: list[_Stock] = msgspec.field(name="stock")
    next: str | int | None = None


Page = _EffectsPage | _StockPage
PAGES: Final[dict[Probe, type[Page]]] = {"effects": _EffectsPage, "stock": _StockPage}


class _Pending(msgspec.Struct, frozen=True):
    pending: Count


class NoAnswer(Exception):
    """A process did not answer in time, or said with 503 that it cannot tell. It may have work."""


class PendingProbe:
    """Counts what one process has pending, over one connection. For one thread."""

    def __init__(self, base_url: str, verify: ssl.SSLContext | bool = True) -> None:
        self._base_url, self._verify = base_url, verify
        self._client: httpx.Client | None = None  # made at the first count, because making one costs time

    def count(self) -> int | None:
        """GET /probe/pending; without it the pending rows of /probe/effects; None when the subject offers neither.

        Raises NoAnswer.
        """
        try:
            if self._client is None:
                self._client = Client(PENDING_ANSWER_S, base_url=self._base_url, verify=self._verify)
            return _count_pending(self._client)
        except httpx.InvalidURL:
            return None
        except httpx.HTTPError as error:
            raise NoAnswer(self._base_url) from error


def _count_pending(client: httpx.Client) -> int | None:
    try:
        return msgspec.json.decode(_body(client, "/probe/pending"), type=_Pending, strict=False).pending
    except httpx.HTTPStatusError as error:
        if error.response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise NoAnswer(str(client.base_url)) from error
    except (ValueError, *UNREADABLE_JSON):
        pass  # a service that answers 200 to every path
    return _count_pending_effects(client)


def _count_pending_effects(client: httpx.Client) -> int | None:
    try:
        return sum(
            row.state == "pending"
            for page in _pages(client, "effects")
            for row in page.rows
            if isinstance(row, _Effect)
        )
    except (httpx.HTTPStatusError, ValueError):
        return None


def probe(base_url: str, now_ns: int, verify: ssl.SSLContext | bool = True) -> Iterator[AnyFact]:
    """GET /probe/effects and /probe/stock, page by page. Each ends with a ProbeEnded that says whether it worked."""
    for name in PAGES:
        try:
            with Client(PROBE_ANSWER_S, base_url=base_url, verify=verify) as client:
                for page in _pages(client, name):
                    for row in page.rows:
                        yield row.fact(now_ns)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            yield ProbeEnded(at_ns=now_ns, probe=name, ok=False, reason=f"{base_url}/probe/{name}: {error}")
        else:
            yield ProbeEnded(at_ns=now_ns, probe=name, ok=True)


def count_statements(base_url: str) -> int | None:
    """SQL statements so far, from GET /metrics in Prometheus' text format; None when there is no such metric."""
    try:
        with Client(METRICS_ANSWER_S, base_url=base_url) as client:
            text = _body(client, "/metrics").decode()
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        value = next((sample.value for sample in samples if sample.name == STATEMENTS), None)
        return None if value is None else msgspec.convert(int(value), Count)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OverflowError):
        return None


def _body(client: httpx.Client, path: str, parameters: dict[str, str | int] | None = None) -> bytes:
    """The body of an answer. Raises httpx.HTTPError, and ValueError when it is longer than the limit."""
    with client.stream("GET", path, params=parameters) as answer:
        answer.raise_for_status()
        return body_of(answer, PROBE_ANSWER_MAX_BYTES)


def _pages(client: httpx.Client, name: Probe) -> Iterator[Page]:
    """Every page. Raises httpx.HTTPError, and ValueError for an answer of another shape or without an end."""
    parameters: dict[str, str | int] = {"limit": PROBE_PAGE_ROWS}
    end_s, cursors = time.monotonic() + PROBE_MAX_S, set[str | int]()
    for number in range(PROBE_PAGES_MAX):
        body = _body(client, f"/probe/{name}", parameters)
        try:
            page = msgspec.json.decode(body, type=PAGES[name], strict=False)
        except UNREADABLE_JSON as error:
            raise ValueError(f"{error}; {SHAPE}") from None
        yield page
        if not page.next:
            return
        if page.next in cursors or len(str(page.next)) > CURSOR_MAX:
            raise ValueError(f"`next` is {str(page.next)[:CURSOR_MAX]!r} again, or too long; {SHAPE}")
        if time.monotonic() > end_s + (number + 1) * PROBE_PAGE_S:
            raise ValueError(f"{number + 1} pages took more than {PROBE_MAX_S:g} s and {PROBE_PAGE_S:g} s a page")
        cursors.add(page.next)
        parameters["after"] = page.next
    raise ValueError(f"more than {PROBE_PAGES_MAX} pages; `next` must be null on the last one")
