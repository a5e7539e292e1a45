"""Clients of what the service calls: Shopify's Admin API and the marketplaces' API."""
