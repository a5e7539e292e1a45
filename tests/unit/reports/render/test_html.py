"""The HTML report: complete, self-contained, harmless, and bounded in size."""

import base64
import gzip
import hashlib
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from msgspec.structs import replace

from stockstorm.reports.history import History
from stockstorm.reports.render.html import report_page
from stockstorm.reports.render.page import PACKAGE, PLOTLY
from stockstorm.reports.result import Result
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.history.facts import AnyFact, RunEnded, StockChanged
from tests.unit.reports.literal import run_started
from tests.unit.reports.synthetic import flash_sale

PLOTLY_DIGEST = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"  # as published, 4.1.1
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """Names, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts.append(data)


@pytest.fixture(scope="module")
def page(result: Result, history: History) -> str:
    return report_page(result, history)


def test_the_report_has_every_section(page: str) -> None:
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert titles == [
        "Causes",
        "Incidents",
        "Faults",
        "Latency over time",
        "What waits",
        "Stock of the hottest SKU",
        "Latency by percentile",
        "Events by class",
        "Deliveries by topic",
        "Offered load and throughput",
        "Health of the load generator",
        "CPU by process",
        "Memory of every process over time",
        "Checks and thresholds",
        "This run",
    ]


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    for tag, attributes in Elements(page).tags:
        assert tag not in {"link", "img", "iframe", "object"}
        assert "src" not in attributes
        assert "href" not in attributes


def test_only_our_own_scripts_may_run(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)
    assert policy is not None
    allowed = set(re.findall(r"sha256-([A-Za-z0-9+/=]+)", policy[1]))
    bodies = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert {base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies} == allowed
    assert "default-src &#39;none&#39;" in policy[1]


def test_the_library_of_figures_is_the_small_one_as_it_was_published_with_its_licence(page: str) -> None:
    folder = files(PACKAGE) / "plotly"
    library = gzip.decompress((files(PACKAGE) / PLOTLY).read_bytes())
    assert hashlib.sha256(library).hexdigest() == PLOTLY_DIGEST
    assert "MIT" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert "* plotly.js (basic - minified) v" in page
    assert len(library) < 1_500_000


def hostile_names(fact: AnyFact) -> dict[str, object]:
    """Every SKU, channel and source of a fact with hostile text before it. Different names stay different."""
    found: dict[str, object] = {}
    for name in ("sku", "channel", "source"):
        value = getattr(fact, name, "")
        if value not in {"", "shopify", "online"}:
            found[name] = HOSTILE + value
    if skus := getattr(fact, "skus", ()):
        found["skus"] = tuple(HOSTILE + sku for sku in skus)
    return found


def test_text_of_scenario_subject_and_skus_cannot_become_markup() -> None:
    scenario = {"name": HOSTILE, "title": HOSTILE, "shows": HOSTILE, "expect": {}}
    facts = flash_sale(
        scenario=scenario, subject=HOSTILE, notes=(HOSTILE,), replay=HOSTILE, versions={HOSTILE: HOSTILE}, run="a"
    )
    renamed = [replace(fact, **hostile_names(fact)) for fact in facts]
    history = History.of(renamed)
    page = report_page(judge(history), history)
    found = Elements(page)
    assert sum(tag == "script" for tag, _ in found.tags) == 3
    assert not any(tag == "img" or any(name.startswith("on") for name in attributes) for tag, attributes in found.tags)


def test_a_report_is_the_same_every_time(page: str, result: Result, history: History) -> None:
    assert report_page(result, history) == page


def test_an_incident_is_shown_with_the_facts_that_led_to_it(page: str) -> None:
    oversell = next(part for part in page.split("<details>") if 'class="kind">oversell' in part)
    for step in ("order", "event", "attempt"):
        assert f"<td>{step}</td>" in oversell
    assert "webhook id <code>" in oversell


def test_a_run_in_which_nothing_happened_still_has_a_report() -> None:
    empty = History.of([run_started(), RunEnded(2_000_000_000, True)])
    page = report_page(judge(empty), empty)
    assert "No incidents." in page
    assert 'class="verdict">? Unknown' in page


def test_a_large_history_is_thinned_and_the_report_says_so() -> None:
    history = History.of(flash_sale(scale=15))
    page = report_page(judge(history), history)
    assert len(page) < 6_500_000
    assert re.search(r"2,4\d\d of [\d,]+ dots of ack time drawn", page)


def test_a_history_that_checkers_cannot_read_still_has_a_report_that_says_so() -> None:
    facts = [replace(fact, version=1) if isinstance(fact, StockChanged) else fact for fact in flash_sale()]
    history = History.of(facts)
    found = judge(history)
    page = report_page(found, history)
    assert found.verdict != "valid"
    assert any(note.startswith("there are no intervals") for note in found.notes)
    assert "This figure could not be drawn" in page


def test_the_page_says_what_showed_that_the_run_was_at_rest(result: Result, history: History) -> None:
    rest = "by probe, two reads 0.5 s apart"
    assert rest in report_page(replace(result, rest=rest), history)
