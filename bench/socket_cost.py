"""What a socket costs this server: memory and processor time when idle, time a received pose.

Run: python -m bench.socket_cost [--idle 2000 10000] [--walking 100 1000] [--seconds 5]

The server is the realtime adapter alone, in a process of its own, with an App that turns each event
into its session's message and keeps the newest, as a conflated lane does. This process is the load:
idle clients answer pings, which come at the default interval, and walking ones send a pose ten
times a second, evenly spread.
"""

from __future__ import annotations

import argparse
import os
import resource
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import trio

from actors.session.messages import SessionMessage
from adapters.realtime import (
    Handshake,
    Json,
    RealtimeServer,
    RealtimeSettings,
    Socket,
    read_request_head,
)
from adapters.realtime.events import to_message
from bench.socket_echo import ENGINE_QUERY, Peer, connect, masked
from engine.refusal import Refused

HZ = 10
WARM_UP_S = 1.0
POSE = (
    '42["aframe-update",{"position":{"x":1.25,"y":1.6,"z":-3.5},'
    '"rotation":{"x":0,"y":0.707,"z":0},"voice_enabled":true}]'
)
_PING = b"\x81\x012"
_PONG = b"\x81\x81\0\0\0\0003"


class NewestApp:
    """Keeps the newest message of each socket."""

    def __init__(self) -> None:
        self.newest: dict[str, SessionMessage] = {}

    def connect(self, socket: Socket, handshake: Handshake) -> Refused | None:
        return None

    def event(self, socket: Socket, name: str, args: list[Json], ack: int | None) -> None:
        self.newest[socket.id] = to_message(name, args, ack)

    def disconnect(self, socket: Socket, reason: str) -> None:
        self.newest.pop(socket.id, None)


async def serve() -> None:
    server = RealtimeServer(NewestApp(), RealtimeSettings(path="/"), entropy=os.urandom)

    async def connection(stream: trio.SocketStream) -> None:
        head = await read_request_head(stream)
        if head is not None:
            await server.serve_websocket(stream, head)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=4096)
        print(listeners[0].socket.getsockname()[1], flush=True)
        await trio.serve_listeners(connection, listeners)


@contextmanager
def served() -> Iterator[tuple[int, psutil.Process]]:
    """Run the server; yield its port and process."""
    command = [sys.executable, "-m", "bench.socket_cost", "--serve"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def clients(port: int, count: int) -> list[socket.socket]:
    """Connect so many, each in the root namespace."""
    peer = Peer("", [], "/" + ENGINE_QUERY, "", "40")
    return [connect(port, peer) for _ in range(count)]


def spent_s(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


def answer_pings(sockets: list[socket.socket], seconds: float) -> int:
    """Stay connected for so long; return how many pings came."""
    pings = 0
    with selectors.DefaultSelector() as selector:
        for each in sockets:
            selector.register(each, selectors.EVENT_READ)
        until_s = time.perf_counter() + seconds
        while (left_s := until_s - time.perf_counter()) > 0:
            for key, _ in selector.select(timeout=left_s):
                assert isinstance(key.fileobj, socket.socket)
                data = key.fileobj.recv(1 << 16)
                if not data:
                    raise ConnectionError("the server closed an idle connection")
                if data == _PING:
                    key.fileobj.send(_PONG)
                    pings += 1
    return pings


def idle(count: int) -> None:
    """Hold so many for a ping interval and print a row."""
    with served() as (port, process):
        first = clients(port, 100)  # What is made once, is made now.
        bytes_before = process.memory_info().rss
        sockets = clients(port, count)
        bytes_each = (process.memory_info().rss - bytes_before) / count
        interval_s = RealtimeSettings().ping_interval_s
        spent_before_s = spent_s(process)
        pings = answer_pings(sockets + first, interval_s)
        us_each = (spent_s(process) - spent_before_s) / interval_s / (count + len(first)) * 1e6
        for each in sockets + first:
            each.close()
    print(
        f"idle     {count:>7,}{bytes_each / 1000:>12.1f} kB each"
        f"{us_each:>10.2f} µs/s each{pings:>10,} pings",
        flush=True,
    )


def walking(count: int, seconds: float) -> None:
    """Let so many walk and print a row."""
    pose = masked(POSE)
    with served() as (port, process):
        sockets = clients(port, count)
        period_s = 1 / HZ / count
        begun_s = time.perf_counter()
        measured_from_s = begun_s + WARM_UP_S
        sent = before = 0
        spent_before_s = 0.0
        while (now_s := time.perf_counter()) < measured_from_s + seconds:
            if now_s >= measured_from_s and not before:
                before, spent_before_s = sent, spent_s(process)
            due = int((now_s - begun_s) / period_s)
            for number in range(sent, due):
                sockets[number % count].send(pose)
            sent = max(sent, due)
            time.sleep(0.001)
        us_each = (spent_s(process) - spent_before_s) / (sent - before) * 1e6
        for each in sockets:
            each.close()
    print(
        f"walking  {count:>7,}{(sent - before) / seconds:>12,.0f} poses/s"
        f"{us_each:>10.2f} µs a pose",
        flush=True,
    )


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle", type=int, nargs="*", default=[2000])
    parser.add_argument("--walking", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--seconds", type=float, default=5.0, help="measured part of a walk")
    parser.add_argument("--serve", action="store_true", help="be the server")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))
    if options.serve:
        trio.run(serve)
        return
    for count in options.walking:
        walking(count, options.seconds)
    for count in options.idle:
        idle(count)


if __name__ == "__main__":
    main()
