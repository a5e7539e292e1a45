"""Durable queues between receiver and worker: PostgreSQL, Amazon SQS, Google Pub/Sub."""
