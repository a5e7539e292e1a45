"""A small double of Google Pub/Sub for load tests without the real service and without Google's emulator.

`python -m stockstorm.loadtests.backing.pubsub_double --port N` serves the real client libraries over gRPC on loopback:
topics and subscriptions (create, get, delete), Publish, Pull, StreamingPull with its flow control, Acknowledge,
ModifyAckDeadline (0 is a nack), redelivery after the ack deadline, dead letters after max_delivery_attempts.

It keeps everything in memory, within bounds. It has no ordering keys, push, BigQuery and Cloud Storage subscriptions,
exactly-once delivery, filters, retry policies, seek, snapshots, schemas, retention, IAM, labels or updates. A
subscription that asks for one of these is refused as UNIMPLEMENTED rather than accepted without it.
"""
