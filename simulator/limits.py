"""Every limit of the simulator, with its unit and source.

Numbers in brackets refer to docs/sources.md. "Ours" marks a choice of this project.
"""

from typing import Final

# Delivery of webhooks [S3, S4, S5]
CONNECT_TIMEOUT_NS: Final = 1_000_000_000
ANSWER_TIMEOUT_NS: Final = 5_000_000_000  # from connecting to the complete answer

# Admin API [S9, S10]
PAGE_MAX: Final = 250
INPUT_ARRAY_MAX: Final = 250
QUERY_COST_MAX: Final = 1_000
MUTATION_COST: Final = 10
RESTORE_PER_S: Final = {"standard": 100, "advanced": 200, "plus": 1_000, "enterprise": 2_000}  # points, by plan
REST_LEAK_PER_S: Final = {"standard": 2, "advanced": 4, "plus": 20, "enterprise": 40}  # calls, by plan
# A call is answered within 50 ms, so that it cannot delay deliveries (ours, measured on graphql-core)
CALL_HELD_MIN_NS: Final = 50_000_000  # a longer call is recorded and named in the report
DOCUMENT_TEXT_MAX: Final = 50_000  # characters
DOCUMENT_TOKENS_MAX: Final = 5_000  # 250 quantities written out are 4,250
DOCUMENT_DEPTH_MAX: Final = 30
DOCUMENT_FRAGMENTS_MAX: Final = 60
DOCUMENT_FIELDS_MAX: Final = 400  # selections after every fragment is spread
DOCUMENT_PAIRS_MAX: Final = 1_500  # pairs of fields with one response name, which validation compares
VARIABLE_VALUES_MAX: Final = 20_000
DOCUMENT_VARIABLES_MAX: Final = 250  # definitions in all operations
DOCUMENT_OPERATIONS_MAX: Final = 50
NODE_ARGUMENTS_MAX: Final = 50  # arguments and directives, with theirs, of one field, fragment, operation or variable
ANSWER_VALUES_MAX: Final = 30_000  # fields of an answer's objects
ATTACHED_KB_MAX: Final = 8_000  # what buyers attached to the orders of one answer; a MB takes 4 ms
GRAPHQL_CORE_VALUES: Final = 5  # a field in graphql-core takes the time of five in the lean executor
INPUT_VALUES_MAX: Final = 2_500  # in the arrays of all arguments of a call
VALIDATION_ERRORS_MAX: Final = 25
EXPLANATIONS_MAX: Final = 100  # of what is wrong with one variable
SEARCH_MAX: Final = 5_000  # characters
SEARCH_TERMS_MAX: Final = 50
SEARCH_TESTS_MAX: Final = 150_000  # of one term on one row in memory, in all searches of a call; 0.3 us each, at most 1
REST_PARAMETERS_MAX: Final = 100  # of the query of one call (ours)
REST_IDS_MAX: Final = 250  # in one parameter
RECORDS_STEPS_MAX: Final = 2_000_000  # of SQLite in one call, 20 ns each; a plain test of 500,000 orders
IDEMPOTENCY_KEY_MAX: Final = 255  # characters; a UUID has 36
IDEMPOTENCY_WINDOW_NS: Final = 24 * 3600 * 1_000_000_000
QUANTITY_MAX: Final = 1_000_000_000

# Sizes, all ours, so that nothing grows without bound
REQUEST_BODY_MAX_BYTES: Final = 2_000_000
ANSWER_BODY_MAX_BYTES: Final = 64_000
ANSWER_HEAD_MAX_BYTES: Final = 16_000
ERROR_TEXTS_MAX: Final = 3  # kept of one call
ERROR_TEXT_MAX: Final = 200  # characters of each
STRANGERS_MAX: Final = 3  # ids kept of one call
UNPLAYED_MAX: Final = 3  # names kept of what one call asked for and is not played
BODIES_MAX_BYTES: Final = 64 * 1024**2  # of deliveries kept beside a history, before compression
BODIES_TOPIC_MIN_BYTES: Final = 1024**2  # of each topic, for which there is always room
SAID_MAX: Final = 120  # characters kept of an answer that is no 2xx
SAID_ALL: Final = 1_000  # such answers of a run of which every one is kept
SAID_EVERY: Final = 100  # one in so many of the rest
DOCUMENT_CACHE_MAX: Final = 200
DOCUMENT_CACHE_TEXT_MAX: Final = (
    60_000  # characters of all; a collection visits all their nodes: 6 ms, and 67 for 200,000
)
LISTINGS_PER_CALL_MAX: Final = 500
ORDERS_PER_PAGE_MAX: Final = 250
CONNECTIONS_MAX: Final = 12_000
API_CONNECTIONS_MAX: Final = 1_000  # to the simulated APIs; each costs 20 kB
CONNECTION_IDLE_MAX_NS: Final = 4_000_000_000  # below uvicorn's 5 s keep-alive
RECORDS_CACHE_KIB: Final = 4_096  # of what a shop remembers, in memory; the rest is in a temporary file
JOURNAL_QUEUE_MAX_FACTS: Final = 200_000
RSS_MAX_BYTES: Final = 6 * 1024**3  # or half of the machine's memory, if that is less
PLAN_MAX_ITEMS: Final = 5_000_000

# Judgement (ours: docs/glossary.md, docs/architecture.md)
SCHEDULER_LATENESS_P99_MAX_NS: Final = 50_000_000
OWED_PAIRS_MIN: Final = 30
ACK_SAMPLES_MIN: Final = 30
BOOTSTRAP_BLOCKS_MIN: Final = 20

assert CONNECT_TIMEOUT_NS < ANSWER_TIMEOUT_NS
assert CONNECTION_IDLE_MAX_NS < 5_000_000_000
assert INPUT_ARRAY_MAX <= PAGE_MAX
