"""The progress of a run: a panel that is updated on a terminal, or one line a step elsewhere."""

from types import TracebackType

from rich.console import Console
from rich.live import Live as Screen
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table

from stockstorm.loadtests.ipc.messages import Live
from stockstorm.reports.result import printable
from stockstorm.simulator.config import FAULTS

REFRESH_PER_S = 4
QUIET_EVERY_S = 5.0


class Progress:
    """Use as a context manager; hand `show` and `live` to `run`."""

    def __init__(self, console: Console, title: str) -> None:
        self._console, self._title = console, title
        self._step = "starting"
        self._figures: Live | None = None
        self._printed_s = -QUIET_EVERY_S
        self._screen = Screen(console=console, refresh_per_second=REFRESH_PER_S, transient=True)

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._screen.start()
        self.show(self._step)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._screen.stop()

    def show(self, step: str) -> None:
        """A new step begins."""
        self._step = step = printable(step)
        if self._console.is_terminal:
            self._screen.update(self._panel())
        else:
            self._console.print(f"stockstorm: {step}", highlight=False, markup=False, emoji=False, soft_wrap=True)

    def live(self, figures: Live) -> None:
        """New figures from the driver."""
        news, self._figures = figures.news(self._figures), figures
        if self._console.is_terminal:
            self._screen.update(self._panel())
            return
        for line in news:
            self._console.print(f"stockstorm: {line}", highlight=False)
        if figures.elapsed_s - self._printed_s >= QUIET_EVERY_S:
            self._printed_s = figures.elapsed_s
            self._console.print("stockstorm: " + _sentence(figures), highlight=False, markup=False, emoji=False)

    def _panel(self) -> Panel:
        table = Table.grid(padding=(0, 3))
        figures = self._figures
        if figures is None:
            table.add_row(escape(self._step))
            return Panel(table, title=self._title, border_style="cyan")
        step = "waiting for rest" if figures.quiescing and self._step == "load" else self._step
        table.add_row(
            f"{escape(step)} · phase [bold]{escape(printable(figures.phase))}[/]",
            f"{figures.elapsed_s:5.1f} of {figures.total_s:.0f} s",
        )
        table.add_row(
            ProgressBar(total=max(figures.total_s, 0.1), completed=min(figures.elapsed_s, figures.total_s), width=44)
        )
        table.add_row(
            f"{figures.events:,} events", f"{figures.acknowledged:,} acknowledged", f"{figures.pending:,} pending"
        )
        oversold = figures.oversold_units
        table.add_row(
            f"ack p99 [bold]{figures.ack_p99_ms:,.1f} ms[/]",
            f"sync p95 [bold]{figures.sync_p95_ms:,.0f} ms[/]",
            f"[{'red' if oversold else 'green'}]{oversold} oversold[/]",
        )
        if figures.faults:
            table.add_row("[yellow]fault: " + ", ".join(FAULTS[kind].label for kind in figures.faults) + "[/]")
        return Panel(table, title=self._title, border_style="cyan")


def _sentence(figures: Live) -> str:
    return (
        f"{figures.elapsed_s:4.0f} of {figures.total_s:.0f} s, phase {printable(figures.phase)}: "
        f"{figures.events:,} events, ack p99 {figures.ack_p99_ms:.1f} ms, "
        f"sync p95 {figures.sync_p95_ms:.0f} ms (live estimates), "
        f"{figures.oversold_units} oversold, {figures.pending} pending"
    )
