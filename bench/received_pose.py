"""What one received pose costs the socket path: from the socket to its session's message.

Run: python -m bench.received_pose [--people 100 500 1000 2000] [--seconds 4]

The server is the realtime adapter alone, in a process of its own, with an App that turns each event
into its session's message and keeps the newest, as a conflated lane does. This process is the load:
everybody sends ten poses a second, each at a moment of its own, as many people on many machines do.
The figure is all the processor time of the server, the kernel's share and waking up included.
"""

from __future__ import annotations

import argparse
import os
import resource
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
    App,
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


class NewestApp(App):
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
    command = [sys.executable, "-m", "bench.received_pose", "--serve"]
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


def measured(people: int, seconds: float) -> None:
    """Let so many walk and print a row."""
    pose = masked(POSE)
    with served() as (port, process):
        sockets = clients(port, people)
        begun_s = time.perf_counter()
        sent = before = 0
        spent_before_s = 0.0
        while (ran_s := time.perf_counter() - begun_s) < WARM_UP_S + seconds:
            if not before and ran_s >= WARM_UP_S:
                before, spent_before_s = sent, spent_s(process)
            due = int(ran_s * HZ * people)
            for number in range(sent, due):
                sockets[number % people].send(pose)
            sent = due
        poses, server_s = sent - before, spent_s(process) - spent_before_s
        for each in sockets:
            each.close()
    print(
        f"{people:>7,}{poses / seconds:>10,.0f}{server_s / poses * 1e6:>10.1f}"
        f"{server_s / seconds:>9.0%}",
        flush=True,
    )


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[100, 500, 1000, 2000])
    parser.add_argument("--seconds", type=float, default=4.0, help="measured part of each run")
    parser.add_argument("--serve", action="store_true", help="be the server")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))
    if options.serve:
        trio.run(serve)
        return
    print(f"{'people':>7}{'poses/s':>10}{'µs each':>10}{'server':>9}")
    for people in options.people:
        measured(people, options.seconds)


if __name__ == "__main__":
    main()
