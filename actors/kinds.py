"""Every kind of actor in the product, with how it lives."""

from __future__ import annotations

from actors.booth.actor import Booth, booth_space
from actors.booth.desk import BoothDesk
from actors.calls.actor import Call
from actors.calls.desk import CallDesk
from actors.calls.messages import OpenCall
from actors.calls.meter import merge_evidence
from actors.channel.actor import Channel
from actors.chat.actor import Chat
from actors.directory.actor import Directory
from actors.ledger.actor import Ledger
from actors.ledger.auditor import Auditor
from actors.ledger.messages import OpenLedger
from actors.money.records import OpenStream, OpenWallet, ReadStream
from actors.money.space_records import OpenBooth
from actors.session.actor import Session
from actors.session.pose_routes import merge_newest
from actors.settings import ActorSettings
from actors.space.actor import Space
from actors.space.moves import merge_updates
from actors.space.space_id import SpaceId
from actors.store import STORE, ActivateChat, ActivateSpace, SpaceSettings
from actors.stream.actor import Stream
from actors.subscriptions.actor import Subscriber
from actors.subscriptions.desk import SubscriptionsDesk
from actors.user.actor import User
from actors.wallet.actor import Wallet
from actors.webhooks.endpoint import Endpoint
from actors.webhooks.herald import Herald
from actors.webhooks.records import OpenEndpoint, OpenHerald
from engine.cell import Kind, Lane
from engine.clock import MINUTE_US


def product_kinds(policy: ActorSettings) -> tuple[Kind, ...]:
    """Return the kinds a node runs; the simulator adds those of its people."""
    defaults = SpaceSettings(max_users=policy.space_users_max)
    return (
        Kind(
            name="space",
            build=lambda birth: Space(SpaceId.parse(birth.address), birth.loaded, policy),
            load=lambda address: (
                STORE,
                ActivateSpace(actor=address, space=SpaceId.parse(address), defaults=defaults),
            ),
            # Two seconds of the joins that a full space of 5,000 people makes in ten.
            lane=Lane(size_max=4096, wakes=True, merge=merge_updates),
            idle_us=MINUTE_US,
        ),
        Kind(
            name="chat",
            build=lambda birth: Chat(SpaceId.parse(birth.address), birth.loaded),
            load=lambda address: (
                STORE,
                ActivateChat(actor=address, space=SpaceId.parse(address)),
            ),
            lane=Lane(size_max=4096),
            idle_us=MINUTE_US,
        ),
        Kind(
            name="session",
            build=lambda birth: Session(birth.init, policy),
            starts_on_tell=False,
            one_life=True,
            # One read of a socket is 64 KiB, a thousand of the smallest events: they must fit, or
            # the newest pose of a burst would be the one that is lost. Who sends more is told.
            lane=Lane(size_max=2048, keys_max=1, merge=merge_newest),
        ),
        Kind(
            name="ledger",
            build=lambda birth: Ledger(birth.loaded),
            load=lambda address: (STORE, OpenLedger(actor=address)),
            lane=Lane(size_max=16_384),
            # It takes commands in at a microsecond each. Of ten thousand calls whose turns come in
            # between, it would otherwise find sixteen a round and write them by themselves.
            turn_max=1024,
        ),
        Kind(
            name="call",
            build=lambda birth: Call(birth.address, birth.loaded, policy.meter),
            load=lambda address: (STORE, OpenCall(call_id=address.partition(":")[2])),
            one_life=True,
            lane=Lane(size_max=256, merge=merge_evidence),
        ),
        Kind(name="calls", build=lambda _birth: CallDesk(), lane=Lane(size_max=32_768)),
        # Whoever is rung by a thousand people at once still hears of each.
        Kind(name="user", build=lambda _birth: User(), lane=Lane(size_max=4096), idle_us=MINUTE_US),
        Kind(name="auditor", build=lambda _birth: Auditor(), lane=Lane(size_max=64)),
        Kind(
            name="wallet",
            build=lambda birth: Wallet(birth.address, birth.loaded, policy.money),
            load=lambda address: (STORE, OpenWallet(actor=address)),
            idle_us=MINUTE_US,
        ),
        Kind(
            name="subscriber",
            build=lambda birth: Subscriber(birth.address, birth.loaded, policy.money),
            load=lambda address: (STORE, OpenWallet(actor=address)),
            idle_us=MINUTE_US,
        ),
        Kind(
            name="subscriptions", build=lambda _birth: SubscriptionsDesk(), lane=Lane(size_max=64)
        ),
        Kind(
            name="stream",
            build=lambda birth: Stream(birth.address, birth.loaded, policy.money),
            load=lambda address: (
                STORE,
                OpenStream(actor=address, id=address.partition(":")[2]),
            ),
            # Everybody who wants the last ticket, at once.
            lane=Lane(size_max=4096),
            idle_us=MINUTE_US,
        ),
        Kind(
            name="booth",
            build=lambda birth: Booth(birth.address, birth.loaded, policy),
            load=lambda address: (
                STORE,
                OpenBooth(
                    actor=address,
                    space_type=booth_space(address).type,
                    space_id=booth_space(address).id,
                ),
            ),
            # Everybody who wants the last ticket, and a space full of microphones.
            lane=Lane(size_max=4096),
            idle_us=MINUTE_US,
        ),
        Kind(name="booths", build=lambda _birth: BoothDesk(), lane=Lane(size_max=64)),
        Kind(
            name="channel",
            build=lambda birth: Channel(birth.address, birth.loaded),
            load=lambda address: (STORE, ReadStream(channel=address.partition(":")[2])),
            lane=Lane(size_max=16_384),
            idle_us=MINUTE_US,
        ),
        Kind(
            name="herald",
            build=lambda birth: Herald(birth.loaded, policy.system_admins),
            load=lambda address: (STORE, OpenHerald(actor=address)),
            lane=Lane(size_max=64, keys_max=1, wakes=True),
        ),
        Kind(
            name="webhook",
            build=lambda birth: Endpoint(birth.address, birth.loaded, policy.system_admins),
            load=lambda address: (
                STORE,
                OpenEndpoint(actor=address, id=address.partition(":")[2]),
            ),
            idle_us=MINUTE_US,
        ),
        Kind(name="directory", build=lambda _birth: Directory(), lane=Lane(size_max=16_384)),
    )
