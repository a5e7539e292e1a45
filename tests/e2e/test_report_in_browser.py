"""The report in a real browser, offline, in both themes: every figure is drawn and there are no errors."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from stockstorm.reports.history import History
from stockstorm.reports.render.html import report_page
from stockstorm.reports.verdict.judge import judge
from tests.unit.reports.synthetic import flash_sale

pytestmark = pytest.mark.browser
# Each theme and each width: what is drawn in one depends little on the other.
VIEWS = [
    ("light", 1280),
    ("dark", 700),
    *(pytest.param(view, marks=pytest.mark.prove) for view in (("dark", 1280), ("light", 700))),
]
DRAWN = """box => ({
  name: box.id,
  marks: box.querySelectorAll('.scatterlayer path.js-line, .scatterlayer path.point, .barlayer path').length,
  values: (box.data || []).reduce((sum, trace) => sum + trace.x.length, 0),
})"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    history = History.of(flash_sale())
    path = tmp_path_factory.mktemp("run") / "report.html"
    path.write_text(report_page(judge(history), history), encoding="utf-8")
    return path


class Watched:
    """A page with its console messages, errors and requests."""

    def __init__(self, page: Page) -> None:
        self.page, self.messages, self.requests = page, list[str](), list[str]()
        page.on("console", lambda message: self.messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, report: Path, theme: str) -> None:
        self.page.goto(report.as_uri())
        self.drawn(theme)

    def drawn(self, theme: str) -> None:
        self.page.locator(f"html[data-drawn={theme}]").wait_for(state="attached", timeout=30_000)


@pytest.fixture(scope="module", params=VIEWS, ids=str)
def watched(browser: Browser, report: Path, request: pytest.FixtureRequest) -> Iterator[Watched]:
    theme, width = request.param
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme, offline=True)
    found = Watched(page)
    found.open(report, theme)
    yield found
    page.close()


def test_the_report_opens_offline_without_errors_or_requests(watched: Watched, report: Path) -> None:
    assert watched.messages == []
    assert watched.requests == [report.as_uri()]


def test_every_figure_has_drawn_marks_of_its_values(watched: Watched) -> None:
    drawn = [box.evaluate(DRAWN) for box in watched.page.query_selector_all(".figure")]
    assert len(drawn) == 9
    assert [entry["name"] for entry in drawn if not entry["marks"] or not entry["values"]] == []


def test_the_page_fits_the_window(watched: Watched) -> None:
    width = watched.page.evaluate("document.documentElement.scrollWidth")
    assert width == watched.page.evaluate("window.innerWidth")


def test_no_texts_above_a_figure_overlap(watched: Watched) -> None:
    overlapping = watched.page.evaluate(
        """() => [...document.querySelectorAll('.figure')].flatMap(box => {
          const found = [...box.querySelectorAll('.annotation-text')];
          const texts = found.map(text => [text.textContent, text.getBoundingClientRect()]);
          return texts.flatMap(([a, p], i) => texts.slice(i + 1).filter(([, q]) =>
            p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 2 && q.top < p.bottom - 2
          ).map(([b]) => box.id + ': ' + a + ' / ' + b));
        })"""
    )
    assert overlapping == []


def test_an_incident_opens_to_the_facts_behind_it(watched: Watched) -> None:
    oversell = watched.page.locator("details", has_text="oversell").first
    oversell.locator("summary").click()
    assert oversell.locator(".chain").is_visible()
    assert "was accepted: " in oversell.locator(".chain").inner_text()


def test_colours_follow_a_change_of_theme(browser: Browser, report: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light", offline=True)
    watched = Watched(page)
    watched.open(report, "light")
    colour = "document.querySelector('#figure-load').layout.font.color"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    watched.drawn("dark")
    assert page.evaluate(colour) != light
    page.close()
