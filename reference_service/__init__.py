"""A receiver-and-worker service that keeps marketplaces in step with a Shopify shop.

It stands alone: it knows Shopify's API, the marketplaces' API and its own database, and nothing of whoever tests it.
"""
