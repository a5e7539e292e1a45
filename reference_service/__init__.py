"""A receiver-and-worker service that keeps marketplaces in step with a Shopify shop.

It knows Shopify's API, the marketplaces' API and its own database. It imports nothing of the test harness.
"""
