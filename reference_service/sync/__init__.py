"""Keeps shop and marketplaces in sync: writes and reads Shopify's stock, pushes listings, subscribes to webhooks."""
