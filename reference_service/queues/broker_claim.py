"""A claim over broker messages: each is matched with its inbox row, and settled in the transaction of the effects."""

from collections.abc import Iterable, Sequence

import msgspec

from stockstorm.reference_service import metrics
from stockstorm.reference_service.queues.base import DeadLetter, Entry, Retry, Settled, State, Verdict
from stockstorm.reference_service.queues.prefetch_buffer import Prefetched
from stockstorm.reference_service.storage.database import Connection

# A row that another transaction is inserting makes this insert wait. A row that was committed meanwhile is in neither
# half of the answer, so its message is left to the next claim.
_FIND_OR_INSERT = """
WITH incoming AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::smallint[])
    WITH ORDINALITY AS t (source, webhook_id, topic, received_ns, state, position)
), known AS (
  SELECT inbox.seq, inbox.source, inbox.webhook_id, inbox.state
  FROM inbox JOIN incoming USING (source, webhook_id) ORDER BY inbox.seq FOR UPDATE OF inbox
), fresh AS (
  INSERT INTO inbox (source, webhook_id, topic, received_ns, state)
  SELECT source, webhook_id, topic, received_ns, state FROM incoming ORDER BY position
  ON CONFLICT (source, webhook_id) DO NOTHING
  RETURNING seq, source, webhook_id
)
SELECT seq, source, webhook_id, state, false AS is_fresh FROM known
UNION ALL SELECT seq, source, webhook_id, 0::smallint, true FROM fresh
"""
_SETTLE = """
UPDATE inbox SET times = inbox.times + (t.state = 1)::int, state = CASE WHEN inbox.times > 0 THEN 1 ELSE t.state END
FROM unnest($1::bigint[], $2::smallint[]) AS t (seq, state) WHERE inbox.seq = t.seq
"""
_REOPEN = "UPDATE inbox SET state = 0 WHERE seq = ANY($1::bigint[]) AND state = 3"
_DEAD_LETTER = """
WITH dead AS (
  SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bytea[]) AS t (seq, attempts, reason, body)
), marked AS (
  UPDATE inbox SET state = CASE WHEN times > 0 THEN state ELSE 3 END FROM dead WHERE inbox.seq = dead.seq
  RETURNING inbox.seq, inbox.source, inbox.webhook_id, inbox.topic
)
INSERT INTO dead_letter (entry, seq, source, webhook_id, topic, attempts, reason, body)
SELECT seq, seq, source, webhook_id, topic, attempts, reason, body FROM dead JOIN marked USING (seq)
ON CONFLICT (entry) DO UPDATE SET attempts = excluded.attempts, reason = excluded.reason, at = now()
"""
Identity = tuple[str, str]


