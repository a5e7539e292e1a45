"""How a service's own stock and orders are read: JMESPath over a JSON answer, or SQL through SQLAlchemy.

Both libraries are extras, `stockstorm[probe]`, and are imported when a subject file asks for them.
"""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, Final

from stockstorm.loadtests.extras import install
from stockstorm.loadtests.subjects.own.file import Reads
from stockstorm.scenarios.problems import Problem

INSTALL: Final = install("probe")
_SELECT: Final = re.compile(r"\s*(select|with)\b", re.IGNORECASE)


def query_problems(reads: Reads) -> Iterator[Problem]:
    """What is wrong with [reads]."""
    for place, read in enumerate(reads.http):
        for key, text in (("stock", read.stock), ("orders", read.orders)):
            if text and (problem := _path_problem(f"reads.http.{place}.{key}", text)):
                yield problem
        if not (read.stock or read.orders):
            yield Problem(f"reads.http.{place}", "nothing is taken from this answer", "add stock or orders")
    if reads.sql is not None:
        yield from _sql_problems(reads)


def _path_problem(key: str, text: str) -> Problem | None:
    if find_spec("jmespath") is None:
        return Problem(key, "JMESPath is not installed", INSTALL)
    try:
        compiled(text)
    except ValueError as error:
        first = str(error).splitlines()[0]
        return Problem(
            key, f"this is no JMESPath: {first}", "see jmespath.org, e.g. items[].{sku: sku, available: qty}"
        )
    return None


def _sql_problems(reads: Reads) -> Iterator[Problem]:
    sql = reads.sql
    if sql is None:
        return
    if find_spec("sqlalchemy") is None:
        yield Problem("reads.sql", "SQLAlchemy is not installed", INSTALL)
    if not (sql.stock or sql.orders):
        yield Problem("reads.sql", "nothing is read", "add stock or orders")
    for key, text in (("stock", sql.stock), ("orders", sql.orders)):
        if text and not _SELECT.match(text):
            yield Problem(f"reads.sql.{key}", "this is no query", "write a SELECT; what is read must not be changed")


def compiled(text: str) -> Any:
    """A JMESPath expression. Raises ValueError for a text that is none."""
    import jmespath  # noqa: PLC0415 - an extra

    return jmespath.compile(text)
