"""Reads of a subject over HTTP: final reads page by page, and its count of SQL statements."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.subjects import probes
from stockstorm.loadtests.subjects.probes import NoAnswer, PendingProbe, count_statements, probe
from stockstorm.simulator.history.facts import EffectProbed, ProbeEnded, StockProbed, decoder, encoder

EXPOSED = """# HELP reference_statements_total SQL statements sent to the database
# TYPE reference_statements_total counter
reference_statements_total 1234.0
# TYPE reference_statements_created gauge
reference_statements_created 1.7e+09
"""
EFFECT = {"webhook_id": "w1", "state": "applied", "times": 1}
EFFECTS = "/probe/effects?limit=5000"
STOCK = "/probe/stock?limit=5000"
NO_STOCK: dict[str, Any] = {"stock": [], "next": None}


@contextmanager
def service_of(pages: dict[str, str], missing: int = 404) -> Iterator[str]:
    """The address of a service that answers these paths, and `missing` to others."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in pages else missing)
            self.end_headers()
            self.wfile.write(pages.get(self.path, "").encode())

        def log_message(self, *args: object) -> None:
            """Keeps the test's output quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def probed(pages: dict[str, Any]) -> list[Any]:
    with service_of({path: json.dumps(page) for path, page in pages.items()}) as base:
        return list(probe(base, 7))


@pytest.mark.parametrize(
    ("path", "page"),
    [
        (EFFECTS, {"effects": [EFFECT | {"times": -1}], "next": None}),
        (EFFECTS, {"effects": [EFFECT | {"times": 2**63}], "next": None}),
        (EFFECTS, {"effects": [EFFECT | {"webhook_id": ""}], "next": None}),
        (STOCK, {"stock": [{"sku": "", "available": 1}], "next": None}),
        (STOCK, {"stock": [{"sku": "A", "available": -(2**63)}], "next": None}),
    ],
)
def test_an_answer_that_a_history_cannot_hold_fails_the_probe(path: str, page: dict[str, Any]) -> None:
    facts = probed({EFFECTS: {"effects": [], "next": None}, STOCK: NO_STOCK} | {path: page})
    assert [fact.ok for fact in facts if isinstance(fact, ProbeEnded)] == [path != EFFECTS, path != STOCK]
    assert [fact for fact in facts if not isinstance(fact, ProbeEnded)] == []


@pytest.mark.parametrize("nested", [b"[" * 100_000, b'"\xff"'])
def test_an_answer_that_cannot_be_read_fails_the_probe(nested: bytes) -> None:
    with service_of({EFFECTS: '{"effects": ' + nested.decode("latin-1"), STOCK: json.dumps(NO_STOCK)}) as base:
        assert [fact.ok for fact in probe(base, 7) if isinstance(fact, ProbeEnded)] == [False, True]


def test_no_certificates_are_loaded_to_read_a_service_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *given, **named: loaded.append(named or given))
    with service_of({"/probe/pending": '{"pending": 3}', "/metrics": EXPOSED, STOCK: json.dumps(NO_STOCK)}) as base:
        assert PendingProbe(base).count() == 3
        assert count_statements(base) == 1234
        assert [fact.ok for fact in probe(base, 7) if isinstance(fact, ProbeEnded)] == [False, True]
    assert loaded == []


def test_effects_and_stock_are_read_page_by_page() -> None:
    second = {"effects": [EFFECT | {"webhook_id": "w2", "state": "dead_lettered", "times": 0}], "next": None}
    pages = {
        EFFECTS: {"effects": [EFFECT], "next": "w1"},
        f"{EFFECTS}&after=w1": second,
        STOCK: {"stock": [{"sku": "A", "available": 12}], "next": None},
    }
    assert probed(pages) == [
        EffectProbed(7, "w1", "applied", 1),
        EffectProbed(7, "w2", "dead_lettered", 0),
        ProbeEnded(7, "effects", ok=True),
        StockProbed(7, "A", 12),
        ProbeEnded(7, "stock", ok=True),
    ]


def test_a_service_without_probes_is_noted() -> None:
    ended = probed({})
    assert [(fact.probe, fact.ok) for fact in ended] == [("effects", False), ("stock", False)]
    assert "/probe/effects: " in ended[0].reason
    assert "404" in ended[0].reason


@pytest.mark.parametrize(
    ("effect", "found"),
    [
        (EFFECT | {"state": "done"}, "Invalid enum value 'done'"),
        ({"webhook_id": "w1", "state": "applied"}, "missing required field `times`"),
        (EFFECT | {"times": "often"}, "Expected `int`"),
    ],
)
def test_an_answer_of_another_shape_is_named_with_its_place(effect: dict[str, Any], found: str) -> None:
    failed, _ = probed({EFFECTS: {"effects": [effect], "next": None}, STOCK: NO_STOCK})
    assert not failed.ok
    assert found in failed.reason
    assert "$.effects[0]" in failed.reason
    assert "docs/own_service.md" in failed.reason


ROW = '{"effects": [{"webhook_id": "w1", "state": "applied", "times": %s}], "next": null}'


@pytest.mark.parametrize(
    "text",
    [
        *(ROW % value for value in ("-1", "9" * 5_000, str(2**63), "1e400", "NaN", "Infinity", "1.5", '"\\ud800"')),
        *(ROW.replace('"w1"', value) % "1" for value in ('""', "-1", "9" * 5_000, "true")),
        ROW % ("[" * 100_000 + "]" * 100_000),
        ROW.replace("{", '{"x": ' + "[" * 100_000 + "]" * 100_000 + ",", 1) % 1,
        " " * 40_000,
        "",
    ],
    ids=lambda text: text[50:90],
)
def test_a_hostile_answer_is_a_fact_and_the_history_stays_readable(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PROBE_ANSWER_MAX_BYTES", 300_000)
    with service_of({EFFECTS: text, "/probe/pending": text}) as base:
        facts = list(probe(base, 7))
        assert PendingProbe(base).count() is None
    assert [type(fact) for fact in facts] == [ProbeEnded, ProbeEnded]
    assert [decoder.decode(encoder.encode(fact)) for fact in facts] == facts


def test_an_answer_without_an_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PROBE_ANSWER_MAX_BYTES", 1_000)
    failed, _ = probed({EFFECTS: {"effects": [EFFECT] * 100, "next": None}, STOCK: NO_STOCK})
    assert "more than 1,000 bytes" in failed.reason


def test_numbers_as_ids_and_digits_as_numbers_are_understood() -> None:
    pages = {EFFECTS: {"effects": [{"webhook_id": 1, "state": "applied", "times": "1"}]}, STOCK: NO_STOCK}
    assert probed(pages)[0] == EffectProbed(7, "1", "applied", 1)


def test_statements_are_counted_by_the_subjects_own_metric() -> None:
    with service_of({"/metrics": EXPOSED}) as base:
        assert count_statements(base) == 1234


COUNT = "reference_statements_total"
BAD_COUNTS = [f"{COUNT} {value}\n" for value in ("-5", "inf", "nan", "1e400", "9" * 5_000)]


@pytest.mark.parametrize("text", ["", "up 1\n", "<html>no metrics here</html>", *BAD_COUNTS])
def test_a_subject_without_the_metric_has_no_count(text: str) -> None:
    with service_of({"/metrics": text}) as base:
        assert count_statements(base) is None


def test_a_subject_that_is_down_has_no_count() -> None:
    assert count_statements(f"http://127.0.0.1:{free_port('127.0.0.1')}") is None


WAITING = EFFECT | {"state": "pending", "times": 0}


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ({"/probe/pending": {"pending": 66}}, 66),
        ({"/probe/pending": {"pending": "0"}}, 0),
        ({"/probe/pending": {"pending": 5}, EFFECTS: {"effects": [WAITING]}}, 5),
        ({EFFECTS: {"effects": [EFFECT, WAITING], "next": "w1"}, f"{EFFECTS}&after=w1": {"effects": [WAITING]}}, 2),
        ({"/probe/pending": {"hello": "world"}, EFFECTS: {"effects": [WAITING]}}, 1),
        ({"/probe/pending": {"pending": -1}}, None),
        ({"/probe/pending": "<html>", EFFECTS: "<html>"}, None),
        ({}, None),
    ],
)
def test_pending_work_is_counted_by_the_probe_or_by_its_effects(pages: dict[str, Any], found: int | None) -> None:
    with service_of({path: json.dumps(page) for path, page in pages.items()}) as base:
        assert PendingProbe(base).count() == found


def test_a_process_that_does_not_answer_is_no_process_without_a_probe() -> None:
    with service_of({}, missing=503) as base, pytest.raises(NoAnswer):
        PendingProbe(base).count()
    with pytest.raises(NoAnswer):
        PendingProbe(f"http://127.0.0.1:{free_port('127.0.0.1')}").count()


def test_a_service_without_a_probe_whose_unknown_paths_fail_has_none() -> None:
    with service_of({}, missing=500) as base:
        assert PendingProbe(base).count() is None


def test_pages_that_lead_back_to_one_another_are_no_probe() -> None:
    page = {"effects": [EFFECT], "next": "w1"}
    facts = probed({EFFECTS: page, f"{EFFECTS}&after=w1": page, STOCK: NO_STOCK})
    ended = [fact for fact in facts if isinstance(fact, ProbeEnded)]
    assert [fact.ok for fact in ended] == [False, True]
    assert "`next` is 'w1' again" in ended[0].reason
    assert len([fact for fact in facts if isinstance(fact, EffectProbed)]) == 2


def test_pages_together_have_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PROBE_MAX_S", -1.0)
    monkeypatch.setattr(probes, "PROBE_PAGE_S", 0.0)
    facts = probed({EFFECTS: {"effects": [EFFECT], "next": "w1"}, STOCK: NO_STOCK})
    ended = [fact for fact in facts if isinstance(fact, ProbeEnded)]
    assert [fact.ok for fact in ended] == [False, True]
    assert "1 pages took more than" in ended[0].reason
