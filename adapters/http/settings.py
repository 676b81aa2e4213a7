"""What an operator may set of the HTTP server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parent.parent / "web" / "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Names, limits and secrets of the HTTP adapter.

    Attributes:
        version: of the server, as /health gives it.
        node: this server's name in its answers.
        public_url: what browsers reach this server as; None takes each request's Host.
        trust_forwarded: believe the last X-Forwarded-For, and X-Forwarded-Proto, because a proxy of
            ours writes them.
        cors_origins: origins whose pages may call with credentials; `*.` stands for one label, `:*`
            for any port, `*` alone for every origin (then without credentials).
        open_unlisted: as `actors.settings.ActorSettings` has it.
        turn_secret: shared with coturn; None offers no TURN.
        turn_uris: STUN and TURN servers offered; none means a coturn beside this server.
        turn_ttl_s: how long TURN credentials are good for.
        body_bytes_max: the largest request body.
        body_timeout_s: within which a request's body must have come.
        answer_timeout_us: how long an actor may take to answer.
        billing_secret: what `POST /api/billing/meter` must bring; None: it is closed.
        call_block_s: the length of a paid call's block.
        payment_secrets: sign what payment providers tell us; none closes that route.
        webhooks_per_account: endpoints that one account may have.
        static: the directory of the page's files.
    """

    version: str
    node: str = "presence"
    public_url: str | None = None
    trust_forwarded: bool = False
    cors_origins: tuple[str, ...] = ()
    open_unlisted: bool = True
    turn_secret: str | None = None
    turn_uris: tuple[str, ...] = ()
    turn_ttl_s: int = 3_600
    body_bytes_max: int = 1_000_000
    body_timeout_s: float = 10.0
    answer_timeout_us: int = 8_000_000
    billing_secret: str | None = None
    call_block_s: int = 30
    payment_secrets: tuple[str, ...] = ()
    webhooks_per_account: int = 5
    static: Path = STATIC
