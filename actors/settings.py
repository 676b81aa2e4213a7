"""What an operator may set about actors; adapters fill it from the configuration."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from actors.calls.metering import MeterPolicy, PartialBlock, Rounding
from actors.money.policy import DEFAULT_POLICIES, MoneyPolicies, read_policies
from engine.clock import MINUTE_US, SECOND_US


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorSettings:
    """Settings shared by all actors of a node.

    Attributes:
        tick_hz: how often a space publishes poses.
        open_unlisted: whether posts and documents that the content replica does not know may be
            entered; without a replica nothing is known, and every well-formed id is a space.
        recovery_grace_us: how long the body of a lost connection stays, for its client to come
            back to.
        session_idle_us: a session without a sign of life for this long ends.
        space_users_max: how many fit into a space whose owner set no number.
        space_entities_max: shared entities that one space may have.
        person_entities_max: how many of them one person may own.
        answer_within_us: how long an actor waits for another's answer.
        audibility_keep_us: how long it is kept who could hear whom; 0: it is not written down.
        system_admins: accounts that administer every space.
        money: who shares in what, and what tokens cost.
        call_block_s: the length of a paid call's block.
        call_rounding: in whose favour a fraction of a token goes: ceil or floor.
        call_partial_block: what a call's last block costs when it is not used up: full, or
            per_second.
        call_free_under_s: a call that was active for less than this costs nothing.
    """

    tick_hz: int = 15
    open_unlisted: bool = True
    space_users_max: int = 50
    space_entities_max: int = 1_000
    person_entities_max: int = 200
    recovery_grace_us: int = 30 * SECOND_US
    session_idle_us: int = 2 * 60 * MINUTE_US
    answer_within_us: int = 8 * SECOND_US
    audibility_keep_us: int = 30 * 24 * 60 * MINUTE_US
    system_admins: tuple[str, ...] = ()
    money: MoneyPolicies = DEFAULT_POLICIES
    call_block_s: int = 30
    call_rounding: Rounding = "ceil"
    call_partial_block: PartialBlock = "full"
    call_free_under_s: int = 5

    @property
    def meter(self) -> MeterPolicy:
        """How calls are metered."""
        return MeterPolicy(
            block_s=self.call_block_s,
            rounding=self.call_rounding,
            partial_block=self.call_partial_block,
            free_under_s=self.call_free_under_s,
            split=self.money.products["call"].split,
        )

    def header(self) -> bytes:
        """Return the line a recording begins with: a replay needs the same settings."""
        fields = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        return json.dumps(fields | {"money": self.money.written()}).encode() + b"\n"

    @classmethod
    def from_header(cls, line: bytes) -> ActorSettings:
        """Return the settings that `header` wrote.

        Raises:
            ValueError: it is no such line of this version.
        """
        try:
            fields = json.loads(line)
            made = {"system_admins": tuple(fields["system_admins"])}
            return cls(**fields | made | {"money": read_policies(fields["money"])})
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(
                "not a recording of this version: its first line is unknown"
            ) from error
