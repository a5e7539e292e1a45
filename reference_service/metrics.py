"""The Prometheus metrics of a process. Label values come from closed sets only."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

FINE = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

WEBHOOKS = Counter("reference_webhooks", "Webhooks by answer", ["endpoint", "status"])
REQUESTS_REFUSED = Counter("reference_requests_refused", "Connections closed for a request over a bound", ["reason"])
EVENTS_REPEATED = Counter("reference_webhooks_repeated", "Repeated webhooks, acknowledged without effect")
EVENTS_HELD = Counter("reference_webhooks_held", "Webhooks that waited for a store that could not be reached")
EVENTS_UNREADABLE = Counter(
    "reference_messages_unreadable", "Broker messages that this service did not send, or that are damaged"
)
COMMIT_SECONDS = Histogram("reference_commit_seconds", "One group commit", buckets=FINE)
COMMIT_EVENTS = Histogram("reference_commit_events", "Webhooks in one group commit", buckets=SIZES)

STATEMENTS = Counter("reference_statements", "SQL statements sent to the database")
CLAIM_SECONDS = Histogram(
    "reference_claim_seconds", "One claim, from its start to its commit", ["work_type"], buckets=FINE
)
CLAIM_EVENTS = Histogram("reference_claim_events", "Events in one claim", ["work_type"], buckets=SIZES)
EVENTS = Counter("reference_events", "Processed events by result", ["work_type", "state"])

ADMIN_CALLS = Counter("reference_admin_calls", "Admin API calls by outcome", ["operation", "outcome"])
ADMIN_SECONDS = Histogram("reference_admin_seconds", "One Admin API call", ["operation"], buckets=FINE)
ADMIN_AVAILABLE = Gauge("reference_admin_points_available", "Query points left, as last reported by the API")
BATCH_ORDERS = Histogram("reference_batch_orders", "Orders, cancellations and returns in one adjustment", buckets=SIZES)
EFFECTS_REFUSED = Counter("reference_effects_refused", "Orders, cancellations and returns that the master refused")
LEVELS_REREAD = Counter("reference_levels_reread", "Levels read again because their events were ambiguous")

POLL_SECONDS = Histogram("reference_poll_seconds", "One poll, all its pages", ["source"], buckets=FINE)
FLOW_TASKS = Histogram("reference_flow_tasks", "Tasks of one run of the scheduled flow", buckets=SIZES)
FEED_READS = Counter("reference_feed_reads", "Reads of marketplace orders by outcome", ["channel", "outcome"])
PUSHES = Counter("reference_pushes", "Bulk pushes to marketplaces by outcome", ["channel", "outcome"])
PUSH_SECONDS = Histogram("reference_push_seconds", "One bulk push", ["channel"], buckets=FINE)
CHANNEL_FAILURES = Gauge("reference_channel_failures", "Failed pushes in a row; 0: the channel answers", ["channel"])
PUSHES_WAITING = Gauge("reference_pushes_waiting", "Listings that wait for a channel whose push failed", ["channel"])
CHANNELS_POLLED = Gauge("reference_channels_polled", "1: the channel notifies nobody and is polled", ["channel"])
PUSH_ROWS = Counter("reference_push_rows", "Listings pushed", ["channel"])
HEALED = Counter("reference_healed", "What reconciliation put right", ["kind"])
RECONCILIATION_SECONDS = Histogram("reference_reconciliation_seconds", "One pass of reconciliation", buckets=FINE)

CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition() -> bytes:
    """The metrics in Prometheus' text format."""
    return generate_latest()
