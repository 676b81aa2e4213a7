"""The composition root: every part of the server, made and joined in one place.

The table of ports is in `Server.__init__`: what actors ask of `store` goes to Postgres, what they
say to `clients` goes to the sockets.
"""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import socket
import sys
import time
import tomllib
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import trio

from actors.booth.messages import BOOTH_DESK, SweepBooths
from actors.calls.messages import CALL_DESK, Sweep
from actors.clients import CLIENTS
from actors.kinds import product_kinds
from actors.ledger.auditor import AUDITOR, BeginAudit
from actors.limits import Limits, LimitSettings
from actors.money.policy import DEFAULT_POLICIES, MoneyPolicies, PolicyError, read_policies
from actors.settings import ActorSettings
from actors.store import STORE
from actors.store_answers import StoreUnavailable
from actors.subscriptions.messages import SUBSCRIPTIONS_DESK
from actors.subscriptions.messages import Sweep as BeginSubscriptions
from actors.webhooks.messages import HERALD, WEBHOOKS, BeginHerald
from adapters.heap import keep_freed_pages
from adapters.http import HttpSettings, Services, create_app
from adapters.http.turn import ice_servers, offered_turn, reached_at
from adapters.identity.directory import ChainedKeyDirectory, KeyDirectory, LocalKeyDirectory
from adapters.identity.hive_node import HiveNodeKeyDirectory
from adapters.identity.keys_cli import LOCAL_KEYS
from adapters.identity.service import Identity, IdentitySettings
from adapters.identity.tokens import TokenKeys, Tokens, load_token_keys
from adapters.listener import CannotListen, Listener
from adapters.logs import set_up_logs
from adapters.postgres.database import Database
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.failures import DatabaseUnreachable, MigrationRefused, PostgresFailed
from adapters.postgres.store import PostgresStore
from adapters.realtime import RealtimeServer, RealtimeSettings
from adapters.realtime.bridge import Bridge
from adapters.realtime.recovery import LogBounds
from adapters.settings import Settings
from adapters.version import IS_COMPILED, VERSION
from adapters.webhooks.courier import Courier
from engine.journal import Recorder
from engine.kernel import Kernel
from engine.ledger import DeadLetter

TOKEN_KEYS = "session-keys.json"  # noqa: S105 - a file's name
RECONNECT_IN_MS = 1_000
ASK_DATABASE_EVERY_S = 2.0
GC_THRESHOLDS = (10_000, 20, 20)  # What requests leave behind is gone before the second look.
FILES_BESIDE_SOCKETS = 512  # the database's connections, logs, the page's files, webhooks

_log = logging.getLogger("presence")


def serve(settings: Settings, *, record: Path | None = None) -> int:
    """Run the server until SIGTERM or SIGINT; return the process's exit code.

    Args:
        settings: checked ones, from `adapters.settings.load`.
        record: write every delivery here, for `presence sim replay`.
    """
    set_up_logs(settings.log_level, settings.log_format)
    _allow_open_files(settings.connections_max + FILES_BESIDE_SOCKETS)
    keep_freed_pages()
    refused: list[str] = []
    try:
        if settings.database_url is not None:
            _run(settings, Database.from_url(settings.database_url), None, record)
        else:
            postgres = EmbeddedPostgres(settings.data, bin_dir=settings.postgres_bin_dir)
            with postgres as database:
                _run(settings, database, postgres, record)
    except* _CANNOT_START as group:
        refused = [str(error) for error in _leaves(group)]
        _log.debug("why it stopped", exc_info=group)
    for reason in refused:
        sys.stderr.write(f"presence: {reason}\n")
    return 1 if refused else 0


class CannotStart(Exception):
    """A file the server needs cannot be used; the text says which and why."""


_CANNOT_START = (CannotListen, CannotStart, DatabaseUnreachable, MigrationRefused, PostgresFailed)


