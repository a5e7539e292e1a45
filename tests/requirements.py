"""What requirements bring, by the metadata of what is installed here."""

from collections.abc import Iterable, Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def requirements(lines: Iterable[str], extras: Iterable[str] = ("",)) -> Iterator[Requirement]:
    """Those that apply to this interpreter."""
    for requirement in map(Requirement, lines):
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement


def closure(lines: Iterable[str]) -> set[str]:
    """Names of everything that these requirements bring here, by the metadata of what is installed."""
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = list(requirements(lines))
    while waiting:
        one = waiting.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key not in found:
            found.add(key)
            waiting += requirements(metadata.requires(one.name) or [], one.extras or ("",))
    return {name for name, _ in found}
