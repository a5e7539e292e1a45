"""`stockstorm scenarios`: what can be run."""

import typer
from rich.console import Console
from rich.table import Table

from stockstorm.loadtests.cli.options.scenarios import ScenariosOptions
from stockstorm.loadtests.json_output import JSON
from stockstorm.scenarios.loader import list_scenarios


def scenarios_command(options: ScenariosOptions, _context: typer.Context) -> None:
    """`stockstorm scenarios`."""
    found = list_scenarios()
    if options.as_json:
        rows = [
            {
                "name": one.name,
                "title": one.title,
                "shows": one.shows,
                "seconds": one.load_s,
                "channels": len(one.channels),
            }
            for one in found
        ]
        JSON.print({"scenarios": rows})
        return
    table = Table("scenario", "seconds", "channels", "shows", title="Scenarios", title_justify="left")
    for scenario in found:
        table.add_row(scenario.name, f"{scenario.load_s:g}", str(len(scenario.channels)), scenario.shows)
    Console().print(table)
