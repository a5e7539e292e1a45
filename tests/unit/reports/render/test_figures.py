"""Figures: valid Plotly, true to the facts, readable without colour."""

import math

import msgspec
import pytest
from plotly.graph_objects import Figure as PlotlyFigure

from stockstorm.reports.history import History
from stockstorm.reports.render.downsample import open_at
from stockstorm.reports.render.figures import FIGURES, draw_all
from stockstorm.reports.render.figures.layout import FAULT_COLOUR, Figure
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Result
from stockstorm.simulator.history.facts import AnyFact, FaultEnded, FaultStarted, LoadStopped, RunEnded
from tests.unit.reports.literal import golden_result, run_started
from tests.unit.reports.synthetic import HOT

NAMES = [
    "latency_over_time",
    "backlog",
    "latency_distribution",
    "hot_stock",
    "deliveries",
    "load",
    "generator",
    "processes",
    "memory",
]
BASIC = {"scatter", "bar", "pie"}  # the traces of plotly.js-basic-dist-min, which is in reports/render/plotly
OWN_KEYS = {"room", "short"}  # for the page's script, which takes them out


@pytest.fixture(scope="module")
def view(result: Result, history: History) -> RunView:
    return RunView(result, history)


@pytest.fixture(scope="module")
def figures(view: RunView) -> dict[str, Figure]:
    return draw_all(view)


