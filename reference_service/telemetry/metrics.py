"""What Prometheus may know of a process. Labels come from closed sets only."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

FINE = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

WEBHOOKS = Counter("reference_webhooks", "Webhooks by answer", ["face", "status"])
EVENTS_REPEATED = Counter("reference_webhooks_repeated", "Webhooks known already, acknowledged without effect")
EVENTS_UNREADABLE = Counter("reference_messages_unreadable", "Messages of a broker that are none of ours, or damaged")
COMMIT_SECONDS = Histogram("reference_commit_seconds", "One group commit", buckets=FINE)
COMMIT_EVENTS = Histogram("reference_commit_events", "Webhooks in one group commit", buckets=SIZES)

STATEMENTS = Counter("reference_statements", "SQL statements sent to the database")
CLAIM_SECONDS = Histogram(
    "reference_claim_seconds", "One claim, from its first row to its commit", ["work_type"], buckets=FINE
)
CLAIM_EVENTS = Histogram("reference_claim_events", "Events in one claim", ["work_type"], buckets=SIZES)
EVENTS = Counter("reference_events", "Events worked on, by what became of them", ["work_type", "state"])

ADMIN_CALLS = Counter("reference_admin_calls", "Calls of the Admin API by outcome", ["operation", "outcome"])
ADMIN_SECONDS = Histogram("reference_admin_seconds", "One call of the Admin API", ["operation"], buckets=FINE)
ADMIN_AVAILABLE = Gauge("reference_admin_points_available", "What the throttle last said was left")
BATCH_ORDERS = Histogram("reference_batch_orders", "Orders, cancellations and returns in one adjustment", buckets=SIZES)
EFFECTS_REFUSED = Counter("reference_effects_refused", "Orders, cancellations, returns that the master did not take")
LEVELS_REREAD = Counter("reference_levels_reread", "Levels read again because events left a doubt")

POLL_SECONDS = Histogram("reference_poll_seconds", "One poll, all its pages", ["source"], buckets=FINE)
FLOW_TASKS = Histogram("reference_flow_tasks", "Tasks of one run of a flow", buckets=SIZES)
FEED_READS = Counter("reference_feed_reads", "Reads of marketplaces' orders by outcome", ["channel", "outcome"])
PUSHES = Counter("reference_pushes", "Bulk pushes to marketplaces by outcome", ["channel", "outcome"])
PUSH_SECONDS = Histogram("reference_push_seconds", "One bulk push", ["channel"], buckets=FINE)
PUSH_ROWS = Counter("reference_push_rows", "Listings pushed", ["channel"])

CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition() -> bytes:
    """The metrics in Prometheus' text format."""
    return generate_latest()
