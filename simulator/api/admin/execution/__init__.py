"""From a GraphQL document to its data: parse, validate, price and execute."""
