"""Queries on products, variants and collections."""

from collections.abc import Sequence
from typing import Final

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.problems import bad_request
from stockstorm.simulator.api.admin.base.search import counted, known_terms, number_bounds, text_test
from stockstorm.simulator.api.admin.base.views import Counted, ProductView, number_of
from stockstorm.simulator.api.admin.resolvers.products.fields import collection_key
from stockstorm.simulator.api.admin.resolvers.products.index import Collection, Ranked, index_of
from stockstorm.simulator.api.admin.resolvers.products.searches import (
    found,
    page,
    product_plays,
    sorted_rows,
    variant_plays,
)
from stockstorm.simulator.api.not_played import not_played


def products(_source: None, arguments: Arguments, call: Call) -> Page[Ranked]:
    index = index_of(call.state)
    rows = sorted_rows(arguments["sortKey"], "products", index, call)
    return page(found("products", arguments.get("query"), product_plays(call), rows, index, call), arguments, call)


def product_variants(_source: None, arguments: Arguments, call: Call) -> Page[Ranked]:
    index, sort = index_of(call.state), arguments["sortKey"]
    if sort not in ("ID", "SKU", "TITLE", "FULL_TITLE", "NAME", "POSITION", "RELEVANCE"):
        raise not_played("sort key", f"{sort} of productVariants")
    match sort:
        case "ID":
            ranked = index.by_variant()
        case "SKU":
            ranked = index.by_sku_of_variants()
        case _:
            ranked = index.by_text_of_variants("ID" if sort == "RELEVANCE" else "TITLE")
    query = arguments.get("query")
    return page(found("productVariants", query, variant_plays(call), ranked, index, call), arguments, call)


def products_count(_source: None, arguments: Arguments, call: Call) -> Counted:
    index = index_of(call.state)
    rows = found("products", arguments.get("query"), product_plays(call), index.sorted_by("ID"), index, call)
    return counted(len(rows), arguments.get("limit"))


def product_variants_count(_source: None, arguments: Arguments, call: Call) -> Counted:
    index = index_of(call.state)
    rows = found("productVariants", arguments.get("query"), variant_plays(call), index.by_variant(), index, call)
    return counted(len(rows), arguments.get("limit"))


def product(_source: None, arguments: Arguments, call: Call) -> ProductView | None:
    number = number_of("Product", arguments["id"])
    got = None if number is None else index_of(call.state).by_product_id.get(number)
    if got is None:
        return None
    call.rows += 1
    return ProductView(got)


def product_by_identifier(_source: None, arguments: Arguments, call: Call) -> ProductView | None:
    identifier = arguments["identifier"]
    given = [name for name in ("id", "handle") if identifier.get(name) is not None]
    if len(given) != 1:
        raise bad_request("ProductIdentifierInput requires exactly one argument, id or handle.")
    if given == ["id"]:
        return product(None, identifier, call)
    got = index_of(call.state).by_handle.get(identifier["handle"])
    return None if got is None else ProductView(got)


def product_by_handle(_source: None, arguments: Arguments, call: Call) -> ProductView | None:
    got = index_of(call.state).by_handle.get(arguments["handle"])
    return None if got is None else ProductView(got)


def collection(_source: None, arguments: Arguments, call: Call) -> Collection | None:
    number = number_of("Collection", arguments["id"])
    return next((each for each in index_of(call.state).collections if each.collection_id == number), None)


def collections(_source: None, arguments: Arguments, call: Call) -> Page[Collection]:
    sort = arguments["sortKey"]
    if sort not in ("ID", "TITLE", "RELEVANCE"):
        raise not_played("sort key", f"{sort} of collections")
    return page_of(_collections(arguments.get("query"), call), collection_key, arguments)  # ids follow the titles


def collections_count(_source: None, arguments: Arguments, call: Call) -> Counted:
    return counted(len(_collections(arguments.get("query"), call)), arguments.get("limit"))


def _collections(query: str | None, call: Call) -> Sequence[Collection]:
    rows: Sequence[Collection] = index_of(call.state).collections
    for term in known_terms("collections", query, frozenset({"id", "title"}), call):
        if term.field == "id":
            bounds = number_bounds(term)
            rows = [row for row in rows if bounds.holds(row.collection_id)]
        else:
            test = text_test(term)
            rows = [row for row in rows if test(row.title)]
    return rows


QUERIES: Final[dict[str, Resolver]] = {
    "products": products,
    "productVariants": product_variants,
    "productsCount": products_count,
    "productVariantsCount": product_variants_count,
    "product": product,
    "productByHandle": product_by_handle,
    "productByIdentifier": product_by_identifier,
    "collection": collection,
    "collections": collections,
    "collectionsCount": collections_count,
}
