"""What must hold at the end of a scenario played against a live server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from actors.space.space_id import SpaceId
from sim.people.visitor import Stage, Visitor
from sim.scenario import Scenario

PAGE = 100
PAGES_MAX = 100

Findings = list[str]
"""What did not hold, a sentence each; empty when all did."""


async def findings(
    scenario: Scenario,
    people: Sequence[Visitor],
    http: httpx.AsyncClient,
    say: Callable[[str], object],
) -> Findings:
    """Check the end, tell what was checked, and return what did not hold."""
    spaces = dict.fromkeys(person.space for person in people)
    histories = {space: await _history(space, http) for space in _all_spaces(scenario)}
    members = {space: await _members(space, http) for space in spaces}
    checks: list[tuple[str, Findings]] = [
        ("everybody is where they want to be", _places(people)),
        ("every event made sense to the client that got it", _complaints(people)),
        ("rosters agree with each other and with the server's", _rosters(people, members)),
        ("everything said was answered", _words(people)),
        ("what was acknowledged is there over REST, once, in order", _kept(people, histories)),
        ("everybody inside has every acknowledged message", _heard(people)),
        ("it ended as the scenario says", _story(scenario, people)),
    ]
    found: Findings = []
    for title, wrong in checks:
        say(f"  {'no ' if wrong else 'yes'}  {title}\n")
        for text in wrong:
            say(f"         {text}\n")
        found += wrong
    shown = sum(person.view.shown for person in people)
    kept = sum(len(person.acknowledged) for person in people)
    say(f"\n{shown} events shown, {kept} messages acknowledged. ")
    say("Everything held.\n" if not found else f"{len(found)} things did not hold.\n")
    return found


async def _history(space: SpaceId, http: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Return every message of a space over REST, oldest first."""
    path = f"/api/chat/{space.type}/{quote(space.id, safe='')}/messages"
    messages: list[dict[str, Any]] = []
    for page in range(PAGES_MAX):
        query = {"limit": f"{PAGE}", "offset": f"{page * PAGE}", "subspace": space.subspace}
        response = await http.get(path, params=query)
        response.raise_for_status()
        body = response.json()
        messages = body["messages"] + messages
        if not body["has_more"]:
            break
    return messages


async def _members(space: SpaceId, http: httpx.AsyncClient) -> set[str]:
    path = f"/api/spaces/{space.type}/{quote(space.id, safe='')}"
    response = await http.get(path, params={"subspace": space.subspace})
    response.raise_for_status()
    return {user["socket_id"] for user in response.json()["space"]["connected_users"]}


def _all_spaces(scenario: Scenario) -> dict[SpaceId, None]:
    spaces = dict.fromkeys(part.space for part in scenario.people)
    return spaces | {space: None for part in scenario.people for _at_us, space in part.moves}


def _places(people: Sequence[Visitor]) -> Findings:
    return [
        f"{person.part.name} is still {person.stage.value} {person.errors[-3:]}"
        for person in people
        if person.stage not in (Stage.INSIDE, Stage.GONE)
    ]


def _complaints(people: Sequence[Visitor]) -> Findings:
    return [
        f"{person.part.name}: {complaint.invariant}: {complaint.text}"
        for person in people
        for complaint in person.view.complaints
    ]


def _rosters(people: Sequence[Visitor], members: dict[SpaceId, set[str]]) -> Findings:
    found = []
    inside = [person for person in people if person.stage is Stage.INSIDE]
    gone = {person.view.socket_id for person in people if person.stage is Stage.GONE}
    for person in inside:
        seen = set(person.view.roster)
        there = members[person.space]
        if seen != there:
            found.append(f"{person.part.name} sees {sorted(seen)}, the server {sorted(there)}")
        ghosts = seen & gone
        if ghosts:
            found.append(f"{person.part.name} still sees {sorted(ghosts)}, who have gone")
    return found


def _words(people: Sequence[Visitor]) -> Findings:
    found = [f"{p.part.name} waits for {list(p.saying)}" for p in people if p.saying]
    return found + [f"{p.part.name} was refused {p.refused}" for p in people if p.refused]


def _kept(people: Sequence[Visitor], histories: dict[SpaceId, list[dict[str, Any]]]) -> Findings:
    found = []
    for space, messages in histories.items():
        ids = [message["id"] for message in messages]
        if ids != sorted(set(ids)):
            found.append(f"the history of {space} is not in the order of ids, or has one twice")
    for person in people:
        texts = {f"{person.part.name}-{n}": words.text for n, words in enumerate(person.part.says)}
        for key, (space, number) in person.acknowledged.items():
            rows = [row for row in histories[space] if row["id"] == number]
            if [row["content"] for row in rows] != [texts[key]]:
                found.append(f"{person.part.name}'s {key} was acknowledged; there is {rows}")
    return found


def _heard(people: Sequence[Visitor]) -> Findings:
    found = []
    for person in people:
        if person.stage is not Stage.INSIDE:
            continue
        promised = {
            number
            for other in people
            for space, number in other.acknowledged.values()
            if space == person.space
        }
        missed = promised - person.view.chat.get(person.space, {}).keys()
        if missed:
            found.append(f"{person.part.name} has missed messages {sorted(missed)}")
    return found


def _story(scenario: Scenario, people: Sequence[Visitor]) -> Findings:
    found = []
    expected = scenario.expected
    named = {person.part.name: person for person in people}
    present = sorted(name for name, person in named.items() if person.stage is Stage.INSIDE)
    if expected.present is not None and present != sorted(expected.present):
        found.append(f"present are {present}, expected {sorted(expected.present)}")
    for one, other in expected.met:
        for a, b in ((one, other), (other, one)):
            if f"{b} (guest)" not in named[a].view.met:
                found.append(f"{a} never saw {b}")
    said = sum(len(person.acknowledged) for person in people)
    if expected.messages is not None and said != expected.messages:
        found.append(f"{said} messages were acknowledged, expected {expected.messages}")
    return found