def _allow_open_files(wanted: int) -> None:
    """Raise this process's own limit as far as the system lets it; login shells give 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        _log.warning("only %d files may be open, fewer than connections_max needs", hard)
        wanted = hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _leaves(group: BaseExceptionGroup[Exception]) -> list[Exception]:
    leaves: list[Exception] = []
    for error in group.exceptions:
        leaves.extend(_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return leaves


def _run(
    settings: Settings, database: Database, postgres: EmbeddedPostgres | None, record: Path | None
) -> None:
    server = Server(settings, database, postgres, record=record)
    trio.run(server.run, strict_exception_groups=True)


class Server:
    """One node: made whole, run once."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        postgres: EmbeddedPostgres | None,
        *,
        record: Path | None,
    ) -> None:
        self.settings = settings
        self._postgres = postgres
        self._not_ready = ["starting"]
        self._database_troubles: list[str] = []
        self._stopping = trio.Event()
        policy = ActorSettings(
            tick_hz=settings.tick_hz,
            open_unlisted=settings.unlisted_spaces == "open",
            space_users_max=settings.space_users_max,
            space_entities_max=settings.space_entities_max,
            person_entities_max=settings.person_entities_max,
            recovery_grace_us=settings.recovery_grace_s * 1_000_000,
            session_idle_us=settings.idle_session_s * 1_000_000,
            audibility_keep_us=settings.audibility_days * 86_400_000_000,
            system_admins=settings.system_admins,
            money=money_policies(settings.money_policies),
            call_block_s=settings.call_block_s,
            call_rounding="floor" if settings.call_rounding == "floor" else "ceil",
            call_partial_block=(
                "per_second" if settings.call_partial_block == "per_second" else "full"
            ),
            call_free_under_s=settings.call_free_under_s,
        )
        self.store = PostgresStore(database)
        seed = os.urandom(16)
        started_us = now_us()
        self._recording = _begun(record, policy) if record is not None else None
        self._recorder = (
            Recorder(self._recording.write, seed=seed, now_us=started_us, on_error=_recording_ended)
            if self._recording is not None
            else None
        )
        self.kernel = Kernel(
            product_kinds(policy), seed=seed, now_us=started_us, observer=self._recorder
        )
        self.kernel.core.ledger.on_dead = _log_dead_letter
        self._hive_nodes = (
            HiveNodeKeyDirectory(settings.hive_nodes, now_us=now_us)
            if settings.hive_nodes
            else None
        )
        self.identity = self._make_identity()
        self._http = self._http_settings()
        limits = Limits(self._limit_settings().rates())
        self.bridge = Bridge(
            self.kernel,
            self.identity,
            limits,
            entropy=os.urandom,
            recovery=self._recovery(),
            ice_servers=self._ice_servers,
            now_us=now_us,
            sessions_per_account=settings.sessions_per_account,
            guests_per_address=settings.guests_per_address,
            trust_forwarded=settings.trust_forwarded,
        )
        self.realtime = RealtimeServer(self.bridge, self._realtime_settings(), entropy=os.urandom)
        self.courier = Courier(
            self.kernel.start_task, private_allowed=settings.webhook_targets == "any"
        )
        self.kernel.core.ports = {
            STORE: self.store,
            CLIENTS: self.bridge,
            WEBHOOKS: self.courier,
        }
        http = create_app(
            Services(
                store=self.store,
                ask=self.kernel.ask,
                identity=self.identity,
                limits=limits,
                settings=self._http,
                money=policy.money,
                now_us=now_us,
                entropy=os.urandom,
                readiness=self.why_not_ready,
                check_webhook=self.courier.check,
            )
        )
        self.listener = Listener(
            http,
            self.realtime,
            realtime_path=self._realtime_settings().path,
            handshake_timeout_s=settings.handshake_timeout_s,
            stalled_reader_s=settings.stalled_reader_s,
            graceful_timeout_s=settings.drain_timeout_s / 4,
        )

    def why_not_ready(self) -> list[str]:
        """Return the reasons for which nobody should be sent here now; none when all is well."""
        return [*self._not_ready, *self._database_troubles]

    async def run(self) -> None:
        """Start, serve until told to stop, drain."""
        settings = self.settings
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._heed_signals)
            if self._postgres is not None:
                nursery.start_soon(self._postgres.supervise)
            try:
                await self.store.connect()
                await nursery.start(self.kernel.run)
                self.kernel.tell(CALL_DESK, Sweep())
                self.kernel.tell(BOOTH_DESK, SweepBooths())
                self.kernel.tell(AUDITOR, BeginAudit())
                self.kernel.tell(SUBSCRIPTIONS_DESK, BeginSubscriptions())
                self.kernel.tell(HERALD, BeginHerald())
                nursery.start_soon(self.realtime.run)
                nursery.start_soon(self._ask_database)
                port = await nursery.start(self.listener.run, settings.host, settings.port)
                settle_memory()
                self._not_ready = []
                how = "compiled" if IS_COMPILED else "plain Python"
                _log.info("Presence %s (%s) is ready on %s", VERSION, how, self._address(port))
                await self._stopping.wait()
                await self._drain()
            finally:
                with trio.CancelScope(shield=True):
                    await self.store.aclose()
                    await self.courier.aclose()
                    if self._hive_nodes is not None:
                        await self._hive_nodes.aclose()
                if self._recorder is not None and self._recording is not None:
                    self._recorder.close()
                    self._recording.close()
            nursery.cancel_scope.cancel()

    async def _ask_database(self) -> None:
        """Keep the word on the database fresh for those who ask whether we are ready."""
        while True:
            try:
                behind = await self.store.behind()
                self._database_troubles = ["migrations"] if behind else []
            except (StoreUnavailable, MigrationRefused):
                self._database_troubles = ["database"]
            await trio.sleep(ASK_DATABASE_EVERY_S)

    async def _heed_signals(self) -> None:
        """The first SIGTERM or SIGINT drains; the second ends it at once."""
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for number in signals:
                if self._stopping.is_set():
                    _log.warning("a second signal: stopping at once")
                    os._exit(128 + number)
                _log.info("stopping: clients are told to reconnect")
                self._stopping.set()

    async def _drain(self) -> None:
        budget_s = self.settings.drain_timeout_s
        self._not_ready = ["draining"]
        self.bridge.tell_everybody("server-draining", {"reconnect_in_ms": RECONNECT_IN_MS})
        await self.realtime.drain(deadline_s=budget_s / 2)
        await self.listener.stop()
        await self.kernel.shutdown(within_us=budget_s * 250_000)

    def _make_identity(self) -> Identity:
        settings = self.settings
        directories: list[KeyDirectory] = [LocalKeyDirectory(settings.data / LOCAL_KEYS)]
        if self._hive_nodes is not None:
            directories.append(self._hive_nodes)
        return Identity(
            settings=IdentitySettings(
                site=self._site(), system_admins=frozenset(settings.system_admins)
            ),
            directory=ChainedKeyDirectory(directories),
            tokens=Tokens(
                self._token_keys(),
                now_us=now_us,
                entropy=os.urandom,
                lifetime_us=settings.session_ttl_s * 1_000_000,
            ),
            store=self.store,
            now_us=now_us,
            entropy=os.urandom,
        )

    def _token_keys(self) -> TokenKeys:
        secret = self.settings.session_secret
        if secret is not None:
            return TokenKeys.configured(secret)
        file = self.settings.data / TOKEN_KEYS
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            return load_token_keys(file, os.urandom)
        except (OSError, ValueError) as error:
            raise CannotStart(f"{file}: {error}") from error

    def _http_settings(self) -> HttpSettings:
        settings = self.settings
        return HttpSettings(
            version=VERSION,
            node=settings.node_name or socket.gethostname(),
            public_url=settings.public_url,
            trust_forwarded=settings.trust_forwarded,
            cors_origins=settings.cors_origins,
            open_unlisted=settings.unlisted_spaces == "open",
            turn_secret=settings.turn_secret,
            turn_uris=settings.turn_uris,
            turn_ttl_s=settings.turn_ttl_s,
            body_bytes_max=settings.payload_bytes_max,
            payment_secrets=_listed_secrets(settings.payment_secret),
            billing_secret=settings.billing_secret,
            webhooks_per_account=settings.webhooks_per_account,
            call_block_s=settings.call_block_s,
        )

    def _limit_settings(self) -> LimitSettings:
        settings = self.settings
        return LimitSettings(
            chat_per_s=settings.chat_per_s,
            joins_per_s=settings.joins_per_s,
            signals_per_s=settings.signals_per_s,
            entities_per_s=settings.entities_per_s,
            events_per_s=settings.events_per_s,
            poses_per_s=settings.poses_per_s,
            auth_per_minute=settings.auth_per_minute,
            requests_per_s=settings.requests_per_s,
            tips_per_minute=settings.tips_per_minute,
            checkouts_per_minute=settings.checkouts_per_minute,
            purchases_per_minute=settings.purchases_per_minute,
            webhook_changes_per_minute=settings.webhook_changes_per_minute,
        )

    def _realtime_settings(self) -> RealtimeSettings:
        settings = self.settings
        return RealtimeSettings(
            ping_interval_s=settings.ping_interval_ms / 1000,
            ping_timeout_s=settings.ping_timeout_ms / 1000,
            payload_bytes_max=settings.payload_bytes_max,
            stalled_reader_s=settings.stalled_reader_s,
            outbox_bytes_max=settings.outbox_bytes_max,
            connections_max=settings.connections_max,
            cors_origins=settings.cors_origins,
            cors_credentials="*" not in settings.cors_origins,
        )

    def _ice_servers(self, account: str | None, host: str) -> list[dict[str, Any]]:
        base_url = self._http.public_url or f"http://{reached_at(host)}"
        offered = offered_turn(self._http, base_url=base_url, account=account, now_us=now_us())
        return [msgspec.to_builtins(server) for server in ice_servers(offered)]

    def _recovery(self) -> LogBounds | None:
        settings = self.settings
        if settings.recovery_grace_s == 0:
            return None
        bounds = LogBounds(
            events_max=settings.recovery_events_max,
            bytes_max=settings.recovery_bytes_max,
            away_max=settings.connections_max,
        )
        return bounds.within(settings.outbox_bytes_max)

    def _site(self) -> str:
        if self.settings.public_url is not None:
            return self.settings.public_url.split("://", 1)[1].split("/", 1)[0]
        return "presence"

    def _address(self, port: int) -> str:
        if self.settings.public_url is not None:
            return self.settings.public_url
        host = self.settings.host
        return f"http://{'localhost' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104


