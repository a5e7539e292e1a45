"""Shopify's way to an event bus, as a process of its own: HTTP in, EventBridge or Pub/Sub out."""
