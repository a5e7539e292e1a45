"""A service's own stock and orders are read by JMESPath or SQL; what changed is a fact, and so is a read that fails."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.subjects.own.file import Reads
from stockstorm.loadtests.subjects.own.view import OwnView, View, make_view
from stockstorm.simulator.history.facts import OwnViewRead

ANSWER: dict[str, Any] = {}
WITHIN_S = 20


class Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(ANSWER).encode()
        self.send_response(200 if ANSWER else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Silent."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/state"
        server.shutdown()
        thread.join()


def read(reads: dict[str, Any], environment: dict[str, str] | None = None) -> OwnViewRead:
    view = make_view(Reads.model_validate(reads), {}, environment or {}, False)
    return view._read()


def by_http(url: str) -> dict[str, Any]:
    return {"http": [{"url": url, "stock": "items[].{sku: code, available: qty}", "orders": "orders.total"}]}


def test_an_answer_is_read_by_paths_and_rows_of_one_sku_add_up(url: str) -> None:
    ANSWER.clear()
    ANSWER.update(
        items=[{"code": "MUG", "qty": 3}, {"code": 7, "qty": 1}, {"code": "MUG", "qty": 2}], orders={"total": 9}
    )
    found = read(by_http(url))
    assert (found.skus, found.available, found.orders, found.reason) == (("MUG", "7"), (5, 1), 9, "")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({}, "HTTPStatusError"),
        ({"items": [{"code": "MUG"}], "orders": {"total": 1}}, "ValidationError"),
        ({"items": [], "orders": {}}, "ValidationError"),
    ],
)
def test_an_answer_of_another_shape_is_a_read_that_failed(answer: dict[str, Any], why: str, url: str) -> None:
    ANSWER.clear()
    ANSWER.update(answer)
    found = read(by_http(url))
    assert found.reason.startswith(why)
    assert (found.skus, found.orders) == ((), -1)


def test_a_database_is_read_by_queries(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy", reason="the extra `probe` is not installed")
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE stock (sku TEXT, available INTEGER)")
        database.executemany("INSERT INTO stock VALUES (?, ?)", [("MUG", 3), ("CUP", 4)])
        database.execute("CREATE TABLE orders (id INTEGER)")
        database.execute("INSERT INTO orders VALUES (1)")
    reads = {"sql": {"url": "DB", "stock": "SELECT sku, available FROM stock", "orders": "SELECT count(*) FROM orders"}}
    found = read(reads, {"DB": f"sqlite:///{tmp_path / 'shop.db'}"})
    assert (found.skus, found.available, found.orders, found.reason) == (("MUG", "CUP"), (3, 4), 1, "")


def test_facts_hold_what_changed_and_the_last_read_everything() -> None:
    answers = iter([View({"MUG": 3, "CUP": 1}, 0), View({"MUG": 3, "CUP": 2}, 1)])
    last = View({"MUG": 3, "CUP": 2}, 1)
    view = OwnView([lambda: next(answers, last)], 0.001)
    view.start()
    deadline, facts = time.monotonic() + WITHIN_S, list[Any]()
    while len(facts) < 3 and time.monotonic() < deadline:
        facts += view.drain()
        time.sleep(0.01)
    facts += view.final()
    assert [(fact.skus, fact.available) for fact in facts[:3]] == [(("MUG", "CUP"), (3, 1)), (("CUP",), (2,)), ((), ())]
    assert (facts[-1].final, facts[-1].skus, facts[-1].available) == (True, ("MUG", "CUP"), (3, 2))
    assert sum(fact.final for fact in facts) == 1
