"""X"""

from typing import Any, Final, Generic, TypeVar

import msgspec
from graphql import FieldNode, GraphQLField, GraphQLSchema, VariableNode, get_argument_values, get_directive_values
from graphql.execution.values import VariableValues
from graphql.language import Visitor, visit

from stockstorm.simulator.limits import IDEMPOTENCY_WINDOW_NS

IDEMPOTENCY_KEY = "@idempotent"  # no argument can have that name


def arguments_of(
    schema: GraphQLSchema, definition: GraphQLField, node: FieldNode, variables: VariableValues | None
) -> dict[str, Any]:
    """Argument name → coerced value; the idempotency key under `IDEMPOTENCY_KEY` where the directive stands.

    Raises GraphQLError where a variable that is null feeds an argument that must not be.
    """
    arguments = get_argument_values(definition, node, variables)
    if node.directives:
        directive = schema.get_directive("idempotent")
        found = get_directive_values(directive, node, variables) if directive else None
        if found is not None:
            arguments[IDEMPOTENCY_KEY] = found["key"]
    return arguments


def depends_on_variables(node: FieldNode) -> bool:
    """Whether an argument or directive of the field (not of fields below it) holds a variable."""
    finder = _VariableFinder()
    for part in (*(node.arguments or ()), *(node.directives or ())):
        visit(part, finder)
    return finder.found


class _VariableFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, _node: VariableNode, *_args: Any) -> None:
        self.found = True


KEYS_MAX: Final = 100_000  # ours: beyond it the oldest key is forgotten early (4 KB for a batch of 250)

Outcome = TypeVar("Outcome")


class Remembered(msgspec.Struct, Generic[Outcome], frozen=True):
    """One finished mutation. `failed`: it ended in user errors and changed nothing."""

    fingerprint: bytes
    outcome: Outcome
    failed: bool
    at_ns: int


class IdempotencyKeys(Generic[Outcome]):
    """Keys of one app on one shop; the window counts from the first use."""

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._by_key: dict[str, Remembered[Outcome]] = {}  # in order of first use, so the oldest come first

    def recall(self, key: str, now_ns: int) -> Remembered[Outcome] | None:
        """What was done under the key within the window."""
        found = self._by_key.get(key)
        if found is not None and now_ns - found.at_ns >= IDEMPOTENCY_WINDOW_NS:
            del self._by_key[key]
            return None
        return found

    def remember(self, key: str, done: Remembered[Outcome]) -> None:
        self._by_key[key] = done
        while len(self._by_key) > self._keys_max:
            del self._by_key[next(iter(self._by_key))]


def fingerprint(operation: str, arguments: dict[str, Any]) -> bytes:
    """What must be the same for a replay: operation and arguments, whatever the order of their fields."""
    return msgspec.json.encode([operation, arguments], order="sorted")