class BrokerClaim:
    """Entries made of broker messages.

    After the commit the caller deletes the handles in `done`, and releases those in `releases`, which are grouped by
    delay in seconds.
    """

    def __init__(self, connection: Connection, deliveries_max: int) -> None:
        self._connection = connection
        self._deliveries_max = deliveries_max
        self._by_seq: dict[int, Prefetched] = {}  # the seq is also the id of the entry
        self._entries: list[Entry] = []
        self._postponed: list[Prefetched] = []
        self.done: list[str] = []
        self.releases: dict[float, list[str]] = {}

    @property
    def entries(self) -> Sequence[Entry]:
        return self._entries

    @property
    def connection(self) -> Connection:
        return self._connection

    @property
    def unsettled(self) -> list[Prefetched]:
        """The messages without a verdict."""
        return [*self._by_seq.values(), *self._postponed]

    def add(self, seq: int, prefetched: Prefetched) -> None:
        """Adds an entry to be worked on."""
        message, attempts = prefetched.message, prefetched.receives - 1
        entry = Entry(seq, seq, message.source, message.topic, message.triggered_ns, attempts, message.body)
        self._by_seq[seq] = prefetched
        self._entries.append(entry)

    def skip(self, prefetched: Prefetched, state: State) -> None:
        """The message is settled already. It is deleted, unless the broker has yet to dead-letter it."""
        if state is State.DEAD_LETTERED:
            self._release(prefetched, 0.0)
        else:
            self.done += prefetched.handles

    def postpone(self, prefetched: Prefetched) -> None:
        """Leaves the message to the next claim."""
        self._postponed.append(prefetched)

    async def settle(self, verdicts: Sequence[Verdict]) -> None:
        settled = [verdict for verdict in verdicts if isinstance(verdict, Settled)]
        if settled:
            states = [int(verdict.state) for verdict in settled]
            await self._connection.execute(_SETTLE, [verdict.entry.seq for verdict in settled], states)
        dead = [verdict for verdict in map(self._without_last_retry, verdicts) if isinstance(verdict, DeadLetter)]
        if dead:
            entries = [verdict.entry for verdict in dead]
            columns = ([e.seq for e in entries], [e.attempts + 1 for e in entries], [v.reason for v in dead])
            await self._connection.execute(_DEAD_LETTER, *columns, [e.body for e in entries])
        for verdict in verdicts:
            prefetched = self._by_seq.pop(verdict.entry.seq)
            match verdict:
                case Settled():
                    self.done += prefetched.handles
                case Retry(delay_s=delay_s):
                    self._release(prefetched, 0.0 if self._is_last(verdict.entry) else delay_s)
                case DeadLetter():
                    self._release(prefetched, 0.0)

    def _without_last_retry(self, verdict: Verdict) -> Verdict:
        """A dead letter instead of a retry, if this was the last delivery that the broker allows."""
        if isinstance(verdict, Retry) and self._is_last(verdict.entry):
            return DeadLetter(verdict.entry, verdict.reason or "delivered as often as the queue allows")
        return verdict

    def _is_last(self, entry: Entry) -> bool:
        return entry.attempts + 1 >= self._deliveries_max

    def _release(self, prefetched: Prefetched, delay_s: float) -> None:
        self.releases.setdefault(delay_s, []).extend(prefetched.handles)


async def open_claim(connection: Connection, taken: Sequence[Prefetched], deliveries_max: int) -> BrokerClaim:
    """A claim of the messages that still need work. Messages that are new get an inbox row."""
    claim = BrokerClaim(connection, deliveries_max)
    by_identity = _merged(taken)
    messages = [prefetched.message for prefetched in by_identity.values()]
    rows = await connection.fetch(
        _FIND_OR_INSERT,
        [message.source for message in messages],
        [message.webhook_id for message in messages],
        [message.topic for message in messages],
        [message.received_ns for message in messages],
        [int(State.IGNORED if prefetched.is_ignored else State.PENDING) for prefetched in by_identity.values()],
    )
    found = {(row["source"], row["webhook_id"]): row for row in rows}
    reopened: list[int] = []
    for identity, prefetched in by_identity.items():
        row = found.get(identity)
        if row is None:
            claim.postpone(prefetched)
            continue
        metrics.EVENTS_REPEATED.inc(len(prefetched.handles) - row["is_fresh"])
        state = State.IGNORED if prefetched.is_ignored else State(row["state"])
        if state is State.DEAD_LETTERED and prefetched.receives == 1:  # sent again from the dead-letter queue
            reopened.append(row["seq"])
            state = State.PENDING
        if state is State.PENDING:
            claim.add(row["seq"], prefetched)
        else:
            claim.skip(prefetched, state)
    if reopened:
        await connection.execute(_REOPEN, reopened)
    return claim


def _merged(taken: Iterable[Prefetched]) -> dict[Identity, Prefetched]:
    """Each webhook once, with the handles of all its deliveries."""
    merged: dict[Identity, Prefetched] = {}
    for prefetched in taken:
        other = merged.get(prefetched.message.identity)
        if other is None:
            merged[prefetched.message.identity] = prefetched
        else:
            receives = max(other.receives, prefetched.receives)
            handles = [*other.handles, *prefetched.handles]
            merged[prefetched.message.identity] = msgspec.structs.replace(other, handles=handles, receives=receives)
    return merged
