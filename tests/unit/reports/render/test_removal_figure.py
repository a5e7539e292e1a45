"""The picture of an outage after which subscriptions were removed: drawn where there was one, and true to the facts."""

import msgspec
from plotly.graph_objects import Figure as PlotlyFigure

from stockstorm.reports.render.figures.removal import removal
from stockstorm.reports.render.view import HistoryView
from tests.literal_history import delivered, history, opened, query
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
