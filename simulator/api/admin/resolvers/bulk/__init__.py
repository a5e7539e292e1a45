"""Bulk operations: queries that run in the background."""
