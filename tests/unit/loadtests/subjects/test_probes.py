"""What is read of a subject over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.subjects.probes import count_statements

EXPOSED = """# HELP reference_statements_total SQL statements sent to the database
# TYPE reference_statements_total counter
reference_statements_total 1234.0
# TYPE reference_statements_created gauge
reference_statements_created 1.7e+09
"""


@contextmanager
def service_that_exposes(text: str) -> Iterator[str]:
    """Its address. Any path is answered with this text."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            """Nobody reads it."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_statements_are_counted_by_the_subjects_own_metric() -> None:
    with service_that_exposes(EXPOSED) as base:
        assert count_statements(base) == 1234


@pytest.mark.parametrize("text", ["", "up 1\n", "<html>no metrics here</html>"])
def test_a_subject_that_exposes_no_such_metric_tells_no_count(text: str) -> None:
    with service_that_exposes(text) as base:
        assert count_statements(base) is None


def test_a_subject_that_is_down_tells_no_count() -> None:
    assert count_statements(f"http://127.0.0.1:{free_port('127.0.0.1')}") is None
