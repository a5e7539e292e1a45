"""The options that the locustfile adds to Locust's own, also shown as fields of its web UI.

Locust's UI keeps the type of a default when it reads a form, so a number that is left out is 0 or -1 here, not None.
"""

import sys
from pathlib import Path
from typing import Any, Final

from stockstorm.loadtests.config.backing_options import POSTGRES_URL_VARIABLE, postgres_problem
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import API_HOST
from stockstorm.scenarios.problems import scenario_error

WEB_HOST: Final = "127.0.0.1"  # Locust's own default is every interface, and its UI starts runs without a password


def add_options(parser: Any) -> None:
    """Adds the options of `stockstorm run` to Locust's argument parser, and keeps its web UI on this machine."""
    parser.set_defaults(web_host=WEB_HOST)
    group = parser.add_argument_group("Stockstorm")
    group.add_argument("--scenario", default="smoke", env_var="STOCKSTORM_SCENARIO", help="name or path of a scenario")
    group.add_argument("--seed", type=int, default=1, env_var="STOCKSTORM_SEED", help="what replays the run")
    group.add_argument(
        "--rate", dest="event_rate", type=float, default=0.0, help="events a second; 0: as the scenario says"
    )
    group.add_argument(
        "--seconds", dest="load_seconds", type=float, default=0.0, help="length of the load; 0: as the scenario says"
    )
    group.add_argument(
        "--fault", dest="faults", default="", help="e.g. kill_worker@10; several with commas", metavar="FAULTS"
    )
    group.add_argument("--subject", default="reference", help="reference, or the URL of a service that runs")
    group.add_argument("--flaw", default="", help="start the reference service with this flaw")
    group.add_argument(
        "--safety-stock", type=int, default=-1, help="units held back on listings; -1: as the scenario says"
    )
    group.add_argument(
        "--postgres",
        type=_postgres,
        default="embedded",
        help=f"embedded, docker, or url (with the URL in {POSTGRES_URL_VARIABLE})",
    )
    group.add_argument("--api-port", type=int, default=0, help="port of the played APIs; 0: any free one")
    group.add_argument("--api-host", default=API_HOST, help="address that the played APIs listen on")
    group.add_argument("--runs", default="runs", help="folder of the runs")


def read_options(parsed: Any) -> RunOptions:
    """What Locust parsed, from the command line or its web UI, as options of a run; not validated yet."""
    return RunOptions(
        scenario=parsed.scenario,
        seed=parsed.seed,
        rate=parsed.event_rate or None,
        seconds=parsed.load_seconds or None,
        faults=tuple(fault.strip() for fault in parsed.faults.split(",") if fault.strip()),
        subject=parsed.subject,
        flaw=parsed.flaw,
        safety_stock=None if parsed.safety_stock == -1 else parsed.safety_stock,
        postgres=parsed.postgres,
        api_port=parsed.api_port,
        api_host=parsed.api_host,
        runs=Path(parsed.runs),
    )


def _postgres(word: str) -> str:
    """A URL is refused at once: Locust shows what it was started with, in its web UI too."""
    if "://" in word and (problem := postgres_problem(word)):
        error = scenario_error("flags", [problem])
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    return word
