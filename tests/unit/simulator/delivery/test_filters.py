"""Filters of subscriptions: what Shopify takes, what they let through, and what makes them deliver nothing at all."""

from typing import Any

import pytest

from stockstorm.simulator.delivery.filters import make_filter, readable

PRODUCT: dict[str, Any] = {
    "id": 7,
    "title": "Mug & Saucer",
    "vendor": "Acme",
    "tags": "",
    "template_suffix": None,
    "published": True,
    "updated_at": "2026-11-24T07:05:00-05:00",
    "variants": [{"price": "9.50", "option": {"size": "L"}}, {"price": "12.00", "option": {"size": "S"}}],
    "images": [],
}


@pytest.mark.parametrize(
    "text",
    [
        "id:7",
        "id:*",
        "id:>=7 AND vendor:Acme",
        "vendor:Nobody OR variants.price:>10",
        "variants.price:12.0",
        "variants.price:>=12.00",
        "variants.option.size:S",
        "-vendor:Nobody",
        "NOT (vendor:Nobody OR id:8)",
        'title:"Mug & Saucer"',
        "title:Mug*",
        "published:true",
        "updated_at:>'2026-11-24T12:00:00Z'",
        "-images.id:1",
    ],
)
def test_a_filter_that_the_payload_fits_lets_it_through(text: str) -> None:
    assert readable(text)
    assert make_filter(text)(PRODUCT)


@pytest.mark.parametrize(
    "text",
    [
        "id:8",
        "vendor:acme",  # case counts
        "variants.price:>12",
        "template_suffix:*",
        "updated_at:>'2026-11-24T12:05:00Z'",
        "published:false",
        "images.id:1",
    ],
)
def test_a_filter_that_it_does_not_fit_keeps_it_back(text: str) -> None:
    assert not make_filter(text)(PRODUCT)


@pytest.mark.parametrize(
    "text",
    [
        "colour:red",
        "-colour:red",
        "id:7 OR colour:red",
        "id:seven",
        "-id:seven",
        "published:yes",
        "variants:1",
        "id.number:7",
        "variants.price:>cheap",
        "updated_at:>yesterday",
    ],
)
def test_an_unknown_field_or_another_type_makes_the_whole_filter_deliver_nothing(text: str) -> None:
    assert readable(text)
    assert not make_filter(text)(PRODUCT)


@pytest.mark.parametrize("text", ["red", "id:7 red", "(id:7", "id:7)", "id:", "AND", "id:7 OR", '"id:7"'])
def test_what_names_no_field_or_has_another_syntax_is_refused(text: str) -> None:
    assert not readable(text)
