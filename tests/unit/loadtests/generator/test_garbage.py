"""Collections of the generator: what they visit, and what they free."""

import gc
import weakref
from collections.abc import Iterator

import gevent
import pytest

from stockstorm.loadtests.generator.garbage import (
    PARTIAL_MAX,
    collect_between_calls,
    collect_when_due,
    keep_pauses_short,
)
from stockstorm.simulator.api.admin.execution.documents import Document, Documents
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


class Node:
    """An object that can be part of a cycle."""

    def __init__(self) -> None:
        self.other: Node | None = None


def cycle() -> tuple[Node, weakref.ref[Node]]:
    one, other = Node(), Node()
    one.other, other.other = other, one
    return one, weakref.ref(one)


def test_a_collection_does_not_visit_what_was_there_before_the_load() -> None:
    kept = [[number] for number in range(100_000)]
    keep_pauses_short()
    assert len(gc.get_objects()) < len(kept)


def test_a_cycle_that_the_load_leaves_is_collected_however_many_collections_it_outlived() -> None:
    keep_pauses_short()
    kept, left = cycle()
    gc.collect()
    gc.collect()
    assert kept is left()
    del kept
    gc.collect()
    assert left() is None


def test_a_full_collection_comes_between_calls_and_never_within_one() -> None:
    keep_pauses_short()
    before, full = gc.get_threshold(), list[str]()
    collector = gevent.spawn(collect_between_calls)
    gevent.sleep(0)

    def note(phase: str, info: dict[str, int]) -> None:
        if info["generation"] == 2:
            full.append(phase)

    gc.callbacks.append(note)
    try:
        kept, left = cycle()
        gc.collect(1)  # the cycle is old
        del kept
        objects = [[number] for number in range(200_000)]
        assert len(objects) == 200_000
        assert (full, gc.get_count()[2] >= PARTIAL_MAX) == ([], True)
        collect_when_due()
        assert (full, left()) == (["start", "stop"], None)
        collect_when_due()
        assert full == ["start", "stop"]
    finally:
        gc.callbacks.remove(note)
        collector.kill()
    assert gc.get_threshold() == before  # Python's own again, once the load is over


def test_the_next_load_collects_what_an_earlier_one_left() -> None:
    kept, left = cycle()
    keep_pauses_short()
    del kept
    gc.collect()
    assert left() is not None  # it is frozen
    keep_pauses_short()
    assert left() is None


DOCUMENT = "query($id: ID!) { order(id: $id) { ...f } } fragment f on Order { name @include(if: true) }"


def references(document: Document) -> list[weakref.ref[object]]:
    """To the parts of a document that may outlive it."""
    return [weakref.ref(each) for each in (document, document.node, *document.operations.values())]


def test_a_collection_is_short_with_the_cache_full_of_documents() -> None:
    documents = Documents(admin_schema())
    keep_pauses_short()
    for number in range(100):  # 270,000 characters, of which as many as possible are nodes
        fields = " ".join(f'a{n}: order(id: "gid://shopify/Order/{n}") {{ name }}' for n in range(60))
        documents.get(f"query q{number} {{ {fields} }}")
    gc.collect()
    assert len(gc.get_objects()) < 60_000  # a collection of 140,000 takes over 50 ms


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
