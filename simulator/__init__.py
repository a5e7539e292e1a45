"""Simulates Shopify, the marketplaces and the buyers. The core is pure; `io` and the HTTP server are its edge."""
