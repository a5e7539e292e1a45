"""Searches of products and variants: a page of the catalogue's rows that fulfil a query."""

from collections.abc import Callable, Sequence
from typing import Final

from stockstorm.simulator.api.admin.base.call import AdminState, Arguments, Call
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.problems import bad_request
from stockstorm.simulator.api.admin.base.search import (
    Plays,
    Predicates,
    listed,
    number_bounds,
    parse,
    searched,
    text_pattern,
    text_test,
    time_bounds,
)
from stockstorm.simulator.api.admin.resolvers.products.index import SEPARATOR, SORTS, ProductIndex, Ranked, index_of
from stockstorm.simulator.api.admin.resolvers.stock import levels_of
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.events.encoding import minor_of
from stockstorm.simulator.events.product_payload import variant_title
from stockstorm.simulator.model import Product, Sku
from stockstorm.simulator.searching import DEFAULT, Term, terms_of

Test = Callable[[Product], bool]
JOINED: Final = Predicates()
UPDATED: Final = "UPDATED_AT"


def tags_of(product: Product) -> list[str]:
    """The tags, as payloads have them."""
    return ["hot", "sale"] if product.hot else ["sale"]


TEXTS: Final[dict[str, Callable[[Product], list[str]]]] = {
    DEFAULT: lambda product: [product.shown_sku or "", product.vendor, product.product_type, *product.title.split()],
    "sku": lambda product: [product.shown_sku or ""],
    "title": lambda product: [product.title, *product.title.split()],
    "vendor": lambda product: [product.vendor],
    "product_type": lambda product: [product.product_type],
    "tag": tags_of,
    "tag_not": tags_of,
    "variant_title": lambda product: [variant_title(product)],
    "handle": lambda product: [product.handle],
}


def prepare(state: AdminState, at_ns: int) -> None:
    """Makes what searches and pages of products look up, which for 50,000 items takes longer than a call may.

    `at_ns`: when the products came to the shop.
    """
    index = index_of(state)
    index.prepare(at_ns)
    for field, texts_of in TEXTS.items():
        index.folded(field, texts_of)


def product_plays(call: Call) -> Plays[Test]:
    """The search fields of products."""
    index = index_of(call.state)
    return {
        **_shared(call),
        "id": _number(lambda product: product.product_id),
        "variant_id": _number(lambda product: product.variant_id),
        "variant_title": _text(index),
        "handle": _text(index),
        "status": lambda term: _among(term, {"active", "any"}),
        "published_status": lambda term: _among(term, {"published", "visible", "online_store_channel", "any"}),
        "inventory_total": _number(_total_of(index, call)),
        "out_of_stock_somewhere": _flag(
            lambda product: any(level.available <= 0 for level in levels_of(product, call))
        ),
        "tracks_inventory": _flag(lambda _product: True),
        "has_only_default_variant": _flag(lambda product: product.variant_title is None),
        "gift_card": _flag(lambda _product: False),
        "collection_id": _number(lambda product: index_of(call.state).collection_of(product).collection_id),
    }


def _total_of(index: ProductIndex, call: Call) -> Callable[[Product], int]:
    """Units of all variants of a product, which are added up once for all of its variants."""
    available, known = call.world.available, dict[int, int]()

    def total(product: Product) -> int:
        if index.single:
            return available(product.inventory_item_id)
        if product.product_id not in known:
            known[product.product_id] = sum(available(each.inventory_item_id) for each in index.variants_of(product))
        return known[product.product_id]

    return total


def variant_plays(call: Call) -> Plays[Test]:
    """The search fields of variants."""
    return {
        **_shared(call),
        "id": _number(lambda product: product.variant_id),
        "product_id": _number(lambda product: product.product_id),
        "product_ids": _number(lambda product: product.product_id),
        "product_status": lambda term: _among(term, {"active", "any"}),
        "inventory_quantity": _number(lambda product: call.world.available(product.inventory_item_id)),
        "managed": _flag(lambda _product: True),
        "taxable": _flag(lambda product: call.world.edits.of(product).taxable),
        "collection": _number(lambda product: index_of(call.state).collection_of(product).collection_id),
    }


def _shared(call: Call) -> dict[str, Callable[[Term], Test]]:
    edited, index = call.world.edits.of, index_of(call.state)
    return {
        DEFAULT: _text(index),
        "sku": _text(index),
        "title": _text(index),
        "vendor": _text(index),
        "product_type": _text(index),
        "tag": _text(index),
        "tag_not": lambda term: JOINED.no(_text(index)(term)),
        "barcode": lambda term: _barcode(term, edited),
        "price": lambda term: _price(term, lambda product: edited(product).price_minor),
        "created_at": _time(lambda _product: call.listed_ns, call),
        "updated_at": _time(lambda product: updated_ns(product, call), call),
    }


def _barcode(term: Term, edited: Callable[[Product], Product]) -> Test:
    test = text_test(term)
    return lambda product: test(edited(product).barcode or "")


