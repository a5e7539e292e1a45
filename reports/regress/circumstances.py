"""Where the two sides were played: on which machines, by which versions."""

from collections.abc import Mapping, Sequence
from typing import Final

from stockstorm.reports.result import Result

OF_A_MACHINE: Final = ("processor", "cores")
# Of the versions, what plays the runs and measures them. What a service uses may change with it.
OF_THE_HARNESS: Final = ("stockstorm", "python", "locust", "gevent")


def other_machines(before: Sequence[Result], after: Sequence[Result]) -> str:
    """What tells the machines of the sides apart, in words. Empty where both sides know one machine."""
    known = [{_named(result.machine, OF_A_MACHINE) for result in side} - {""} for side in (before, after)]
    if not all(known) or known[0] & known[1]:
        return ""
    return "the sides were played on other machines: {} before, {} after".format(*(sorted(side)[0] for side in known))


def other_versions(before: Sequence[Result], after: Sequence[Result]) -> str:
    """The same of Stockstorm and what it runs on."""
    sides = [[result.versions for result in side] for side in (before, after)]
    for name in OF_THE_HARNESS:
        values = [{versions[name] for versions in side if name in versions} for side in sides]
        if all(values) and not values[0] & values[1]:
            return "the sides were played by {0} {1} before, {0} {2} after".format(
                name, *(sorted(side)[0] for side in values)
            )
    return ""


def _named(of: Mapping[str, str], names: Sequence[str]) -> str:
    return ", ".join(f"{of[name]} cores" if name == "cores" else of[name] for name in names if name in of)
