"""Pictures of deliveries that failed: an outage after which subscriptions were removed, and dropped connections."""

import msgspec
from plotly.graph_objects import Figure as PlotlyFigure

from stockstorm.reports.render.figures.deliveries import deliveries
from stockstorm.reports.render.figures.removal import removal
from stockstorm.reports.render.view import HistoryView
from tests.literal_history import delivered, ended, history, opened, planned, query, tried
from tests.unit.reports.diagnosis.test_removed import OUTAGE, run, subscribed, unheard
from tests.unit.reports.render.test_figures import plain


def test_a_run_without_a_removal_has_no_such_figure() -> None:
    assert removal(HistoryView(history(opened(), delivered(0, 0)))) is None


def test_it_shows_what_was_tried_removed_lost_and_made_good() -> None:
    figure = removal(HistoryView(run(OUTAGE, subscribed(5_000, 2), query(6_000, 1, 2))))
    assert figure is not None
    traces = {trace["name"]: trace for trace in figure.traces}
    assert (traces["removed by Shopify"]["x"], traces["subscribed again"]["x"]) == ([1.5], [5.0])
    assert traces["subscribed"]["x"] == [0.0, 1.5, None, 5.0, 9.6, None]
    lost = traces["lost and not known yet"]
    assert list(zip(lost["x"], lost["y"], strict=True)) == [(0.0, 0), (1.5, 1), (2.5, 2), (6.0, 0), (9.6, 0)]
    assert (traces["learned of from an answer"]["x"], traces["learned of from an answer"]["text"]) == ([6.0], ["2"])
    assert "The subject subscribed again at 5.0 s." in figure.caption
    assert "learned of 2 from answers of the Admin API" in figure.caption
    PlotlyFigure(data=plain(figure.traces), layout=plain(figure.layout))
    msgspec.json.encode(figure)


def test_without_a_new_subscription_what_is_lost_stays_lost() -> None:
    figure = removal(HistoryView(run(OUTAGE, unheard(8_000, 3))))
    assert figure is not None
    names = [trace["name"] for trace in figure.traces]
    assert "subscribed again" not in names
    assert "The subject did not subscribe again." in figure.caption
    assert "and of 3 never" in figure.caption


def test_a_dropped_connection_is_told_apart_from_a_retry_and_from_a_first_try() -> None:
    again = (planned(0, 1, 1), tried(0, 1, 5, 0, "dropped"), tried(10, 1, nth=2), ended(15, 1))
    retried = (planned(0, 2, 2), tried(0, 2, 5, 500), tried(10, 2, nth=2), ended(15, 2))
    figure = deliveries(HistoryView(history(opened(), delivered(0, 0), again, retried)))
    assert figure is not None
    counts = {trace["name"]: trace["customdata"] for trace in figure.traces}
    assert counts == {
        "at the first try": [1],
        "on another connection, after a kept one was dropped": [1],
        "after retries": [1],
    }
