"""What a history reads from another process: facts that this one did not decode, and values built from them.

A long history is judged by two processes. Each decodes the facts of one half of the kinds, and knows of the others when
they occurred. Values that rest on the other half alone are built there.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, Protocol, TypeVar, overload

from stockstorm.simulator.history.facts import Fact

T = TypeVar("T")
Kind = type[Fact]


class NotHeld(BaseException):
    """A value rests on facts that this process does not have. No checker may take it for a failure of its own."""


class NotGiven(NotHeld):
    """A value rests on something that the other process can hand over, and has not yet."""


class Elsewhere(Protocol):
    """The other half of a history. `kinds`: what is there, and what stands for it in the order of time here, if any."""

    kinds: Mapping[Kind, Kind | None]

    def facts(self, kind: Kind) -> list[Fact]:
        """Every fact of one of `kinds`, in order of time. May raise NotHeld."""
        ...

    def value(self, name: str) -> Any:
        """What the other process built under this name; None where it did not."""
        ...

    def give(self, values: Mapping[str, Any]) -> None:
        """Hands over properties of the history that rest on this half, so that the other process can go on."""
        ...

    def answer(self, question: str, about: Any) -> Any:
        """What the other process finds for one of a few questions; None where it does not answer."""
        ...


class Nowhere:
    """A history that this process holds as a whole."""

    kinds: Mapping[Kind, Kind | None] = {}

    def facts(self, kind: Kind) -> list[Fact]:
        """Never asked."""
        raise NotHeld(kind.__name__)

    def value(self, name: str) -> Any:
        """Nothing: everything is built here."""
        del name

    def give(self, values: Mapping[str, Any]) -> None:
        """To nobody."""
        del values

    def answer(self, question: str, about: Any) -> Any:
        """Nothing: everything is found here."""
        del question, about


NOWHERE: Final = Nowhere()


class shared(Generic[T]):  # noqa: N801  # used like `cached_property`
    """A cached property of something with an `elsewhere`. Its value comes from there where it was built there."""

    def __init__(self, build: Callable[[Any], T]) -> None:
        self._build, self.__doc__ = build, build.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name, self.shared_name = name, f"{owner.__name__}.{name}"

    @overload
    def __get__(self, instance: None, owner: type) -> "shared[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: Any, owner: type) -> "shared[T] | T":
        if instance is None:
            return self
        found = instance.elsewhere.value(self.shared_name)
        value: T = self._build(instance) if found is None else found
        instance.__dict__[self._name] = value
        return value
