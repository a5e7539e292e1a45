"""Every limit and interval of the service, each with its unit and its reason."""

# --- connections from the internet
HEAD_BYTES_MAX = 16 * 1024  # of a request's head; Shopify's heads have some 1 KB
HEADERS_MAX = 100  # lines of a head, with the trailers of a chunked body
PIPELINED_MAX = 16  # requests on one connection that wait for the answers before theirs
HEAD_TIMEOUT_S = 5.0  # from the first byte to the end of the head; Shopify gives a whole delivery 5 s
BODY_TIMEOUT_S = 5.0  # from the head to the end of the body; later than STORE_TIMEOUT_S, at which the endpoint answers
ANSWER_TIMEOUT_S = 30.0  # longer than any answer takes; ends connections whose client does not read
PAUSE_TIMEOUT_S = 5.0  # between two requests; simulated Shopify uses a connection again within 4 s
CONNECTIONS_MAX = 4_000  # open ones in all; beyond them a new one is answered 503
ADDRESS_CONNECTIONS_MAX = 250  # open ones of one address; Shopify delivers from many
OPERATIONS_CONNECTIONS_MAX = 64  # to health, metrics and probes
FILES_RESERVED = 128  # open files besides these connections: database, broker, logs
DEADLINES_TICKS = 5  # deadlines are checked at every fifth tick of uvicorn, which is every 0.5 s

# --- logs that a stranger can cause
LOG_INTERVAL_S = 10.0
LOG_LINES_MAX = 5  # lines with the same text in one interval; the others are counted
LOG_TEXTS_MAX = 100  # different texts in one interval; the others are counted together

# --- receiving
RECEIVER_CONNECTIONS = 8  # synchronous work needs them; group commits use one or two
REQUESTS_IN_PROGRESS_MAX = 2_000  # of the synchronous inbox; beyond it the answer is 503 and Shopify retries
BODY_BYTES_MAX = 2 * 1024 * 1024  # Shopify's bodies can exceed a megabyte; more than twice that is refused with 413
CHUNKED_BYTES_MAX = 64 * 1024 * 1024  # of all incomplete chunked bodies together: their signatures are not checked yet
NAME_CHARS_MAX = 200  # of a webhook's id or topic; Shopify's ids have 36
WAITING_EVENTS_MAX = 20_000  # events that wait for a commit; beyond it the answer is 503 and Shopify retries
WAITING_BYTES_MAX = 128 * 1024 * 1024
COMMIT_EVENTS_MAX = 1_000  # events in one group commit
COMMIT_PACE_S = 0.004  # under load, one commit per 4 ms; an idle receiver commits at once
HOLD_S = 2.5  # a webhook waits this long for an unreachable store; then 503, while Shopify still waits (5 s)
HOLD_RETRY_S = 0.1
STORE_TIMEOUT_S = 4.0  # Shopify closes the connection after 5 s, so a later answer is useless

# --- working
WORKER_CONNECTIONS = 9  # plus one for each channel
CLAIM_EVENTS_MAX = 500  # events in one claim, which is one transaction
CLAIM_PACE_S = 0.02  # at most 50 claims a second for each work type under load, so that claims are large
POLL_S = 1.0  # a work type checks its queue after this long without a notification
ATTEMPTS_MAX = 8  # after these an event is a dead letter
UNKNOWN_SKU_ATTEMPTS_MAX = 5  # some 8 s, in which a new product's level arrives; then it is a dead letter to replay
BACKOFF_FIRST_S = 1.0
BACKOFF_MAX_S = 300.0
CALL_BACKOFF_MAX_S = (
    8.0  # an API that refused or was down must be called soon after its return; one call costs it little
)
START_PATIENCE_S = 5.0  # a start waits this long for an unreachable marketplace and then continues without it
VACUUM_EVERY_S = 10.0  # most rows of a queue table are dead; PostgreSQL's autovacuum runs only once a minute

# --- working with a broker
PREFETCH_MAX = 1_000  # messages that a worker takes ahead of its work
LEASE_S = 10  # a killed worker's messages come back after it; renewed while they are in use; Pub/Sub's minimum
LEASE_CHECK_S = 2.0  # interval of lease checks; a lease is renewed in the second half of its time
BROKER_BACKOFF_STEPS = 4  # an unreachable broker is called again after 8 s at most

# --- reading at an interval
MISSED_PACE_S = 1.0  # between two reads of what may have been missed
POLL_OVERLAP_S = 5.0  # each poll reads this much of the time before the last one: clocks differ and indexes lag
FULL_READ_EVERY_S = 3_600.0  # all levels are read again, in case a search for changed ones missed one
RECONCILE_FIRST_S = 86_400.0  # the first reconciliation reads the shop's orders of the last day
RECONCILE_CHANNEL_S = 30.0  # one that does not answer must not delay the others for longer
RECONCILE_SHOP_S = 600.0  # a full read of 50,000 items takes a minute or two of query points
HEALED_ROWS_MAX = 100_000  # newest rows that are kept of what was healed
COMMAND_S = 30.0  # the longest statement of a command
HEALED_PRINTED = 1_000  # names that the command prints
RECONCILE_WAKE_S = 60.0  # requests and retries are looked for this often, should a notification be lost
HEALED_LOGGED = 10  # names of what was healed in one line of the log
LISTINGS_PAGE = 500  # the marketplaces' limit on one GET
FEED_PAGE_MAX = 250  # the marketplaces' limit on one GET
FLOW_RECORDS_MAX = 100  # new records that a vendor's trigger takes from one source in a run
POLLED_ORDERS = 100  # orders of the shop's own store on one page: some 150 query points

# --- writing to the master
ADJUST_CHANGES_MAX = 250  # Shopify's limit on an input array
ADJUST_ORDERS_MAX = 500  # keeps the reference document URI of a batch within some 20 KB
ADJUST_PACE_S = 0.05  # one batch per 50 ms: orders share batches, and a Plus shop's 1,000 points a second suffice
ADJUST_GATHER_S = 0.005  # delay before a batch: a sale's push goes first, and a cancellation can join its order
READ_LEVELS_MAX = 250  # Shopify's limit on an input array
PAGE_ITEMS = 250  # Shopify's limit on a page

# --- pushing to the marketplaces
PUSH_ROWS_MAX = 500  # the marketplaces' limit on one PUT
PUSH_PACE_S = 0.02
PUSH_PACE_MAX_S = 60.0  # between two pushes to a marketplace that answers 429 again and again
PUSH_PACE_EASED = 0.95  # the pace after each accepted push, as a share of the one before
PUSH_BACKOFF_MAX_S = 4.0  # a marketplace that was down must be right soon after its return; one call costs it little

# --- calls and shutdown
API_TIMEOUT_S = 10.0
ANSWER_BYTES_MAX = 20 * 1024 * 1024  # a full page is some 200 KB; the rest of a longer answer is not read
CANCEL_AGAIN_S = 0.5  # a task that has not ended by then is cancelled again
SHUTDOWN_S = 1.5  # time for requests in progress after SIGTERM
LEADER_RETRY_S = 0.5  # interval at which a standby worker tries to become the leader

# --- answering probes
PROBE_ROWS_DEFAULT = 1_000
PROBE_ROWS_MAX = 10_000
