"""Every bound and pace of the service in one place, with its unit and its reason."""

# --- receiving
RECEIVER_CONNECTIONS = 8  # work in the request needs them; group commits use one or two
REQUESTS_UNDER_WAY_MAX = 2_000  # with work in the request; beyond it the receiver answers 503 and Shopify retries
BODY_BYTES_MAX = 2 * 1024 * 1024  # Shopify's bodies go "upwards of a megabyte"; twice that is refused with 413
READING_BYTES_MAX = 64 * 1024 * 1024  # of bodies that come in parts and whose signature nobody could check yet
NAME_MAX = 200  # characters of a webhook's id or topic; Shopify's ids have 36
WAITING_EVENTS_MAX = 20_000  # events that wait for a commit; beyond it the receiver answers 503 and Shopify retries
WAITING_BYTES_MAX = 128 * 1024 * 1024
COMMIT_EVENTS_MAX = 1_000  # events in one group commit
COMMIT_PACE_S = 0.004  # under load one commit per 4 ms gathers its neighbours; an idle receiver commits at once
STORE_TIMEOUT_S = 4.0  # Shopify hangs up after 5 s, so an answer later than this is of no use

# --- working
WORKER_CONNECTIONS = 8  # and one for each channel
CLAIM_EVENTS_MAX = 500  # events in one claim, that is in one transaction
CLAIM_PACE_S = 0.02  # under load a work_type claims at most 50 times a second, so that a claim is worth its round trips
POLL_S = 1.0  # a work_type looks by itself when no notification came
ATTEMPTS_MAX = 8  # then an event is a dead letter
BACKOFF_FIRST_S = 1.0
BACKOFF_MAX_S = 300.0
START_PATIENCE_S = 5.0  # a start waits so long for a marketplace that is away, and then goes on without it
VACUUM_EVERY_S = 10.0  # a queue table is mostly dead rows; the autovacuum of PostgreSQL wakes only once a minute

# --- working with a broker
HELD_MAX = 1_000  # messages that a worker takes ahead of its work
LEASE_S = 10  # what a killed worker held comes again after it; renewed while it is held; Pub/Sub's shortest
LEASE_CHECK_S = 2.0  # leases are looked at so often, and renewed in the second half of their time
BROKER_BACKOFF_STEPS = 4  # receivers of a broker that is away ask again after 8 s at most

# --- reading at an interval
POLL_OVERLAP_S = 5.0  # what changed so shortly before the last poll is asked for again: clocks differ, indexes lag
FULL_READ_EVERY_S = 3_600.0  # all levels are read again, in case a search for the changed ones ever missed one
FEED_PAGE_MAX = 250  # the marketplaces' limit on one GET
FLOW_RECORDS_MAX = 100  # new records that a vendor's trigger takes from one source in a run
POLLED_ORDERS = 100  # orders of the own store on one page: some 150 query points

# --- writing to the master
ADJUST_CHANGES_MAX = 250  # Shopify's limit on an input array
ADJUST_ORDERS_MAX = 500  # keeps the reference document URI of a batch within some 20 KB
ADJUST_PACE_S = 0.05  # a batch per 50 ms: orders gather, and a Plus shop's 1,000 points a second last
ADJUST_GATHER_S = 0.005  # lets the push of a sale go first, and a cancellation catch its order
READ_LEVELS_MAX = 250  # Shopify's limit on an input array
PAGE_ITEMS = 250  # Shopify's limit on a page

# --- pushing to the marketplaces
PUSH_ROWS_MAX = 500  # the marketplaces' limit on one PUT
PUSH_PACE_S = 0.02

# --- calling out
API_TIMEOUT_S = 10.0
ANSWER_BYTES_MAX = 20 * 1024 * 1024  # a full page is some 200 KB; what is longer is not read to its end
CANCEL_AGAIN_S = 0.5  # a task that has not ended by then is cancelled once more
SHUTDOWN_S = 1.5  # what SIGTERM leaves for requests in flight
LEADER_RETRY_S = 0.5  # a standby worker asks this often whether the leader is gone

# --- answering probes
PROBE_ROWS_DEFAULT = 1_000
PROBE_ROWS_MAX = 10_000
