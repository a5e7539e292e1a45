"""Shopify's delivery to an event bus, as a separate process: HTTP in, EventBridge or Pub/Sub out."""
