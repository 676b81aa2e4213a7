"""How many people one space carries: this server and the usual relay under the same load.

Run: python -m bench.pose_fanout [--seconds 2] [--full] [--sizes 20 40] [--forms relay stock]

Everybody sends a pose ten times a second and everybody else is to see it. A size is carried when
the 99th percentile of a pose's age at its first arrival is at most 100 ms, all joined, nobody was
cut off, the load kept its pace, every mover's last pose reached every observer and no receiver got
less than others did. A run in which the load needed over 70 % of its core is void. First a table
of rooms of the same sizes for relay and stock, as many rooms as fill a good part of a core; then
the greatest size of one room of each form by bisection.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from bench.load.walkers import HZ, Figures
from bench.servers import LOAD_SHARE_MAX, goal, loaded, machine

P99_MS_MAX = 100.0
PACE_MIN = 0.95
EVENNESS_MIN = 0.98
FORMS = ("relay", "stock", "binary")
TABLE = ((2, 150), (5, 60), (20, 15), (60, 1), (100, 1))
TABLE_FULL = ((2, 150), (5, 60), (10, 30), (20, 15), (40, 4), (60, 1), (80, 1), (100, 1), (160, 1))
"""People in a room, and rooms."""
ROUNDS = 3
"""A shared machine is up to a third slower in one minute than in the next."""
VOID_AGAIN_MAX = 2
FIRST = {"relay": 120, "stock": 160, "binary": 600}
MOST = 3000


def walked(form: str, people: int, seconds: float, stalled: int = 0, rooms: int = 1) -> Figures:
    """Let so many walk in each of so many rooms of a fresh server."""
    arguments: list[object] = ["--people", people * rooms, "--rooms", rooms, "--seconds", seconds]
    arguments += ["--stalled", stalled]
    arguments += ["--binary"] if form == "binary" else []
    return Figures(**loaded("relay" if form == "relay" else "presence", "walkers", *arguments))


def walked_well(form: str, people: int, seconds: float, rooms: int) -> Figures:
    """The same, again if the load was short of its core, which says nothing of the server."""
    figures = walked(form, people, seconds, rooms=rooms)
    for _ in range(VOID_AGAIN_MAX):
        if verdict(form, figures) == "void":
            report(form, figures)
            figures = walked(form, people, seconds, rooms=rooms)
    return figures


def verdict(form: str, figures: Figures) -> str:
    """Return why this size was not carried; "carried" when it was."""
    if figures.load_share > LOAD_SHARE_MAX:
        return "void"
    if figures.closed or figures.joined < figures.people:
        return "cut off"
    if figures.sent < PACE_MIN * HZ * figures.people * figures.seconds:
        return "no pace"
    if figures.p99_ms > P99_MS_MAX:
        return "late"
    # In the binary form views differ by design, and who is far is shown less often.
    uneven = form != "binary" and figures.evenness < EVENNESS_MIN
    lost = form == "relay" and figures.delivered < 0.999
    return "lost" if uneven or lost or figures.last_seen < 1 else "carried"


def update_us(figures: Figures) -> float:
    """Return the server's processor time for each delivered update, microseconds."""
    return figures.server_s / max(figures.updates, 1) * 1e6


def report(form: str, figures: Figures) -> str:
    """Print one run's row and return its verdict."""
    outcome = verdict(form, figures)
    person_s = figures.people * figures.seconds
    print(
        f"{form:<8}{figures.people:>7}{figures.rooms:>6}{figures.p50_ms:>8.0f}{figures.p99_ms:>8.0f}"
        f"{figures.near_p99_ms:>8.0f}{figures.updates / figures.seconds:>11,.0f}"
        f"{figures.updates / person_s:>9.0f}{figures.fresh_each_s:>9.0f}"
        f"{figures.delivered:>10.1%}{figures.last_seen:>8.1%}"
        f"{update_us(figures):>9.2f}{figures.server_s / figures.seconds:>8.0%}"
        f"{figures.bytes / person_s / 1000:>9.1f}{figures.load_share:>6.0%}  {outcome}",
        flush=True,
    )
    return outcome


