"""docs/fidelity.md: every row has its four columns, and every test that it names exists. Nothing is missing.

What is played stands in code: topics, mutations, queries, and the keys of deliveries and of the app. What is known
stands in docs/sources.md. All of it stands in the table too.
"""

import re
from pathlib import Path
from typing import get_args

import pytest

from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from stockstorm.simulator.config import AppConfig, DeliveryConfig
from stockstorm.simulator.model import AppTopic, CallTopic, ShopifyTopic
from stockstorm.simulator.versions import VERSIONS

COLUMNS = 4
PLAYED = ("yes", "partly", "no", "assumed")
NAMED = re.compile(r"`((?:sim|unit|contract|golden|e2e|properties|strangers|tidy|fuzz)/[\w/]+\.py)(?:::(test_\w+))?`")


def rows(text: str) -> list[list[str]]:
    """The cells of every row of facts."""
    facts = text.split("\n## 15.", maxsplit=1)[0]
    found = [line.strip().strip("|").split("|") for line in facts.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in found if row[0].strip() not in ("fact", "report")]


def named_in(text: str) -> set[str]:
    """Every word that stands in code marks, also in a table or path of several."""
    return set(re.findall(r"[\w/]+", " ".join(re.findall(r"`([^`]+)`", text))))


def played() -> dict[str, list[str]]:
    """Names of what is played, by kind."""
    schemas = [admin_schema(version) for version in VERSIONS]
    roots = [root for schema in schemas for root in (schema.query_type, schema.mutation_type) if root is not None]
    return {
        "topics": [*get_args(ShopifyTopic), *get_args(CallTopic), *get_args(AppTopic)],
        "queries and mutations": sorted({name for root in roots for name in root.fields}),
        "keys of deliveries": list(DeliveryConfig.model_fields),
        "keys of the app": list(AppConfig.model_fields),
    }


@pytest.mark.parametrize("kind", played())
def test_all_that_is_played_stands_in_the_table(kind: str, texts: dict[str, str]) -> None:
    named = named_in(texts["docs/fidelity.md"])
    assert [name for name in played()[kind] if name not in named] == []


def test_every_source_stands_in_the_table(texts: dict[str, str]) -> None:
    known = {int(number) for number in re.findall(r'id="s(\d+)"', texts["docs/sources.md"])}
    cited: set[int] = set()
    for line in re.findall(r"^Sources: (.+)\.$", texts["docs/fidelity.md"], re.MULTILINE):
        cited |= {int(number) for number in re.findall(r"S(\d+)", line)}
        for first, last in re.findall(r"S(\d+) to S(\d+)", line):
            cited |= {*range(int(first), int(last) + 1)}
    assert known - cited == {12}  # the assumptions, which the last section has


def test_every_report_of_a_developer_that_a_source_names_stands_in_the_table(texts: dict[str, str]) -> None:
    cited = set(re.findall(r"[\w-]+/[\w-]+#\d+", texts["docs/sources.md"]))
    named = set(re.findall(r"[\w-]+/[\w-]+#\d+", texts["docs/fidelity.md"]))
    assert {each for each in cited - named if not each.startswith("Shopify/shopify-express#15")} == set()


def test_every_fact_says_whether_it_is_played(texts: dict[str, str]) -> None:
    found = rows(texts["docs/fidelity.md"])
    assert [row for row in found if len(row) != COLUMNS or not row[1].startswith(PLAYED)] == []


def test_what_is_played_names_its_test(texts: dict[str, str]) -> None:
    found = rows(texts["docs/fidelity.md"])
    assert [row for row in found if not row[1].startswith("no") and not NAMED.search(row[3])] == []


def test_every_test_that_a_row_names_exists(texts: dict[str, str], root: Path) -> None:
    named = {found for row in rows(texts["docs/fidelity.md"]) for found in NAMED.findall(row[3])}
    paths = {(path, test): root / "tests" / re.sub(r"^sim/", "unit/simulator/", path) for path, test in named}
    missing = [key for key, path in paths.items() if not path.is_file()]
    missing += [key for key, path in paths.items() if path.is_file() and f"def {key[1]}" not in path.read_text()]
    assert missing == []