def plain(value: object) -> object:
    """A specification with roles replaced by a colour and our own keys taken out."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key not in OWN_KEYS}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return "#123456" if isinstance(value, str) and value.startswith("@") else value


def test_a_whole_run_draws_every_figure(figures: dict[str, Figure]) -> None:
    assert list(figures) == NAMES
    assert len(FIGURES) == len(NAMES) + 1  # the one of removed subscriptions, which this run does not have


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_valid_plotly_with_points_and_a_caption(figures: dict[str, Figure], name: str) -> None:
    figure = figures[name]
    drawn = PlotlyFigure(data=plain(figure.traces), layout=plain(figure.layout))
    assert all(len(trace.x) == len(trace.y) > 0 for trace in drawn.data)
    assert {trace.type for trace in drawn.data} <= BASIC
    assert len(figure.caption) > 40


@pytest.mark.parametrize("name", NAMES)
def test_every_axis_has_a_title_with_its_meaning(figures: dict[str, Figure], name: str) -> None:
    axes = {key: axis for key, axis in figures[name].layout.items() if key[1:].startswith("axis")}
    named = [key for key, axis in axes.items() if axis.get("title", {}).get("text")]
    assert set(named) == set(axes) - ({"yaxis"} if name == "deliveries" else set())


def test_an_empty_history_draws_nothing() -> None:
    view = RunView(golden_result(), History.of([run_started(), RunEnded(2_000_000_000, True)]))
    assert draw_all(view) == {}


def test_every_oversell_of_the_hottest_sku_is_marked(figures: dict[str, Figure], result: Result) -> None:
    marks = next(trace for trace in figures["hot_stock"].traces if trace["name"] == "oversell")
    oversell = next(check for check in result.checks if check.name == "oversell")
    assert len(marks["x"]) == sum(incident.sku == HOT for incident in oversell.incidents) > 0


def test_listings_and_physical_stock_end_at_the_final_reads(figures: dict[str, Figure], view: RunView) -> None:
    from stockstorm.simulator.history.facts import FinalListing, FinalStock

    ends = {trace["name"]: trace["y"][-1] for trace in figures["hot_stock"].traces}
    final = next(fact for fact in view.of(FinalStock) if fact.sku == HOT)
    assert ends["physical stock"] == final.physical
    assert ends["master available (own store)"] == final.available
    for listing in (fact for fact in view.of(FinalListing) if fact.sku == HOT):
        assert ends[f"listed on {listing.channel}"] == listing.listed


def test_physical_stock_is_drawn_last_and_values_below_0_are_explained(figures: dict[str, Figure]) -> None:
    lines = [trace for trace in figures["hot_stock"].traces if trace["mode"] == "lines"]
    assert lines[-1]["name"] == "physical stock"
    assert min(lines[-1]["y"]) < 0
    assert "Below 0 the thick line counts units that are owed" in figures["hot_stock"].caption


def test_limits_are_drawn_above_the_grid(figures: dict[str, Figure]) -> None:
    shapes = figures["latency_distribution"].layout["shapes"]
    assert {shape["layer"] for shape in shapes if shape["line"].get("dash")} == {"above"}


def test_channels_differ_by_dash_as_well_as_by_colour(figures: dict[str, Figure]) -> None:
    lines = [t["line"] for t in figures["hot_stock"].traces if t["mode"] == "lines" and t["name"] != "physical stock"]
    assert len({line["dash"] for line in lines}) == len({line["color"] for line in lines}) == len(lines)


def test_the_marked_percentiles_equal_the_measures_of_the_result(figures: dict[str, Figure], result: Result) -> None:
    marks = [t for t in figures["latency_distribution"].traces if t.get("showlegend") is False]
    sync = marks[1]["y"][1]
    assert sync == pytest.approx(result.measures["sync_latency_ms.p95"], rel=0.02)


def test_phases_and_faults_are_shaded_and_named(figures: dict[str, Figure], view: RunView) -> None:
    assert [span.name for span in view.phases] == ["warm_up", "flash_sale", "cool_down", "quiesce"]
    assert [(span.name, span.from_s, span.to_s) for span in view.faults] == [("kill_worker", 14, 15)]
    texts = [note["text"] for note in figures["load"].layout["annotations"]]
    assert texts == ["warm up", "flash sale", "cool down", "quiesce", "▼1 worker killed"]


def test_every_figure_over_time_has_the_bands_of_faults_with_their_numbers_and_a_legend(
    figures: dict[str, Figure],
) -> None:
    over_time = [name for name, figure in figures.items() if "time since" in str(figure.layout.get("xaxis"))]
    assert over_time == ["latency_over_time", "backlog", "hot_stock", "load", "generator", "processes", "memory"]
    for name in over_time:
        layout = figures[name].layout
        assert [shape["x0"] for shape in layout["shapes"] if shape.get("fillcolor") == FAULT_COLOUR] == [14], name
        assert [note["short"] for note in layout["annotations"] if "short" in note] == ["▼1"], name
        assert figures[name].traces[-1]["name"] == "▼ planned fault", name


def test_deliveries_add_up_to_a_hundred_per_cent_for_each_topic(figures: dict[str, Figure]) -> None:
    traces = figures["deliveries"].traces
    for number in range(len(traces[0]["y"])):
        assert sum(trace["x"][number] for trace in traces) == pytest.approx(100, abs=0.01)


def test_figures_are_small_enough_for_a_file(figures: dict[str, Figure]) -> None:
    assert len(msgspec.json.encode(list(figures.values()))) < 600_000


def test_faults_are_drawn_over_the_intervals_of_the_history() -> None:
    """The first fault of a target ends at its own end, and a fault that never ended lasts to the end of the run."""
    second = 1_000_000_000
    start = run_started().at_ns
    facts: list[AnyFact] = [
        FaultStarted(start + 1 * second, "kill_worker", "worker"),
        FaultEnded(start + 2 * second, "kill_worker", "worker"),
        FaultStarted(start + 3 * second, "kill_worker", "worker"),
        LoadStopped(start + 4 * second),
        RunEnded(start + 6 * second, True),
    ]
    view = RunView(golden_result(), History.of([run_started(), *facts]))
    assert [(span.number, span.from_s, span.to_s, span.row) for span in view.faults] == [(1, 1, 2, 0), (2, 3, 6, 0)]


def test_faults_at_the_same_time_are_named_in_rows_of_their_own() -> None:
    second = 1_000_000_000
    start = run_started().at_ns
    facts: list[AnyFact] = [
        FaultStarted(start + 1 * second, "kill_worker", "worker"),
        FaultStarted(start + 2 * second, "pause_database", "database"),
        FaultEnded(start + 3 * second, "kill_worker", "worker"),
        FaultStarted(start + 4 * second, "kill_worker", "worker"),
        RunEnded(start + 6 * second, True),
    ]
    view = RunView(golden_result(), History.of([run_started(), *facts]))
    assert [(span.name, span.row) for span in view.faults] == [
        ("kill_worker", 0),
        ("pause_database", 1),
        ("kill_worker", 0),
    ]


def test_what_waits_is_the_number_of_open_intervals_at_each_moment() -> None:
    intervals = [(1.0, 3.0), (2.0, math.inf), (2.0, 2.5)]
    assert open_at(intervals, 10.0) == [(0.0, 0), (1.0, 1), (2.0, 3), (2.5, 2), (3.0, 1), (10.0, 1)]
