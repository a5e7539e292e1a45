"""docs/fidelity.md: every row has its four columns, and every test that it names exists."""

import re
from pathlib import Path

COLUMNS = 4
PLAYED = ("yes", "partly", "no", "assumed")
NAMED = re.compile(r"`((?:sim|unit|contract|golden|e2e|properties|strangers|tidy|fuzz)/[\w/]+\.py)(?:::(test_\w+))?`")


def rows(text: str) -> list[list[str]]:
    """The cells of every row of facts."""
    facts = text.split("\n## 13.", maxsplit=1)[0]
    found = [line.strip().strip("|").split("|") for line in facts.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in found if row[0].strip() != "fact"]


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
