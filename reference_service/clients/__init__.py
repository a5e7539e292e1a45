"""HTTP clients: Shopify's Admin API and the marketplaces' API."""