def settle_memory() -> None:
    """Look no more at what is there for good: each full collection would walk all of it.

    Under half the ledger's load full collections took 190 ms and more, several in five seconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def now_us() -> int:
    """Return microseconds since the Unix epoch."""
    return time.time_ns() // 1000


def money_policies(file: Path | None) -> MoneyPolicies:
    """Return the policies that a file describes; those of the product without one.

    Raises:
        CannotStart: it cannot be read, or says what cannot be; the text names the place.
    """
    if file is None:
        return DEFAULT_POLICIES
    try:
        return read_policies(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, PolicyError) as error:
        raise CannotStart(f"{file}: {error}") from error


def _listed_secrets(secrets: str | None) -> tuple[str, ...]:
    return () if secrets is None else tuple(secrets.split(","))


def _begun(record: Path, policy: ActorSettings) -> BinaryIO:
    try:
        file = record.open("wb")
        file.write(policy.header())
    except OSError as error:
        raise CannotStart(f"{record} cannot be written: {error}") from error
    return file


def _recording_ended(error: Exception) -> None:
    _log.error("the recording ends here: %s", error)


def _log_dead_letter(letter: DeadLetter) -> None:
    if letter.traceback is not None:
        _log.error("%s crashed handling a message\n%s", letter.to, letter.traceback)
    elif letter.reason not in ("normal", "nobody there", "stopping"):
        _log.warning(
            "%s never handled a %s: %s", letter.to, type(letter.message).__name__, letter.reason
        )
