"""Relations between keys of [[life]]: what happens to the app must be possible when it happens."""

from collections.abc import Iterator
from typing import Final

from stockstorm.scenarios.problems import Problem
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.config import LifeConfig, LifeKind

NEEDED: Final = "write_inventory"
LATE: Final[tuple[LifeKind, ...]] = ("uninstall", "rotate_secret")  # kinds that read `after_s`


def life_problems(scenario: Scenario) -> Iterator[Problem]:
    """Every problem of [[life]]."""
    lengths = tuple(f"phases.{place}.seconds" for place in range(len(scenario.phases)))
    for place, life in enumerate(scenario.life):
        key = f"life.{place}"
        if life.at_s + life.after_s * (life.kind == "rotate_secret") >= scenario.load_s:
            found = f"{life.at_s:g} s and {life.after_s:g} s, but the load ends at {scenario.load_s:g} s"
            remedy = f"write less than {scenario.load_s:g} for at_s, and for both together where a secret is rotated"
            yield Problem(f"{key}.at_s", found, remedy, (*lengths, f"{key}.after_s"))
        yield from _meaningless(key, life)
    yield from _installed(scenario)
    yield from _may_write(scenario)
    rotations = [place for place, life in enumerate(scenario.life) if life.kind == "rotate_secret"]
    for place in rotations[1:]:
        yield Problem(f"life.{place}.kind", "a second rotation of the secret", "a run has one; leave it out")


def _meaningless(key: str, life: LifeConfig) -> Iterator[Problem]:
    reads = (f"{key}.kind",)
    if life.after_s and life.kind not in LATE:
        remedy = f"leave it out; it is for {' and '.join(LATE)}"
        yield Problem(f"{key}.after_s", f"has no meaning for kind {life.kind!r}", remedy, reads)
    if life.scopes and life.kind != "scopes_update":
        remedy = "leave it out; it is for scopes_update"
        yield Problem(f"{key}.scopes", f"has no meaning for kind {life.kind!r}", remedy, reads)


def _may_write(scenario: Scenario) -> Iterator[Problem]:
    """Nobody keeps stock in sync without the scope for it, so a run would judge what no subject can do."""
    updates = sorted((life.at_s, place) for place, life in enumerate(scenario.life) if life.kind == "scopes_update")
    key = f"life.{updates[-1][1]}.scopes" if updates else "app.scopes"
    scopes = scenario.life[updates[-1][1]].scopes if updates else scenario.app.scopes
    if NEEDED not in scopes:
        remedy = f'add "{NEEDED}"; it may be missing for a while, between two scopes_update'
        yield Problem(key, f"the app ends without {NEEDED}, and nobody keeps stock in sync without it", remedy)


def _installed(scenario: Scenario) -> Iterator[Problem]:
    """An app is uninstalled and installed in turn."""
    installed = True
    for place, life in sorted(enumerate(scenario.life), key=lambda each: each[1].at_s):
        if life.kind not in ("uninstall", "reinstall"):
            continue
        if (life.kind == "uninstall") is not installed:
            found = f"{life.kind!r}, but the app is {'' if installed else 'not '}installed at {life.at_s:g} s"
            remedy = "write uninstall and reinstall in turn, the first one first"
            yield Problem(f"life.{place}.kind", found, remedy, (f"life.{place}.at_s",))
        installed = life.kind == "reinstall"
