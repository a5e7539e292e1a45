"""The line of a log that says why its process ended."""

import pytest

from stockstorm.simulator.history.last_words import telling


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("Traceback (most recent call last):", '  File "x"', "ModuleNotFoundError: No module named 'x'"), "ModuleNot"),
        (("Error: Cannot find module '/x'", "    at Function (node:internal)", "", "Node.js v20"), "Error: Cannot"),
        (
            ("Failed: 429", "    at one (x.js:1)", "    at two (x.js:2) {", "  wait: 1", "}", "", "Node.js v20.20.2"),
            "Failed",
        ),
        (("old", "    at one", "new", "    at two", "", "Node.js v20.20.2"), "new"),
        (("    at one", "    at two", "Node.js v20.20.2"), "at two"),
        (("    at two (x.js:2) {", "  wait: 1", "}", "", "Node.js v20.20.2"), "wait: 1"),
        (("panic: no database", "", "goroutine 1 [running]:"), "panic: no database"),
        (("starting", "", "no database", " "), "no database"),
        (("Node.js v20.20.2",), "Node.js v20.20.2"),
    ],
)
def test_the_line_that_names_the_error(lines: tuple[str, ...], told: str) -> None:
    assert telling(lines).startswith(told)


def test_an_empty_log_says_nothing() -> None:
    assert not telling(("", " "))
