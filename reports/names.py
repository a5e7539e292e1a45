"""Decodes the names of a long history once: every fact that names a SKU, a channel or a topic shares one text.

The first block is decoded as it is, and tells the names. Of the blocks after it, the fields that refer to a vocabulary
accept only its names, so that the rule on these references holds already, and a look-up need not compute the hash of
each text again. A block with another name is decoded as it is, and what it names is checked as ever.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final, Literal, Union, cast, get_args, get_type_hints

import msgspec

from stockstorm.reports.history.invariants import REFERENCES
from stockstorm.reports.history.log import FactLog, kind_of
from stockstorm.reports.history.vocabularies import NAMED, Known, Vocabulary
from stockstorm.simulator.errors import UNREADABLE_JSON
from stockstorm.simulator.history import facts as f

Kind = type[f.Fact]
NAMES_MAX: Final = 20_000  # SKUs; of more, most are named so seldom that nothing is gained
LEARNED_MAX: Final = 6  # times that a block tells further names
TOPICAL: Final[tuple[Kind, ...]] = (f.EventFired, f.DeliveryPlanned)  # kinds with a `topic`
_ALL: Final[tuple[Kind, ...]] = get_args(f.AnyFact)


def decoder_of(instead: Mapping[Kind, Kind]) -> "msgspec.json.Decoder[f.AnyFact]":
    """A decoder of lines that makes facts of other kinds instead of these. They have the same tags."""
    union: Any = Union[tuple(instead.get(kind, kind) for kind in _ALL)]  # noqa: UP007  # built
    return msgspec.json.Decoder(union)


class NamedLines:
    """Decodes the blocks of one file, in order. `instead`: kinds of which facts of another kind are made."""

    def __init__(self, plain: "msgspec.json.Decoder[f.AnyFact]", instead: Mapping[Kind, Kind]) -> None:
        self.kinds: dict[Kind, Kind] = {}  # what is made of a kind now, where its names are known
        self._plain, self._instead = plain, instead
        self._named: msgspec.json.Decoder[f.AnyFact] | None = None
        self._told: list[f.AnyFact] = []  # items and channels so far
        self._topics: set[str] = set()
        self._made: dict[tuple[Vocabulary, Hashable], Any] = {}  # types of fields
        self._learned, self._stale = 0, False

    def decode(self, lines: bytes) -> list[f.AnyFact]:
        """The facts of one block. Raises as the plain decoder does."""
        if self._stale:
            self._build()
        if self._named is not None:
            try:
                return self._named.decode_lines(lines)
            except UNREADABLE_JSON:
                pass  # a name that is not known yet, or something that the plain decoder tells better
        found = self._plain.decode_lines(lines)
        self._learn(found)
        return found

    def _learn(self, found: Iterable[f.AnyFact]) -> None:
        if self._learned == LEARNED_MAX:
            self._named = None
            return
        self._learned, self._stale = self._learned + 1, True
        for fact in found:
            if isinstance(fact, f.ItemStocked | f.ChannelOpened):
                self._told.append(fact)
                self._made.clear()
            elif isinstance(fact, f.EventFired | f.DeliveryPlanned):
                self._topics.add(fact.topic)

    def _build(self) -> None:
        self._stale, self._named, log = False, None, FactLog(tuple(self._told))
        if not self._told or log.count(f.ItemStocked) > NAMES_MAX:
            return
        known, fields, made = Known(log), dict[Kind, dict[str, Any]](), self._made
        for rule in REFERENCES:
            if rule.to in NAMED and rule.kind not in self._instead:
                key = rule.to, rule.none
                if key not in made:
                    made[key] = _one_of(known.names(*key))
                fields.setdefault(rule.kind, {})[rule.field] = _many(made[key]) if rule.many else made[key]
        for kind in TOPICAL:
            if kind not in self._instead and self._topics:
                fields.setdefault(kind, {})["topic"] = _one_of(self._topics)
        self.kinds = {kind: _variant(kind, types) for kind, types in fields.items()}
        self._named = decoder_of({**self._instead, **self.kinds})


def _one_of(names: Iterable[str]) -> Any:
    """The type of a field with one of these names. Made once for all fields, since it is costly for many names."""
    return Literal[tuple(sorted(names)) or (0,)]  # none: a number, which no field of a name accepts


def _many(one: Any) -> Any:
    return tuple.__class_getitem__((one, ...))


def _variant(kind: Kind, types: Mapping[str, Any]) -> Kind:
    """The same kind with other types of some fields."""
    hints = get_type_hints(kind, include_extras=True)
    fields: list[Any] = []
    for field in msgspec.structs.fields(kind):
        if field.name != "at_ns":
            of_type = types.get(field.name, hints[field.name])
            fields.append((field.name, of_type) if field.required else (field.name, of_type, field.default))
    made = msgspec.defstruct(
        kind.__name__,
        fields,
        bases=(kind,),
        namespace={"__reduce__": _made_of, "__eq__": _equal, "__hash__": _hash},
        frozen=True,
        gc=False,
        tag=kind.__struct_config__.tag,
    )
    return cast(Kind, made)


# Compared, hashed or pickled, a fact is one of the kind that everybody knows.


def _made_of(fact: f.Fact) -> tuple[Kind, tuple[Any, ...]]:
    return kind_of(type(fact)), msgspec.structs.astuple(fact)


def _equal(one: f.Fact, other: object) -> bool:
    return isinstance(other, f.Fact) and _made_of(one) == _made_of(other)


def _hash(fact: f.Fact) -> int:
    kind, values = _made_of(fact)
    return hash(kind(*values))
