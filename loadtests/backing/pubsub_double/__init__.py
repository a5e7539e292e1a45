"""A small double of Google Pub/Sub for load tests, where neither the real one nor Google's emulator is there.

`python -m loadtests.backing.pubsub_double --port N` serves the real client libraries over gRPC on loopback: topics and
subscriptions (create, get, delete), Publish, Pull, StreamingPull with its flow control, Acknowledge, ModifyAckDeadline
(0 is a nack), redelivery when the ack deadline passes, dead letters after max_delivery_attempts, ordering keys.

It keeps everything in memory, bounded, and leaves out: push, BigQuery and Cloud Storage subscriptions, exactly-once
delivery, filters, retry policies, seek, snapshots, schemas, retention, IAM, labels and updates. What a request asks of
these it refuses as UNIMPLEMENTED rather than ignore it. Of one ordering key it hands out one message at a time.
"""
