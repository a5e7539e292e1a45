"""The schema and its resolvers, one file for each area of the Admin API."""
