"""The simulated APIs that the subject calls: Shopify's Admin API and the marketplace API, behind one HTTP server."""
