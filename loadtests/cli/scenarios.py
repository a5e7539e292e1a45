"""`stockstorm scenarios`: what can be run."""

from rich.console import Console
from rich.table import Table

from stockstorm.scenarios.loader import list_scenarios


def scenarios_command() -> None:
    """List the scenarios with what each shows."""
    table = Table("scenario", "seconds", "channels", "shows", title="Scenarios", title_justify="left")
    for scenario in list_scenarios():
        table.add_row(scenario.name, f"{scenario.load_s:g}", str(len(scenario.channels)), scenario.shows)
    Console().print(table)
