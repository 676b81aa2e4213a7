"""How often one person may do what: token buckets in whole numbers, one number a bucket.

Pure: time comes in, a waiting time comes out. Whoever stands where all of a person's traffic passes
(the sockets' bridge, the HTTP routes, the simulator's front) shares one `Limits`, so that it does
not matter how many connections somebody opens.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.clock import SECOND_US
from engine.refusal import Refusal

KEYS_MAX: Final = 100_000  # about 20 MB; the longest unused are forgotten first, to their advantage


class RateLimited(Refusal):
    """Too much of one kind; `limit` says of which, `retry_after_s` when one more is free."""

    code = "rate_limited"
    retryable = True

    def __init__(self, limit: str, wait_us: int) -> None:
        retry_after_s = -(-wait_us // SECOND_US)
        self.limit = limit
        super().__init__(
            f"Too much at once ({limit}): try again in {retry_after_s} s",
            limit=limit,
            retry_after_s=retry_after_s,
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """`uses` in each `period_us` on average, `burst` of them at once; all at least 1."""

    uses: int
    burst: int
    period_us: int = SECOND_US

    def __post_init__(self) -> None:
        """Refuse a rate that would let nothing through.

        Raises:
            ValueError: names the field.
        """
        for name in ("uses", "burst", "period_us"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")


class Bucket:
    """Tokens of one rate, `burst` of them when full.

    It is kept as the moment at which it is full again, in periods' fractions of 1/`uses` µs, so
    that no rate is rounded. In any span of t µs at most burst + t * uses / period_us tokens are
    taken, and whoever wants fewer is never refused.
    """

    __slots__ = ("_depth", "_full_at", "_period_us", "_uses")

    def __init__(self, rate: Rate) -> None:
        self._uses = rate.uses
        self._period_us = rate.period_us
        self._depth = rate.burst * rate.period_us
        self._full_at = 0

    def take(self, now_us: int) -> int:
        """Take a token; return 0, or after how many microseconds there will be one."""
        now = now_us * self._uses
        # No bucket is emptier than empty: one that seems to be was used before the clock was set
        # back, and would otherwise refuse for as long as that was.
        missing = self._full_at - now
        if missing < 0:
            missing = 0
        elif missing > self._depth:
            missing = self._depth
        ahead = missing + self._period_us - self._depth
        if ahead > 0:
            return -(-ahead // self._uses)
        self._full_at = now + missing + self._period_us
        return 0

    def is_full(self, now_us: int) -> bool:
        """Whether it is as good as a new one."""
        return self._full_at <= now_us * self._uses


class Buckets:
    """The buckets of one rate, by key. A full one is forgotten."""

    __slots__ = ("_buckets", "_rate")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now_us: int) -> int:
        """Take a token of a key's; return 0, or after how many microseconds there will be one."""
        bucket = self._buckets.get(key)
        if bucket is None:
            self._forget(now_us)
            bucket = self._buckets[key] = Bucket(self._rate)
        wait_us = bucket.take(now_us)
        if not wait_us:
            self._buckets.move_to_end(key)
        return wait_us

    def _forget(self, now_us: int) -> None:
        """Forget full buckets, longest unused first, and the first of too many."""
        buckets = self._buckets
        while buckets:
            first = next(iter(buckets))
            if len(buckets) < KEYS_MAX and not buckets[first].is_full(now_us):
                return
            del buckets[first]


class Limits:
    """Buckets by the name of the limit and the key of who is limited."""

    def __init__(self, rates: Mapping[str, Rate]) -> None:
        self._rates = rates
        self._buckets = {limit: Buckets(rate) for limit, rate in rates.items()}

    def __len__(self) -> int:
        return sum(len(buckets) for buckets in self._buckets.values())

    def bucket(self, limit: str) -> Bucket:
        """Return a new bucket, for somebody who keeps it."""
        return Bucket(self._rates[limit])

    def take(self, limit: str, key: str, now_us: int) -> None:
        """Count one use.

        Raises:
            RateLimited: one too many; nothing was counted.
        """
        wait_us = self._buckets[limit].take(key, now_us)
        if wait_us:
            raise RateLimited(limit, wait_us)


CHAT: Final = "chat"
JOINS: Final = "joins"
SIGNALS: Final = "signals"
ENTITIES: Final = "entities"
EVENTS: Final = "events"
POSES: Final = "poses"
FLOOD: Final = "flood"
AUTH: Final = "auth"
TIPS: Final = "tips"
CHECKOUTS: Final = "checkouts"
PURCHASES: Final = "purchases"
WEBHOOKS: Final = "webhooks"
REQUESTS: Final = "requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """Uses a second that one person, connection or address has on average.

    Attributes:
        chat_per_s: chat messages of a person, over sockets and HTTP together; four times at once.
        joins_per_s: joins and leaves of a person; ten times at once, since all of somebody's pages
            come back together after a restart.
        signals_per_s: WebRTC signals of a person; ten times at once: who meets 50 people sends them
            some 600 offers and candidates.
        entities_per_s: updates and removals of shared entities by a person; twice at once.
        events_per_s: a page's own events, and unknown ones, of a person; four times at once.
        poses_per_s: poses of a connection; twice at once. More are conflated, not refused.
        auth_per_minute: logins and the like of a network address; a third at once.
        requests_per_s: HTTP operations of a network address; ten times at once.
        tips_per_minute: tips of an account; a tenth at once.
        checkouts_per_minute: tickets bought by an account; a fifteenth at once.
        purchases_per_minute: packs of tokens that an account begins to buy; all at once.
        webhook_changes_per_minute: what an account does with its endpoints; all at once.
    """

    chat_per_s: int = 5
    joins_per_s: int = 10
    signals_per_s: int = 100
    entities_per_s: int = 60
    events_per_s: int = 60
    poses_per_s: int = 60
    auth_per_minute: int = 300
    requests_per_s: int = 500
    tips_per_minute: int = 100
    checkouts_per_minute: int = 300
    purchases_per_minute: int = 5
    webhook_changes_per_minute: int = 60

    def rates(self) -> dict[str, Rate]:
        """Return the rate of every limit."""
        minute_us = 60 * SECOND_US
        return {
            CHAT: Rate(self.chat_per_s, 4 * self.chat_per_s),
            JOINS: Rate(self.joins_per_s, 10 * self.joins_per_s),
            SIGNALS: Rate(self.signals_per_s, 10 * self.signals_per_s),
            ENTITIES: Rate(self.entities_per_s, 2 * self.entities_per_s),
            EVENTS: Rate(self.events_per_s, 4 * self.events_per_s),
            POSES: Rate(self.poses_per_s, 2 * self.poses_per_s),
            FLOOD: FLOOD_RATE,
            AUTH: Rate(self.auth_per_minute, max(1, self.auth_per_minute // 3), minute_us),
            REQUESTS: Rate(self.requests_per_s, 10 * self.requests_per_s),
            TIPS: Rate(self.tips_per_minute, max(1, self.tips_per_minute // 10), minute_us),
            CHECKOUTS: Rate(
                self.checkouts_per_minute, max(1, self.checkouts_per_minute // 15), minute_us
            ),
            PURCHASES: Rate(self.purchases_per_minute, self.purchases_per_minute, minute_us),
            WEBHOOKS: Rate(
                self.webhook_changes_per_minute, self.webhook_changes_per_minute, minute_us
            ),
        }


FLOOD_RATE: Final = Rate(2_000, 20_000)
"""Events of one connection, whatever they are. Reading and refusing costs as well: who sends more
than all the other limits together would let through, for ten seconds, is cut off."""
