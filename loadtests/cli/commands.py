"""The commands of the program, with all that `stockstorm --help` shows. The rest of a command is imported when needed.

A shell that asks for words, and `--help` of a command, need its options; only a call needs its work. To add a command,
add its options in `options/`, its work beside this file, and its entry here.
"""

from typing import Final

import msgspec


class Listed(msgspec.Struct, frozen=True):
    """A command as the program lists it. `options` and `work` are `module:name`."""

    options: str  # under `options/`
    work: str  # beside this file
    help: str


COMMANDS: Final[dict[str, Listed]] = {
    "run": Listed(
        "run:RunCommandOptions",
        "run:run_command",
        """Run a scenario against a subject, judge it, and write the report.

        A run that is refused writes junit.xml and error.json as well: in its folder, or in `refused` of the runs
        folder.
        """,
    ),
    "plan": Listed(
        "plan:PlanCommandOptions",
        "plan:plan_command",
        """Write the plan of a scenario: one JSON line for everything that will be attempted.

        With --json only its figures are printed.
        """,
    ),
    "compare": Listed(
        "compare:CompareCommandOptions",
        "compare:compare_command",
        "Run the same plans on several subjects, and say which is best, by how much, and how certain that is.",
    ),
    "check": Listed(
        "check:CheckOptions",
        "check:check_command",
        "Judge a stored run again, from its history alone, and write its reports again.",
    ),
    "scenarios": Listed(
        "scenarios:ScenariosOptions",
        "scenarios:scenarios_command",
        "List the scenarios with what each shows.",
    ),
    "prove": Listed(
        "prove:ProveOptions",
        "prove:prove_command",
        """Prove the judge: which planted flaws it finds and names, and that it accuses no sound service.

        Results are appended to proof.jsonl in the runs folder. What this commit has there is not run again. It ends
        with 1 if a flaw was missed or the sound service accused, and with 2 if not every flaw was run.
        """,
    ),
    "regress": Listed(
        "regress:RegressOptions",
        "regress:regress_command",
        """Compare runs before and after a change: counts exactly, timings by their spread over the runs.

        It ends with 0 (same or improved), 1 (regressed) or 2 (unknown).
        """,
    ),
    "init": Listed(
        "init:InitOptions",
        "init:init_command",
        "Write subject.toml, .env with drawn secrets, a first scenario and a CI job for your service.",
    ),
    "doctor": Listed(
        "doctor:DoctorOptions",
        "doctor:doctor_command",
        """Look at your service before its first run: a handful of webhooks, its subscriptions, and its calls.

        It ends with 0 when nothing is wrong, with 1 when something is, and with 5 when the service cannot be reached.
        """,
    ),
    "serve": Listed(
        "shop:ServeOptions",
        "serve:serve_command",
        "Play the shop for development, until Ctrl-C: APIs, marketplaces, webhooks, and a page to watch and act.",
    ),
    "trigger": Listed(
        "shop:TriggerOptions",
        "serve:trigger_command",
        """Send a webhook to --to, or let a served shop do it, and print what was sent and what came back.

        It ends with 0 when every genuine delivery was taken and every forged one refused, else with 1. With --to the
        signature's secret is STOCKSTORM_CLIENT_SECRET, or STOCKSTORM_CHANNEL_SECRET for a marketplace.
        """,
    ),
    "docs": Listed(
        "docs:DocsOptions",
        "docs:docs_command",
        "List the pages of the documentation, or print one of them, in Markdown.",
    ),
}
