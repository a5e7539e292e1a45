"""Every GraphQL document of the reference service is valid in the schema of the simulated Shopify."""

import pytest
from graphql import build_schema, parse, validate

from stockstorm.reference_service.clients import documents, order_documents
from stockstorm.reference_service.clients.documents import Operation
from stockstorm.simulator.api.admin.resolvers.schema import sdl

SCHEMA = build_schema(sdl())


@pytest.mark.parametrize("operation", [*documents.ALL, *order_documents.ALL], ids=lambda operation: operation.name)
def test_a_document_is_valid(operation: Operation[object]) -> None:
    assert validate(SCHEMA, parse(operation.text)) == []
