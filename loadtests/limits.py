"""Every limit of the generator and of the subjects, with its unit and reason.

All are choices of this project. A limit of one file alone, such as a message's size, is at the head of that file.
"""

from typing import Final

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.limits import PLAN_MAX_ITEMS, SCHEDULER_LATENESS_P99_MAX_NS

# The generator: waiting
POLL_S: Final = 0.1  # interval at which a wait checks its condition: end of load, quiesce, registrations
HOST_POLL_S: Final = 0.05  # the same for a Locust user that waits for the start of the load
START_DELAY_NS: Final = SECOND_NS // 2  # from Go to the first plan item, so that set-up work does not delay it
REST_CONFIRM_S: Final = 0.5  # between two reads that find nothing pending, before a run counts as at rest
READ_SHARE_MAX: Final = 0.5  # of the wait for rest that reading may take, because reading costs the subject time
SETTLES_MAX: Final = 4  # times `settle_s` that quiesce may last beyond the scenario's own bound
KIND_GAPS_MIN: Final = 1.1  # times the longest gap of a kind of effect that a silence lasts: a period is never exact
STILL_MIN_S: Final = 45.0  # without any sign, before pending work counts as stuck; SQS hands a message out after 30
STILL_GAPS_MIN: Final = 5  # times the subject's longest gap that this lasts at least
STILL_LEASES_MIN: Final = 2  # times the lease of its messages that this lasts at least
STILL_MAX_S: Final = 120.0  # a subject that would have to be watched for longer is not told to stand still
REGISTERING_MAX_S: Final = 30.0  # for a service that Stockstorm did not start to register its addresses
REGISTERING_QUIET_S: Final = 5.0  # after the last registration, no more are expected

# The generator: its own health and figures
CONNECTION_HOSTS: Final = 10  # Locust users; each hosts as many connections as the open model needs
SPARE_DESCRIPTORS: Final = 1_200  # for files, pipes and the connections of the subject to the simulated APIs
HEARTBEAT_S: Final = 0.01  # gaps of the event loop are measured between two heartbeats
HEALTH_INTERVAL_NS: Final = SECOND_NS
LIVE_INTERVAL_S: Final = 0.5
LIVE_SAMPLES_MAX: Final = 2_000  # newest samples of a live quantile
LOCUST_SECONDS_MAX: Final = 60  # of Locust's counts by second, of which it shows the last 12
LOCUST_POINTS_MAX: Final = 2_000  # of the charts of Locust's web UI, one every 5 s

FETCHED_S: Final = 0.2  # what a subject does with a page at once, such as storing its cursor, is done by then
HELD_MAX_S: Final = 3.0  # the subject's calls wait for a fault to begin; the orchestrator needs a second at most

# The generator: the end
API_CLOSE_WITHIN_S: Final = 1.0
CONNECTIONS_CLOSE_WITHIN_S: Final = 1.0

# A run as a whole: what its supervisor allows before it ends the run with the stacks of what hangs
RUN_START_MAX_S: Final = 420.0  # database 30, emulators and publisher 180, generator 60, two processes of a subject 120
RUN_IMAGES_MAX_S: Final = 1_800.0  # more, for images that are pulled and for real cloud services
RUN_FINAL_READS_MAX_S: Final = 300.0  # and for the end of every part; 30 if nothing is slow
RUN_FINAL_READS_SHARE: Final = 0.5  # more, as a share of the load's seconds, because the reads grow with it
RUN_SILENT_MAX_S: Final = 300.0  # without a sign of the orchestrator, which sends figures twice a second during load
RUN_BREAKS_OFF_WITHIN_S: Final = 60.0  # after an interruption
JUDGING_MAX_S: Final = 300.0  # and rendering; it takes 1 to 20
JUDGING_BYTES_PER_S: Final = 50_000  # of the history, for which more time is allowed; 1,000,000 are judged in a second
GENERATOR_SILENT_MAX_S: Final = 60.0  # without a message of the generator once the load has begun

# Subjects
READY_WITHIN_S: Final = 60.0
READY_ANSWER_S: Final = 1.0
READY_POLL_S: Final = 0.1
FAULT_POLL_S: Final = 0.05  # interval at which it is checked whether a fault is over
REVIVALS_MAX: Final = 5  # restarts of processes that exited by themselves, per run
LEASE_S: Final = 12.0  # the reference service's leases at a broker (10 s), and time to work on what comes back
OWN_ANSWER_S: Final = 5.0  # for a request to a service of the user; Shopify waits as long for an answer to a webhook
OWN_GREETING_S: Final = 10.0  # for its first webhook, so that a slow answer is told from none
OWN_ROWS_MAX: Final = 100_000  # of a read of such a service's own stock
OWN_ASKED_S: Final = 2.0  # for a command that says whether such a service is ready
PROBE_ANSWER_S: Final = 30.0
PENDING_ANSWER_S: Final = 2.0  # a process that takes longer counts as not answering, so the run is not at rest
METRICS_ANSWER_S: Final = 5.0
PROBE_ANSWER_MAX_BYTES: Final = 32_000_000  # of a page; one of the reference service has 0.5 MB
PROBE_MAX_S: Final = 120.0  # for all pages of a probe, and PROBE_PAGE_S for each
PROBE_PAGE_S: Final = 0.5
PROBE_PAGE_ROWS: Final = 5_000
PROBE_PAGES_MAX: Final = 2_000

# Watching
DATABASE_POLL_S: Final = 1.0  # between two questions to the database, on a connection of the watch's own
DATABASE_ANSWER_S: Final = 10.0  # a busy machine can take seconds; the subject's own limits are of this size

# Disk space. Bytes an event, measured with `steady` and queue-postgres and rounded up: 216 of history, 68 of plan;
# 9,000 of PostgreSQL's write-ahead log, which it recycles at max_wal_size, and up to 1,500 of tables and indexes.
RUN_BYTES_MIN: Final = 8_000_000  # report.html is 5 MB
RUN_BYTES_PER_EVENT: Final = 400
RUN_RESERVE_BYTES: Final = 10_000_000  # for the end of the history, and the reports
DATABASE_BYTES_MIN: Final = 16_000_000  # beyond a new cluster
DATABASE_BYTES_PER_EVENT: Final = 2_000
DATABASE_LOG_PER_EVENT: Final = 10_000
DATABASE_LOG_MAX_BYTES: Final = 2_500_000_000
DATABASE_RESERVE_BYTES: Final = 16_800_000  # one segment of the write-ahead log

assert LIVE_INTERVAL_S < GENERATOR_SILENT_MAX_S < RUN_SILENT_MAX_S < RUN_START_MAX_S
assert LEASE_S * STILL_LEASES_MIN < STILL_MIN_S < STILL_MAX_S
assert REGISTERING_QUIET_S < REGISTERING_MAX_S
assert max(POLL_S, HOST_POLL_S) * SECOND_NS < START_DELAY_NS  # connections are hosted before the first item is due
assert HEARTBEAT_S * SECOND_NS < SCHEDULER_LATENESS_P99_MAX_NS < HEALTH_INTERVAL_NS
assert POLL_S < REST_CONFIRM_S < PENDING_ANSWER_S
assert DATABASE_POLL_S < DATABASE_ANSWER_S
assert RUN_BYTES_MIN < RUN_RESERVE_BYTES  # a report fits into what is kept for it
assert READY_POLL_S < READY_ANSWER_S < READY_WITHIN_S
assert OWN_ANSWER_S < OWN_GREETING_S
assert PROBE_PAGE_ROWS * PROBE_PAGES_MAX >= PLAN_MAX_ITEMS  # every event of the longest plan can be probed
