"""One subscription's backlog and leases: a pure state machine, with the time as argument.

Subtleties: deadlines stand in a heap and are looked at lazily, since clients extend them all the time. What comes back
is handed out again in the order of publishing, before newer messages. Of an ordering key one message is out at a time,
and the others wait aside, so that thousands of one key cost nothing to skip.
"""

from collections import deque
from heapq import heappop, heappush
from itertools import count

from loadtests.backing.pubsub_double.messages import Consumer, Handout, Held, Lease, Message, Settings

S_NS = 1_000_000_000
TAKE_MAX_BYTES = 8_000_000  # of one answer; the message that reaches it is still part of it


class Subscription:
    """Backlog and leases. `take` hands out; `acknowledge`, `modify` and `expire` settle what was handed out."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._fresh: deque[Held] = deque()
        self._returned: list[tuple[int, Held]] = []  # heap by serial
        self._aside: dict[str, deque[Held]] = {}  # ordering keys with a message out or in the backlog: those behind it
        self._leases: dict[str, Lease] = {}
        self._deadlines: list[tuple[int, str]] = []  # heap; entries may be outdated
        self._ids = count(1)

    @property
    def waiting(self) -> int:
        """Messages that could be handed out now."""
        return len(self._fresh) + len(self._returned)

    def messages(self) -> list[Message]:
        """All that it still keeps, for its removal."""
        aside = (held for queue in self._aside.values() for held in queue)
        kept = (*self._fresh, *(held for _, held in self._returned), *aside)
        return [held.message for held in (*kept, *(lease.held for lease in self._leases.values()))]

    def add(self, message: Message, serial: int) -> None:
        held = Held(message, serial)
        if not self.settings.ordered or not message.ordering_key:
            self._fresh.append(held)
        elif message.ordering_key in self._aside:
            self._aside[message.ordering_key].append(held)
        else:
            self._aside[message.ordering_key] = deque()
            self._fresh.append(held)

    def take(self, consumer: Consumer, messages_max: int, now_ns: int) -> list[Handout]:
        """Up to `messages_max` messages, as far as the consumer's own limits allow, each leased from now."""
        handouts: list[Handout] = []
        size_bytes = 0
        while self.waiting and consumer.room() and len(handouts) < messages_max and size_bytes < TAKE_MAX_BYTES:
            held = heappop(self._returned)[1] if self._returned else self._fresh.popleft()
            held.attempts += 1
            ack_id = f"{self.settings.name.rpartition('/')[2]}:{next(self._ids)}"
            deadline_ns = now_ns + (consumer.ack_deadline_s or self.settings.ack_deadline_s) * S_NS
            self._leases[ack_id] = Lease(held, consumer, deadline_ns)
            heappush(self._deadlines, (deadline_ns, ack_id))
            consumer.messages += 1
            consumer.size_bytes += held.message.size_bytes
            size_bytes += held.message.size_bytes
            handouts.append(Handout(ack_id, held.message, held.attempts))
        return handouts

    def acknowledge(self, ack_id: str) -> Message | None:
        """The message that is done, or None: an unknown or expired id is ignored, as Pub/Sub does."""
        lease = self._end(ack_id)
        if lease is None:
            return None
        self._next_of_key(lease.held.message.ordering_key)
        return lease.held.message

    def modify(self, ack_id: str, deadline_s: int, now_ns: int) -> Message | None:
        """Moves the deadline; 0 gives the message back at once. Returns it if that makes it a dead letter."""
        if deadline_s == 0:
            return self._give_back(ack_id)
        lease = self._leases.get(ack_id)
        if lease is not None:
            lease.deadline_ns = now_ns + deadline_s * S_NS
            heappush(self._deadlines, (lease.deadline_ns, ack_id))
        return None

    def expire(self, now_ns: int) -> tuple[int, list[Message]]:
        """Takes back what was held too long: how many, and those of them that became dead letters."""
        expired, dead = 0, []
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            _, ack_id = heappop(self._deadlines)
            lease = self._leases.get(ack_id)
            if lease is None or lease.deadline_ns > now_ns:
                continue  # settled, or extended: a later entry stands for it
            expired += 1
            if (message := self._give_back(ack_id)) is not None:
                dead.append(message)
        return expired, dead

    def _give_back(self, ack_id: str) -> Message | None:
        lease = self._end(ack_id)
        if lease is None:
            return None
        held = lease.held
        if 0 < self.settings.deliveries_max <= held.attempts:
            self._next_of_key(held.message.ordering_key)
            return held.message
        heappush(self._returned, (held.serial, held))
        return None

    def _end(self, ack_id: str) -> Lease | None:
        lease = self._leases.pop(ack_id, None)
        if lease is not None:
            lease.consumer.messages -= 1
            lease.consumer.size_bytes -= lease.held.message.size_bytes
        return lease

    def _next_of_key(self, key: str) -> None:
        behind = self._aside.get(key) if self.settings.ordered else None
        if behind is None:
            return
        if behind:
            self._fresh.append(behind.popleft())
        else:
            del self._aside[key]
