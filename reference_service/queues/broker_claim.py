"""A claim over messages of a broker: recognised by their inbox rows, settled in the transaction of the effects."""

from collections.abc import Iterable, Sequence

import msgspec

from stockstorm.reference_service.queues.base import (
    DeadLetter,
    Entry,
    Retry,
    Settled,
    State,
    Verdict,
)
from stockstorm.reference_service.queues.prefetch_buffer import PrefetchBuffer
from stockstorm.reference_service.storage.database import Connection
from stockstorm.reference_service.telemetry import metrics

# A row that another transaction is about to write makes the insert wait; one that it wrote meanwhile is in neither half
# of the answer, and its message is looked at again in the next claim.
_RECOGNISE = """
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
_TRY_AGAIN = "UPDATE inbox SET state = 0 WHERE seq = ANY($1::bigint[]) AND state = 3"
_BURY = """
WITH dead AS (
  SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bytea[]) AS t (seq, attempts, reason, body)
), told AS (
  UPDATE inbox SET state = CASE WHEN times > 0 THEN state ELSE 3 END FROM dead WHERE inbox.seq = dead.seq
  RETURNING inbox.seq, inbox.source, inbox.webhook_id, inbox.topic
)
INSERT INTO dead_letter (entry, seq, source, webhook_id, topic, attempts, reason, body)
SELECT seq, seq, source, webhook_id, topic, attempts, reason, body FROM dead JOIN told USING (seq)
ON CONFLICT (entry) DO UPDATE SET attempts = excluded.attempts, reason = excluded.reason, at = now()
"""
Identity = tuple[str, str]


class BrokeredClaim:
    """`done` and `releases` (handles by delay in seconds) are for the broker, once the transaction has committed."""

    def __init__(self, connection: Connection, deliveries_max: int) -> None:
        self._connection = connection
        self._deliveries_max = deliveries_max
        self._helds: dict[int, PrefetchBuffer] = {}  # by seq, which names the entry as well
        self._entries: list[Entry] = []
        self._later: list[PrefetchBuffer] = []
        self.done: list[str] = []
        self.releases: dict[float, list[str]] = {}

    @property
    def entries(self) -> Sequence[Entry]:
        return self._entries

    @property
    def connection(self) -> Connection:
        return self._connection

    @property
    def unsettled(self) -> list[PrefetchBuffer]:
        """What no verdict was given on."""
        return [*self._helds.values(), *self._later]

    def enter(self, seq: int, held: PrefetchBuffer) -> None:
        """It is to be worked on."""
        message = held.message
        entry = Entry(seq, seq, message.source, message.topic, message.triggered_ns, held.receives - 1, message.body)
        self._helds[seq] = held
        self._entries.append(entry)

    def pass_over(self, held: PrefetchBuffer, state: State) -> None:
        """It is settled already: done with, unless the broker has still to bury it."""
        if state is State.DEAD_LETTERED:
            self._release(held, 0.0)
            return
        self.done += held.handles

    def postpone(self, held: PrefetchBuffer) -> None:
        """The next claim looks at it again."""
        self._later.append(held)

    async def settle(self, verdicts: Sequence[Verdict]) -> None:
        settled = [verdict for verdict in verdicts if isinstance(verdict, Settled)]
        if settled:
            states = [int(verdict.state) for verdict in settled]
            await self._connection.execute(_SETTLE, [verdict.entry.seq for verdict in settled], states)
        dead = [verdict for verdict in map(self._at_last, verdicts) if isinstance(verdict, DeadLetter)]
        if dead:
            entries = [verdict.entry for verdict in dead]
            columns = ([e.seq for e in entries], [e.attempts + 1 for e in entries], [v.reason for v in dead])
            await self._connection.execute(_BURY, *columns, [e.body for e in entries])
        for verdict in verdicts:
            held = self._helds.pop(verdict.entry.seq)
            match verdict:
                case Settled():
                    self.done += held.handles
                case Retry(delay_s=delay_s):
                    self._release(held, 0.0 if self._is_last(verdict.entry) else delay_s)
                case DeadLetter():
                    self._release(held, 0.0)

    def _at_last(self, verdict: Verdict) -> Verdict:
        """What failed at the last delivery that the broker allows will not come again."""
        if isinstance(verdict, Retry) and self._is_last(verdict.entry):
            return DeadLetter(verdict.entry, verdict.reason or "delivered as often as the queue allows")
        return verdict

    def _is_last(self, entry: Entry) -> bool:
        return entry.attempts + 1 >= self._deliveries_max

    def _release(self, held: PrefetchBuffer, delay_s: float) -> None:
        self.releases.setdefault(delay_s, []).extend(held.handles)


async def recognise(connection: Connection, helds: Sequence[PrefetchBuffer], deliveries_max: int) -> BrokeredClaim:
    """A claim of what is to be worked on; inbox rows are written for what was never seen before."""
    claim = BrokeredClaim(connection, deliveries_max)
    by_identity = _merged(helds)
    messages = [held.message for held in by_identity.values()]
    rows = await connection.fetch(
        _RECOGNISE,
        [message.source for message in messages],
        [message.webhook_id for message in messages],
        [message.topic for message in messages],
        [message.received_ns for message in messages],
        [int(State.IGNORED if held.is_unused else State.PENDING) for held in by_identity.values()],
    )
    found = {(row["source"], row["webhook_id"]): row for row in rows}
    tried_again: list[int] = []
    for identity, held in by_identity.items():
        row = found.get(identity)
        if row is None:
            claim.postpone(held)
            continue
        metrics.EVENTS_REPEATED.inc(len(held.handles) - row["is_fresh"])
        state = State.IGNORED if held.is_unused else State(row["state"])
        if state is State.DEAD_LETTERED and held.receives == 1:  # sent back from the dead-letter queue
            tried_again.append(row["seq"])
            state = State.PENDING
        if state is State.PENDING:
            claim.enter(row["seq"], held)
        else:
            claim.pass_over(held, state)
    if tried_again:
        await connection.execute(_TRY_AGAIN, tried_again)
    return claim


def _merged(helds: Iterable[PrefetchBuffer]) -> dict[Identity, PrefetchBuffer]:
    """Each webhook once, with the handles of all its deliveries."""
    merged: dict[Identity, PrefetchBuffer] = {}
    for held in helds:
        other = merged.get(held.message.identity)
        if other is None:
            merged[held.message.identity] = held
        else:
            receives = max(other.receives, held.receives)
            handles = [*other.handles, *held.handles]
            merged[held.message.identity] = msgspec.structs.replace(other, handles=handles, receives=receives)
    return merged
