"""The options that the locustfile adds to Locust's own, also shown as fields of its web UI."""

from typing import Any


def add_options(parser: Any) -> None:
    """Adds scenario, seed and subject to Locust's argument parser."""
    group = parser.add_argument_group("Stockstorm")
    group.add_argument("--scenario", default="smoke", env_var="STOCKSTORM_SCENARIO", help="name or path of a scenario")
    group.add_argument("--seed", type=int, default=1, env_var="STOCKSTORM_SEED", help="what replays the run")
    group.add_argument(
        "--rate", dest="event_rate", type=float, default=0.0, help="events a second; 0: as the scenario says"
    )
    group.add_argument("--subject", default="reference", help="reference, or the URL of a service that runs")
    group.add_argument("--flaw", default="", help="start the reference service with this flaw")
    group.add_argument("--postgres", default="embedded", help="embedded, docker, or url (see STOCKSTORM_POSTGRES_URL)")
    group.add_argument("--runs", default="runs", help="folder of the runs")
