"""Who is here under which name, and what they may do now."""

from __future__ import annotations

from actors.person import Person
from actors.space.entry import check_access
from actors.space.hall.refusals import Banned
from actors.space.hall.state import Hall
from actors.space.moderation import ban_of
from actors.space.permissions import Abilities, PersonFacts, SpaceRules, abilities
from actors.space.roster import Body
from actors.space.state import SpaceState
from actors.store_hall import StandingRow
from actors.wire_time import iso_utc
from engine.refusal import Refusal


def name_of(person: Person) -> str:
    """Return the name that roles, mutes and bans go by: the account, or `guest:<id>`."""
    return person.account if person.account is not None else f"guest:{person.guest_id}"


class People:
    """An index of the roster by name, and what the store says of accounts."""

    def __init__(self, state: SpaceState) -> None:
        self.state = state
        self.here: dict[str, dict[str, Person]] = {}  # name: socket id: person
        self.standings: dict[str, StandingRow] = {}
        self.changed: dict[str, None] = {}
        """Who has come or gone, or is known better, since the hearing last looked."""

    def add(self, body: Body) -> None:
        """A body has come."""
        name = name_of(body.person)
        self.here.setdefault(name, {})[body.socket_id] = body.person
        self.changed[name] = None

    def remove(self, body: Body) -> bool:
        """A body has gone; return whether it was the last of its person."""
        name = name_of(body.person)
        self.changed[name] = None
        sockets = self.here.get(name, {})
        sockets.pop(body.socket_id, None)
        if sockets:
            return False
        self.here.pop(name, None)
        self.standings.pop(name, None)
        return True

    def learn(self, row: StandingRow) -> None:
        """The store has said what an account is here."""
        self.standings[row.account] = row
        self.changed[row.account] = None

    def sockets(self, name: str) -> tuple[str, ...]:
        """Return the sockets of a person here."""
        return tuple(self.here.get(name, ()))

    def attend(self, name: str) -> bool:
        """Whether a person is here with a client that is connected."""
        bodies = self.state.roster.bodies
        return any(bodies[socket].attended for socket in self.here.get(name, ()))

    def abilities(self, name: str, hall: Hall, now_us: int) -> Abilities:
        """Return what somebody may do, here or not."""
        state = self.state
        account = None if name.startswith("guest:") else name
        row = self.standings.get(name, _NOTHING)
        shared = {word for one, word in state.facts.permissions if one == account}
        facts = PersonFacts(
            account=account,
            system_admin=account in state.policy.system_admins,
            owner=account is not None
            and account in {state.facts.author, state.settings.created_by},
            permissions=frozenset(row.permissions) | (shared & {"admin"}),
            subscriber=row.subscriber,
            tickets=frozenset(row.tickets),
            banned=ban_of(hall.bans, name, now_us) is not None,
            muted=name in hall.mutes,
            holds_floor=hall.holds_floor(account),
            exempt=name in hall.config.unmuted,
        )
        return abilities(facts, self._rules(name, account, hall))

    def _rules(self, name: str, account: str | None, hall: Hall) -> SpaceRules:
        state = self.state
        settings = state.settings
        return SpaceRules(
            open_to_person=name in self.here or self._open_to(account),
            guests_allowed=settings.guests_allowed,
            chat_enabled=settings.chat_enabled,
            voice_enabled=settings.voice_enabled,
            all_muted=hall.config.all_muted is not None,
            tickets_for_questions=hall.round is not None and hall.round.tickets_only,
        )

    def _open_to(self, account: str | None) -> bool:
        state = self.state
        person = Person(account=account, guest_id=None if account else "")
        try:
            check_access(
                state.space,
                state.facts,
                state.settings,
                person,
                open_unlisted=state.policy.open_unlisted,
            )
        except Refusal:
            return False
        return True

    def check_not_banned(self, person: Person, hall: Hall, now_us: int) -> None:
        """Check that no ban keeps somebody out; administrators come in whatever happens.

        Raises:
            Banned: one does.
        """
        name = name_of(person)
        ban = ban_of(hall.bans, name, now_us)
        if ban is not None and not self.abilities(name, hall, now_us).administer:
            until = None if ban.expires_at_us is None else iso_utc(ban.expires_at_us)
            raise Banned(until)


_NOTHING = StandingRow(account="")
