"""Queues and buses of the clouds: Amazon SQS and EventBridge, Google Pub/Sub, and their emulators."""
