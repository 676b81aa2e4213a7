"""What an operator may set of the realtime server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeSettings:
    """Limits and intervals of Engine.IO, Socket.IO and the JSON rooms.

    Attributes:
        path: where Engine.IO answers; with or without the final slash.
        ping_interval_s: from a client's pong (or its handshake) to the next ping.
        ping_timeout_s: within which the pong must come; a client silent longer is gone.
        payload_bytes_max: the largest message, polling body, or event with its attachments.
        connect_timeout_s: within which a client must connect a namespace.
        upgrade_timeout_s: within which a WebSocket that wants to take over a polling session must.
        close_timeout_s: for the peer's half of a closing handshake, and for a polling client to
            fetch its last packets.
        stalled_reader_s: how long a client may take none of what waits for it; then it is closed
            with `CloseCode.TOO_SLOW`.
        outbox_bytes_max: what may wait for one client; beyond it the client is closed likewise.
        farewell_s: how long a client so closed may take to read why; it counts as connected.
        connections_max: clients at once; further ones are told 503.
        namespaces_max: different namespaces that one connection may ask for.
        acks_pending_max: acknowledgements awaited from one socket; the oldest are forgotten.
        cors_origins: origins of pages that may connect: `*` for any, `https://host` exactly, or
            `https://*.host` with one label before, `http://host:*` for any port. The
            server's own origin always may.
        cors_credentials: whether browsers may send cookies from those origins.
    """

    path: str = "/socket.io/"
    ping_interval_s: float = 25.0
    ping_timeout_s: float = 20.0
    payload_bytes_max: int = 1_000_000
    connect_timeout_s: float = 45.0
    upgrade_timeout_s: float = 10.0
    close_timeout_s: float = 5.0
    stalled_reader_s: float = 10.0
    outbox_bytes_max: int = 1 << 20
    farewell_s: float = 60.0
    connections_max: int = 20_000
    namespaces_max: int = 16
    acks_pending_max: int = 1024
    cors_origins: tuple[str, ...] = ("*",)
    cors_credentials: bool = False

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ValueError: names the setting and what it must be.
        """
        for name in (
            "ping_interval_s",
            "ping_timeout_s",
            "connect_timeout_s",
            "upgrade_timeout_s",
            "close_timeout_s",
            "stalled_reader_s",
            "farewell_s",
            "payload_bytes_max",
            "outbox_bytes_max",
            "connections_max",
            "namespaces_max",
            "acks_pending_max",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be more than 0")
        if not self.path.startswith("/"):
            raise ValueError("path must begin with a slash")
