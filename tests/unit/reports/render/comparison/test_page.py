"""comparison.html as text: its content, and that it is harmless."""

import re

import msgspec
import pytest

from stockstorm.reports.compare.build import compare
from stockstorm.reports.compare.comparison import Comparison, FailedRun, Key
from stockstorm.reports.render.comparison.figures import FigureContext, draw_all
from stockstorm.reports.render.comparison.page import comparison_page
from tests.unit.reports.compared import SUBJECTS, matrix, run_summary
from tests.unit.reports.literal import check

SEEDS = (1, 2, 3)


def text_of(comparison: Comparison) -> str:
    """The page's own text: without styles, scripts and tags."""
    page = re.sub(r"<(style|script).*?</\1>", "", comparison_page(comparison), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    runs = [run_summary("polling", 9_000.0 + 10 * seed, seed=seed, oversold=40.0 + seed, lost=3.0) for seed in SEEDS]
    runs += [run_summary("queue", 300.0 + seed, seed=seed, oversold=2.0) for seed in SEEDS]
    floor = [(100.0 * n, 5.0 * n) for n in range(1, 100)]
    return compare(matrix("polling", "queue", seeds=SEEDS), SUBJECTS, runs, [], {None: floor})


def test_the_headline_names_the_best_subject_with_its_lead_and_certainty(comparison: Comparison) -> None:
    text = text_of(comparison)
    assert "queue is best" in text
    assert "30 times faster than polling, the next." in text
    assert "Every subject ran the same 3 plans." in text


def test_the_ranking_explains_why_intervals_may_overlap(comparison: Comparison) -> None:
    assert "Ranks go by the difference seed by seed, so intervals of neighbours may overlap" in text_of(comparison)


def test_tier_limits_are_drawn_above_the_grid(comparison: Comparison) -> None:
    figures = {figure.name: figure for figure in draw_all(FigureContext(comparison.matrix, comparison.by_rate[0], ""))}
    dotted = [
        shape
        for name in ("overview", "curves")
        for shape in figures[name].layout["shapes"]
        if shape["line"].get("dash")
    ]
    assert len(dotted) >= 4
    assert {shape["layer"] for shape in dotted} == {"above"}


def test_every_section_is_there_in_reading_order(comparison: Comparison) -> None:
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", comparison_page(comparison))
    assert titles == [
        "Ranking",
        "Overview",
        "Differences",
        "Sync latency by percentile",
        "Oversold and lost units by sync latency",
        "Resource use",
        "Guarantees and components",
        "Claims of the guide",
        "Runs",
        "This comparison",
    ]


def test_runs_link_to_their_own_reports(comparison: Comparison) -> None:
    assert 'href="queue/run-2/report.html"' in comparison_page(comparison)


def test_a_certain_difference_is_bold_and_says_whether_it_is_better(comparison: Comparison) -> None:
    page = comparison_page(comparison)
    assert re.search(r'<b class="better" title="better than [^"]+">−(39|40)', page)


def test_the_page_needs_no_network_and_runs_only_its_own_scripts(comparison: Comparison) -> None:
    page = comparison_page(comparison)
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="(?:https?:)?//', own) == []
    assert "default-src &#39;none&#39;; script-src &#39;sha256-" in page


def test_text_from_a_subject_is_escaped() -> None:
    failed = FailedRun(Key("queue", 1, None, 0), "<script>alert(1)</script>")
    page = comparison_page(compare(matrix("queue"), SUBJECTS, [], [failed], {}))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_several_rates_have_a_part_each_and_figures_of_their_own() -> None:
    both = msgspec.structs.replace(matrix("queue"), rates=(None, 200.0))
    fast = run_summary("queue", 500.0)
    fast = msgspec.structs.replace(fast, key=msgspec.structs.replace(fast.key, rate=200.0))
    page = comparison_page(compare(both, SUBJECTS, [run_summary("queue"), fast], [], {}))
    assert "At 200 events/s" in page
    assert page.count('id="figure-overview"') == page.count('id="figure-overview-1"') == 1


def test_a_comparison_without_any_run_is_still_a_page() -> None:
    text = text_of(compare(matrix("queue"), SUBJECTS, [], [], {}))
    assert "there is no ranking" in text
    assert "Not all runs of this comparison are complete." in text


def test_an_excused_check_is_explained_in_a_sentence() -> None:
    run = run_summary("polling", 9_000.0, checks=[check("oversell", "invalid", "9 units")])
    assert "excused, oversell: between polls" in text_of(compare(matrix("polling"), SUBJECTS, [run], [], {}))


def test_a_run_says_what_showed_that_it_was_at_rest() -> None:
    never, at_rest = run_summary("polling", 9_000.0), run_summary("queue", 300.0)
    never = msgspec.structs.replace(never, result=msgspec.structs.replace(never.result, rest="not reached: 66 pending"))
    text = text_of(compare(matrix("polling", "queue"), SUBJECTS, [never, at_rest], [], {}))
    assert "lost; rest not reached: 66 pending" in text
    assert "lost; rest by probe, two reads 0.5 s apart" in text


def test_a_service_of_ones_own_has_its_name_everywhere() -> None:
    runs = [run_summary("before/subject.toml", 300.0 + seed, seed=seed) for seed in SEEDS]
    runs += [run_summary("queue", 900.0 + seed, seed=seed) for seed in SEEDS]
    named = msgspec.structs.replace(
        matrix("before/subject.toml", "queue", seeds=SEEDS), names={"before/subject.toml": "the old one"}
    )
    found = compare(named, SUBJECTS, runs, [], {None: []})
    text = text_of(found)
    assert "the old one is best" in text
    assert "before/subject.toml" not in text
    for figure in draw_all(FigureContext(named, found.by_rate[0], "")):
        assert "before/subject.toml" not in str(figure.layout) + str(figure.traces), figure.name
