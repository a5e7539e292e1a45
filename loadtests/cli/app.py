"""`stockstorm`: run, plan, compare, check, scenarios, prove.

Exit codes: 0 valid, 1 invalid, 2 unknown; above 2 nothing could be judged, and the message says why (`exits`).
"""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from stockstorm.loadtests.cli.compare import compare_command
from stockstorm.loadtests.cli.progress import Progress
from stockstorm.loadtests.config.backing_options import take_postgres_url
from stockstorm.loadtests.config.run_options import RunOptions, make_scenario, make_spec, seed_problem
from stockstorm.loadtests.config.run_spec import API_HOST
from stockstorm.loadtests.exits import exit_code_of, invoke
from stockstorm.loadtests.orchestrator.prove import SOUND
from stockstorm.loadtests.orchestrator.prove import prove as proofs
from stockstorm.loadtests.orchestrator.run import rejudge, run
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.reports.store import find_run
from stockstorm.scenarios.loader import list_scenarios
from stockstorm.scenarios.problems import scenario_error
from stockstorm.simulator.errors import ScenarioError, StockstormError
from stockstorm.simulator.plan.items import Plan
from stockstorm.simulator.plan.planner import make_plan

app = typer.Typer(
    name="stockstorm",
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Plays Shopify, its marketplaces and their buyers against your integration, and tells whether it oversells.",
)

ScenarioArgument = Annotated[str, typer.Argument(help="name, or path of a TOML file")]
SeedOption = Annotated[int, typer.Option(help="what replays the run: same seed, same plan")]
RateOption = Annotated[float | None, typer.Option(help="events a second instead of the scenario's rates")]
SecondsOption = Annotated[float | None, typer.Option(help="length of the load instead of the scenario's")]
FaultOption = Annotated[list[str] | None, typer.Option("--fault", help="e.g. kill_worker@10 (seconds from the start)")]
RunsOption = Annotated[Path, typer.Option(help="folder of the runs")]


@app.command("run")
def run_command(
    scenario: ScenarioArgument,
    seed: SeedOption = 1,
    rate: RateOption = None,
    seconds: SecondsOption = None,
    fault: FaultOption = None,
    subject: Annotated[
        str, typer.Option(help="reference, another architecture of it, or the URL of your own service")
    ] = "reference",
    flaw: Annotated[str, typer.Option(help="start the reference service with this flaw")] = "",
    safety_stock: Annotated[int | None, typer.Option(help="units that the subject holds back on listings")] = None,
    postgres: Annotated[
        str, typer.Option(help="embedded, docker, a postgresql:// URL, or url with it in STOCKSTORM_POSTGRES_URL")
    ] = "embedded",
    cloud: Annotated[
        str, typer.Option(help="embedded (emulators), docker (emulators in it) or real, for architectures on a cloud")
    ] = "embedded",
    api_port: Annotated[int, typer.Option(min=0, max=65_535, help="port of the played APIs; 0: any free one")] = 0,
    api_host: Annotated[
        str, typer.Option(help="address the played APIs listen on; any network of it reaches them")
    ] = API_HOST,
    runs: RunsOption = Path("runs"),
) -> None:
    """Play a scenario against a subject, judge it, and write the report."""
    options = RunOptions(
        scenario=scenario,
        seed=seed,
        rate=rate,
        seconds=seconds,
        faults=tuple(fault or ()),
        subject=subject,
        flaw=flaw,
        safety_stock=safety_stock,
        postgres=take_postgres_url(postgres),
        cloud=cloud,
        api_port=api_port,
        api_host=api_host,
        runs=runs,
    )
    spec = make_spec(options)
    with Progress(Console(stderr=True), f"{scenario}, seed {seed}") as progress:
        judged = run(spec, progress.show, progress.live)
    raise typer.Exit(judged.show())


@app.command()
def plan(
    scenario: ScenarioArgument,
    seed: SeedOption = 1,
    rate: RateOption = None,
    seconds: SecondsOption = None,
    out: Annotated[Path | None, typer.Option(help="file to write to; standard output without it")] = None,
    digest: Annotated[
        bool, typer.Option("--digest", help="print the SHA-256 of the plan only, also beside --out")
    ] = False,
) -> None:
    """Write the plan of a scenario: one JSON line for everything that will be attempted."""
    options = RunOptions(scenario=scenario, seed=seed, rate=rate, seconds=seconds)
    if problem := seed_problem(seed):
        raise scenario_error("flags", [problem])
    config = make_scenario(options)
    made = make_plan(config.name, config, seed)
    if out is not None:
        _write_plan(made, out)
    if digest:
        typer.echo(made.digest())
    elif out is None:
        sys.stdout.buffer.writelines(made.lines())
    else:
        typer.echo(
            f"{len(made.items):,} items, {made.expected_events:,} events expected, digest {made.digest()}: {out}"
        )


def _write_plan(made: Plan, out: Path) -> None:
    try:
        with out.open("wb") as file:
            file.writelines(made.lines())
    except OSError as error:
        found, remedy = f"{out}: {error.strerror}", "name a file in a folder that can be written"
        raise StockstormError("--out", found, remedy) from None


app.command("compare")(compare_command)


@app.command()
def check(
    which: Annotated[str, typer.Argument(help="a run's folder or id, or latest")] = "latest",
    runs: RunsOption = Path("runs"),
) -> None:
    """Judge a stored run again, from its history alone, and write its reports again."""
    raise typer.Exit(rejudge(find_run(runs, which)).show())


@app.command()
def scenarios() -> None:
    """List the scenarios with what each shows."""
    table = Table("scenario", "seconds", "channels", "shows", title="Scenarios", title_justify="left")
    for found in list_scenarios():
        seconds = sum(phase.seconds for phase in found.phases)
        table.add_row(found.name, f"{seconds:g}", str(len(found.channels)), found.shows)
    Console().print(table)


@app.command()
def prove(
    flaw: Annotated[list[str] | None, typer.Option("--flaw", help="only this flaw, or sound; may be repeated")] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1_000, help="how many seeds the sound service has to pass")] = 5,
    runs: RunsOption = Path("runs"),
) -> None:
    """Prove the harness: each named flaw is caught by its own checks, the sound service by none."""
    wanted = flaw or [SOUND, *FLAWS]
    if unknown := [name for name in wanted if name != SOUND and name not in FLAWS]:
        raise ScenarioError("--flaw", f"there is no {', '.join(unknown)}", f"one of: {', '.join([SOUND, *FLAWS])}")
    table = Table(
        "subject", "seed", "verdict", "failed", "missed", "unexpected", title="Self-proof", title_justify="left"
    )
    holds = True
    with Progress(Console(stderr=True), "self-proof") as progress:
        for name in wanted:
            numbers = list(range(1, seeds + 1)) if name == SOUND else [1]
            for proof in proofs([name], numbers, RunOptions(scenario="", runs=runs), progress.show, progress.live):
                holds = holds and proof.holds
                sets = (proof.failed, proof.missed, proof.unexpected)
                table.add_row(
                    proof.subject, str(proof.seed), proof.verdict, *(", ".join(sorted(s)) or "–" for s in sets)
                )
    Console().print(table)
    raise typer.Exit(0 if holds else 1)


def main() -> None:
    """Entry point. Whatever happens, the exit code says whether something was judged."""
    sys.exit(exit_code_of(lambda: invoke(app, sys.argv[1:])))


if __name__ == "__main__":
    main()
