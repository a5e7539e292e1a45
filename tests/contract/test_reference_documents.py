"""The documents that the reference service sends are valid in the schema that is played to it."""

import pytest
from graphql import build_schema, parse, validate

from stockstorm.reference_service.clients import poll_documents, whole_documents
from stockstorm.reference_service.clients.documents import ALL, Operation
from stockstorm.simulator.api.admin.resolvers.schema import sdl

SCHEMA = build_schema(sdl())


@pytest.mark.parametrize(
    "operation", [*ALL, *poll_documents.ALL, *whole_documents.ALL], ids=lambda operation: operation.name
)
def test_a_document_is_valid(operation: Operation[object]) -> None:
    assert validate(SCHEMA, parse(operation.text)) == []
