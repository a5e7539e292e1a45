"""A shell sees at the end what became of each delivery, in words."""

import pytest

from stockstorm.loadtests.cli.delivered import in_one_line, print_deliveries
from stockstorm.loadtests.serve.told import Told


def told(*statuses: int, forged: str = "") -> Told:
    attempts = tuple((status, f"{status} after 2.0 ms", "") for status in statuses)
    return Told("orders/create", "w", forged, "http://me/hooks", "POST / HTTP/1.1\nHost: me", '{"id":1}', attempts, "")


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (told(200), "✓ orders/create: 200 after 2.0 ms"),
        (told(503, 200), "✓ orders/create: 503 after 2.0 ms; 200 after 2.0 ms"),
        (told(500), "✕ orders/create: 500 after 2.0 ms: it was not taken; Shopify takes 2xx alone"),
        (told(), "? orders/create: no answer yet"),
        (told(401, forged="wrong_key"), "✓ orders/create, forged (wrong key): 401 after 2.0 ms: it was refused"),
        (
            told(200, forged="tampered"),
            "✕ orders/create, forged (tampered): 200 after 2.0 ms: it was taken, and has to be refused",
        ),
    ],
)
def test_a_line_says_what_came_of_it_and_whether_that_is_right(one: Told, line: str) -> None:
    assert in_one_line(one) == line


def test_the_lines_stand_after_all_bodies(capsys: pytest.CaptureFixture[str]) -> None:
    print_deliveries([told(200), told(401)], "orders/create")
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [in_one_line(told(200)), in_one_line(told(401))]
    assert lines.count('  "id": 1') == 2
    print_deliveries([], "orders/create")
    assert "nothing was sent" in capsys.readouterr().out