def heading() -> None:
    """Print what the columns of `report` are."""
    print(
        f"{'form':<8}{'people':>7}{'rooms':>6}{'p50 ms':>8}{'p99 ms':>8}{'near':>8}"
        f"{'updates/s':>11}{'each/s':>9}{'fresh/s':>9}{'of sent':>10}{'last':>8}{'µs each':>9}"
        f"{'server':>8}{'kB/s':>9}{'load':>6}"
    )


def greatest(form: str, seconds: float, fineness: float) -> tuple[Figures | None, str]:
    """Return the run of the greatest size carried, and "at least " when the load was the limit."""
    carried: Figures | None = None
    bound, size, too_many = "", FIRST[form], 0
    while size <= MOST:
        figures = walked(form, size, seconds)
        outcome = report(form, figures)
        if outcome == "carried":
            carried = figures
        else:
            too_many = size
            bound = "at least " if outcome == "void" else ""
        low = carried.people if carried else 0
        if too_many and too_many - low <= max(fineness * too_many, 5):
            break
        size = (low + too_many) // 2 if too_many else low * 2
    return carried, bound if too_many else "at least "


def beside(people: int, seconds: float, rooms: int) -> tuple[list[Figures], list[Figures]]:
    """Return the runs of relay and stock, which take turns, the cheapest of each first."""
    # One update more or less, where the measured part begins and ends, is to be under 1 % of all.
    seconds = max(seconds, 120 / (HZ * (people - 1)))
    runs = [
        [walked_well(form, people, seconds, rooms) for form in ("relay", "stock")]
        for _ in range(ROUNDS)
    ]
    theirs, ours = (sorted(each, key=update_us) for each in zip(*runs, strict=True))
    return theirs, ours


def compare(sizes: Sequence[tuple[int, int]], seconds: float) -> None:
    """Run relay and stock at each size: stock is never to be worse, in none of its runs."""
    void, lost, processor, age = False, [], [], []
    for people, rooms in sizes:
        theirs, ours = beside(people, seconds, rooms)
        peers = {report("relay", each) for each in theirs}
        verdicts = {report("stock", each) for each in ours}
        if "void" in peers | verdicts:
            void = True
            continue
        if "carried" in peers and verdicts != {"carried"}:
            lost.append(people)
        their, our = theirs[ROUNDS // 2], ours[ROUNDS // 2]
        processor.append((people, update_us(our) / update_us(their)))
        age.append((people, max(our.p99_ms, 1) / max(their.p99_ms, 1)))
    name = f"stock in rooms of {sizes[0][0]} to {sizes[-1][0]}"
    said = f"not at {', '.join(map(str, lost))}" if lost else "everywhere"
    goal(f"{name}: carried", "where the relay is", said, "", "", held=None if void else not lost)
    for what, ratios in (("CPU an update", processor), ("p99 age", age)):
        times = ", ".join(f"{ratio:.2f}x at {people}" for people, ratio in ratios)
        held = None if void else all(ratio <= 1 for _, ratio in ratios)
        goal(f"{name}: {what}", "no more than the relay's", times, "", "", held=held)


def main() -> None:
    """Print the table, the greatest sizes and the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="measured part of each run")
    parser.add_argument("--full", action="store_true", help="finer, and three times as long")
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--sizes", nargs="+", type=int, help="only these sizes; no bisection")
    options = parser.parse_args()
    seconds = options.seconds * 3 if options.full else options.seconds
    print(machine())
    heading()
    if options.sizes:
        for people in options.sizes:
            for form in options.forms:
                report(form, walked(form, people, seconds))
        return
    if {"relay", "stock"} <= set(options.forms):
        compare(TABLE_FULL if options.full else TABLE, seconds)
    most = {form: greatest(form, seconds, 0.05 if options.full else 0.3) for form in options.forms}
    relay, relay_bound = most.get("relay", (None, ""))
    for form, times in (("stock", 2), ("binary", 8)):
        ours, bound = most.get(form, (None, ""))
        people = ours.people if ours else 0
        theirs = relay.people if relay else 0
        exact = theirs and not relay_bound
        ratio = people / theirs if exact else 0.0
        wanted = f"{times}x relay" + (", 1000" if form == "binary" else "")
        held = None if not exact else ratio >= times and (form != "binary" or people >= 1000)
        peer = f"{relay_bound}{theirs}"
        if form in most:
            goal(f"{form}: people", wanted, f"{bound}{people}", peer, f"{ratio:.1f}x", held=held)


if __name__ == "__main__":
    main()
