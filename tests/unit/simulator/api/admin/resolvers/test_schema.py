"""The executable schema is cheap also for values that it does not know."""

from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLError
from graphql.utilities import coerce_input_value

from stockstorm.simulator.api.admin.resolvers.schema import admin_schema

ENUMS = [
    type_
    for name, type_ in admin_schema().type_map.items()
    if isinstance(type_, GraphQLEnumType) and not name.startswith("__")
]


@pytest.mark.parametrize("enum", ENUMS, ids=str)
@pytest.mark.parametrize("value", ["NO_SUCH_VALUE", [{"": False}, {"a": {}}], 2_147_483_647])
def test_no_similar_value_is_searched_for(enum: GraphQLEnumType, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphql.type.definition.did_you_mean_enum_value", lambda *_: pytest.fail("searched"))
    with pytest.raises(GraphQLError, match=r"\.$"):
        enum.coerce_input_value(value)


@pytest.mark.parametrize("enum", ENUMS, ids=str)
def test_every_value_of_an_enum_is_read(enum: GraphQLEnumType) -> None:
    assert [coerce_input_value(name, enum) for name in enum.values] == list(enum.values)
