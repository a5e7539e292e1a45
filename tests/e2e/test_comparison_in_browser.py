"""The comparison in a real browser, offline, in both themes: every figure is drawn, without errors or overlaps."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from stockstorm.reports.compare.build import compare
from stockstorm.reports.compare.run_summary import RunSummary
from stockstorm.reports.render.comparison.page import comparison_page
from tests.unit.reports.compared import SECONDS, SUBJECTS, matrix, run_summary

pytestmark = pytest.mark.browser
# Each theme and each width: what is drawn in one depends little on the other.
VIEWS = [
    ("light", 1280),
    ("dark", 700),
    *(pytest.param(view, marks=pytest.mark.prove) for view in (("dark", 1280), ("light", 700))),
]
SEEDS = (1, 2, 3)
STOCKS = (0, 2)
MARKS = ".scatterlayer path.js-line, .scatterlayer path.point, .barlayer path"
DRAWN = f"box => [box.id, box.querySelectorAll('{MARKS}').length]"
OVERLAPS = """() => [...document.querySelectorAll('.figure')].flatMap(box => {
  const found = [...box.querySelectorAll('.annotation-text, .ytick text')];
  const texts = found.map(text => [text.textContent, text.getBoundingClientRect()]);
  return texts.flatMap(([a, p], i) => texts.slice(i + 1).filter(([, q]) =>
    p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 2 && q.top < p.bottom - 2
  ).map(([b]) => box.id + ': ' + a + ' / ' + b));
})"""


def runs() -> list[RunSummary]:
    """Three architectures at two safety stocks over three seeds."""
    found = []
    for subject, ms, oversold in (("polling", 5_000.0, 30.0), ("webhook", 300.0, 3.0), ("queue", 250.0, 2.0)):
        for stock in STOCKS:
            for seed in SEEDS:
                values = [ms * (1 + 0.1 * seed) * (1 + second % 7) / 4 for second in range(SECONDS)]
                sold, lost = oversold / (1 + stock) + seed, 10.0 * stock + seed
                found.append(run_summary(subject, values, seed=seed, stock=stock, oversold=sold, lost=lost))
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("comparison") / "comparison.html"
    floor = [(10.0 * 1.2**n, 0.05 * 1.2**n) for n in range(40)]
    wanted = matrix("polling", "webhook", "queue", seeds=SEEDS, stocks=STOCKS)
    path.write_text(comparison_page(compare(wanted, SUBJECTS, runs(), [], {None: floor})), encoding="utf-8")
    return path


class Watched:
    """The page with its console messages, errors and requests."""

    def __init__(self, page: Page, report: Path, theme: str) -> None:
        self.page, self.messages, self.requests = page, list[str](), list[str]()
        page.on("console", lambda message: self.messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(report.as_uri())
        page.locator(f"html[data-drawn={theme}]").wait_for(state="attached", timeout=30_000)


@pytest.fixture(scope="module", params=VIEWS, ids=str)
def watched(browser: Browser, report: Path, request: pytest.FixtureRequest) -> Iterator[Watched]:
    theme, width = request.param
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme, offline=True)
    yield Watched(page, report, theme)
    page.close()


def test_it_opens_offline_without_errors_or_requests(watched: Watched, report: Path) -> None:
    assert watched.messages == []
    assert watched.requests == [report.as_uri()]


def test_every_figure_has_drawn_marks(watched: Watched) -> None:
    drawn = dict(box.evaluate(DRAWN) for box in watched.page.query_selector_all(".figure"))
    assert list(drawn) == [f"figure-{name}" for name in ("overview", "curves", "tradeoff", "resources")]
    assert [name for name, marks in drawn.items() if not marks] == []


def test_the_page_fits_the_window(watched: Watched) -> None:
    assert watched.page.evaluate("document.documentElement.scrollWidth") == watched.page.evaluate("window.innerWidth")


def test_no_texts_of_a_figure_overlap(watched: Watched) -> None:
    assert watched.page.evaluate(OVERLAPS) == []


def test_headline_and_ranking_are_visible(watched: Watched) -> None:
    assert watched.page.locator(".banner .verdict").is_visible()
    assert watched.page.locator("table.ranking tbody tr").count() == 6


def test_what_is_better_is_green_and_what_is_worse_is_red(watched: Watched) -> None:
    """A rule for all figures of the table must not win over those two."""
    found = 0
    for kind, tone in (("better", "--valid"), ("worse", "--invalid")):
        bold = watched.page.locator(f"table.differences b.{kind}")
        shown = bold.evaluate_all("all => all.map(one => getComputedStyle(one).color)")
        probe = f"""() => {{ const one = document.createElement('i'); one.style.color = 'var({tone})';
            document.body.append(one); const found = getComputedStyle(one).color; one.remove(); return found; }}"""
        assert set(shown) <= {watched.page.evaluate(probe)}, (kind, shown)
        found += len(shown)
    assert found
