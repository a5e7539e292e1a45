"""The schema and its resolvers, one file for each part of the Admin API."""