def updated_ns(product: Product, call: Call) -> int:
    """When the product last changed."""
    edited_ns = call.world.product_edited_ns(product.product_id)
    return call.wall.monotonic_ns if edited_ns is None else edited_ns


def _text(index: ProductIndex) -> Callable[[Term], Test]:
    def test_of(term: Term) -> Test:
        texts = index.folded(term.field, TEXTS[term.field])
        tests = [_one_text(texts, *text_pattern(each)) for each in listed(term)]
        return tests[0] if len(tests) == 1 else JOINED.some(tests)

    return test_of


def _one_text(texts: dict[int, str], wanted: str, prefix: bool) -> Test:
    if SEPARATOR in wanted:
        return lambda _product: False
    text = SEPARATOR + wanted + ("" if prefix else SEPARATOR)
    return lambda product: text in texts[product.variant_id]


def _number(of: Callable[[Product], int]) -> Callable[[Term], Test]:
    def test_of(term: Term) -> Test:
        bounds = [number_bounds(each) for each in listed(term)]
        if len(bounds) > 1:
            return lambda product: any(each.holds(of(product)) for each in bounds)
        low, high = bounds[0] if bounds else (0, 0)
        return lambda product: low <= of(product) < high

    return test_of


def _time(of: Callable[[Product], int], call: Call) -> Callable[[Term], Test]:
    def test_of(term: Term) -> Test:
        bounds = time_bounds(term, call)
        return lambda product: bounds.holds(of(product))

    return test_of


def _flag(of: Callable[[Product], bool]) -> Callable[[Term], Test]:
    def test_of(term: Term) -> Test:
        wanted = term.value.casefold()
        if wanted not in ("true", "false"):
            raise bad_request(f"Invalid value {term.value!r} for search field {term.field!r}: write true or false.")
        return lambda product: of(product) == (wanted == "true")

    return test_of


def _among(term: Term, true_of_all: set[str]) -> Test:
    """Every product of the shop has the same value."""
    found = any(each.value.casefold() in true_of_all for each in listed(term))
    return lambda _product: found


def _price(term: Term, of: Callable[[Product], int]) -> Test:
    wanted = minor_of(term.value)
    if wanted is None:
        raise bad_request(f"Invalid value {term.value!r} for search field {term.field!r}: write a number.")
    match term.comparator:
        case "=":
            return lambda product: of(product) == wanted
        case ">":
            return lambda product: of(product) > wanted
        case ">=":
            return lambda product: of(product) >= wanted
        case "<":
            return lambda product: of(product) < wanted
        case "<=":
            return lambda product: of(product) <= wanted


def found(
    root: str, query: str | None, plays: Plays[Test], rows: Sequence[Ranked], index: ProductIndex, call: Call
) -> Sequence[Ranked]:
    """The rows that fulfil a query."""
    test = searched(root, query, plays, JOINED, call)
    if test is None:
        return rows
    part = parse(query or "")
    if part is None:
        return rows
    if isinstance(part, Term) and part.field == "sku" and not part.value.endswith("*") and "," not in part.value:
        if root == "products":
            wanted = {product.product_id for product in index.with_sku(Sku(part.value))}
            return [row for row in rows if row.product.product_id in wanted] if wanted else []
        wanted = {product.variant_id for product in index.with_sku(Sku(part.value))}
        return [row for row in rows if row.product.variant_id in wanted] if wanted else []
    call.test(index.variants if root == "products" else len(rows), len(terms_of(part)))
    if root != "products" or index.single:
        return [row for row in rows if test(row.product)]
    return [row for row in rows if any(map(test, index.variants_of(row.product)))]  # as one of its variants is


def sorted_rows(sort: str, root: str, index: ProductIndex, call: Call) -> Sequence[Ranked]:
    """All products in an order of the API."""
    if sort == UPDATED:
        rows = index.unedited(call.wall.monotonic_ns)
        if not (edited := call.world.edited_products()):
            return rows
        late = [Ranked(edited[row.product.product_id], row.product) for row in rows if row.product.product_id in edited]
        return [row for row in rows if row.product.product_id not in edited] + sorted(late, key=rank_key)
    for known in SORTS:
        if known == sort:
            return index.sorted_by(known)
    if sort in (
        "CREATED_AT",
        "PUBLISHED_AT",
        "RELEVANCE",
        "POSITION",
        "FULL_TITLE",
        "NAME",
        "COLLECTION_DEFAULT",
        "CREATED",
    ):
        return index.sorted_by("TITLE" if sort in ("FULL_TITLE", "NAME", "COLLECTION_DEFAULT") else "ID")
    raise not_played("sort key", f"{sort} of {root}")


def rank_key(row: Ranked) -> tuple[int, int]:
    return row.rank, row.product.variant_id


def page(rows: Sequence[Ranked], arguments: Arguments, call: Call) -> Page[Ranked]:
    """A page of rows."""
    made = page_of(rows, rank_key, arguments)
    call.rows += len(made.nodes)
    return made
