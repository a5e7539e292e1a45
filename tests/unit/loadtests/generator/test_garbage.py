"""Collections of the generator: what they visit, and what they free."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from stockstorm.loadtests.generator.garbage import freeze_survivors, keep_pauses_short
from stockstorm.simulator.api.admin.execution.documents import Document, Documents
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    if freeze_survivors in gc.callbacks:
        gc.callbacks.remove(freeze_survivors)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


class Node:
    """An object that can be part of a cycle."""

    def __init__(self) -> None:
        self.other: Node | None = None


def test_a_collection_visits_only_what_is_newer_than_the_last_one() -> None:
    keep_pauses_short()
    kept, visited = list[list[int]](), list[int]()
    for _ in range(100):
        kept += [[number] for number in range(3_000)]
        visited.append(len(gc.get_objects()))
    assert len(kept) == 300_000
    assert max(visited) < 40_000  # without freezing, all 300,000 at the end
    assert visited[-1] < 40_000


def test_frozen_objects_are_freed_when_nothing_refers_to_them_and_new_cycles_too() -> None:
    keep_pauses_short()
    old, new = Node(), Node()
    old_ref, new_ref = weakref.ref(old), weakref.ref(new)
    gc.collect()
    assert not any(each is old for each in gc.get_objects())  # it is frozen
    del old
    assert old_ref() is None
    cycle = Node()
    cycle.other, new.other = new, cycle
    cycle_ref = weakref.ref(cycle)
    del new, cycle
    assert new_ref() is not None
    keep_pauses_short()
    assert (new_ref(), cycle_ref()) == (None, None)


def test_the_next_load_collects_what_an_earlier_one_left() -> None:
    keep_pauses_short()
    one, other = Node(), Node()
    one.other, other.other = other, one
    left = weakref.ref(one)
    gc.collect()
    del one, other
    gc.collect()
    assert left() is not None
    keep_pauses_short()
    assert left() is None
    assert gc.callbacks.count(freeze_survivors) == 1


DOCUMENT = "query($id: ID!) { order(id: $id) { ...f } } fragment f on Order { name @include(if: true) }"


def references(document: Document) -> list[weakref.ref[object]]:
    """To the parts of a document that may outlive it."""
    return [weakref.ref(each) for each in (document, document.node, *document.operations.values())]


def test_a_document_that_left_the_cache_is_freed_without_a_collection() -> None:
    documents = Documents(admin_schema(), size=1)
    left = references(documents.get(DOCUMENT))
    gc.collect()  # validation leaves cycles that refer to the document
    gc.disable()
    try:
        documents.get("{ shop { name } }")
        assert [each() for each in left] == [None, None, None]
    finally:
        gc.enable()
