"""A visitor: comes, walks about, talks, calls people, goes; comes back after a lost connection.

The same object plays in the simulator and against a live server; only its `Life` differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from actors.space.space_id import SpaceId
from engine.clock import SECOND_US
from sim.people.backoff import Backoff
from sim.people.life import (
    Answered,
    AskToJoin,
    Begin,
    Connected,
    Dropped,
    Fetched,
    Happening,
    Life,
    NotConnected,
    ReadHistory,
    Received,
    Woken,
)
from sim.people.part import Part
from sim.people.props import EVERY_US, PREFIX, Props
from sim.people.view import View
from sim.people.walk import place_mm
from sim.people.wishes import Wishes

ANSWER_WITHIN_US = 12 * SECOND_US
TRY_AGAIN_US = 2 * SECOND_US
PASSING_CODES = frozenset({"superseded", "not_in_space"})
"""Refusals that only mean the space and this person disagreed for a moment about who is inside."""


class Stage(Enum):
    """How far a visitor has come."""

    AWAY = "away"
    ASKING = "asking to join"
    DIALING = "connecting"
    JOINING = "entering"
    INSIDE = "inside"
    LEAVING = "leaving"
    GONE = "gone"
    TURNED_AWAY = "turned away"


@dataclass(slots=True)
class Saying:
    """Words on their way: said, and not yet known to be durable."""

    key: str
    text: str
    space: SpaceId
    asked_us: int | None = None


class Visitor:
    """See the module's text.

    Attributes:
        part: what the scenario has this person do.
        props: what they do with shared entities.
        view: what the server has shown.
        stage: how far they have come.
        space: where they want to be.
        saying: words without an answer, by key, in the order they were thought of.
        acknowledged: key to (space, message id): the server has promised to keep these.
        refused: key to code: the server has said no to these.
        given_up: keys of words that nobody waits for, since their author went elsewhere.
        closed_by: reasons of lost connections, in order.
        cut_short: how many of these were lost before they had opened.
        recoveries: how many were made good.
        place: the pose sent last, and when.
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self.view = View()
        self.props = Props(part.name, part.props)
        self.stage = Stage.AWAY
        self.space = part.space
        self.saying: dict[str, Saying] = {}
        self.acknowledged: dict[str, tuple[SpaceId, int]] = {}
        self.refused: dict[str, str] = {}
        self.given_up: dict[str, None] = {}
        self.closed_by: list[str] = []
        self.cut_short = self.recoveries = 0
        self.place: dict[str, float] | None = None
        self.placed_us = 0
        self.wishes = Wishes(part)
        self.calls: dict[str, str] = {}
        self.errors: list[str] = []
        self.walks_until_us: int | None = None
        self._poses = 0
        self._walked_us = 0
        self._acks: dict[int, str] = {}
        self._ack_last = 0
        self._online = False
        self._was_inside = False  # when the connection was lost
        self._history_is_due = False
        self._backoff = Backoff()
        self._unsure = False

    def __repr__(self) -> str:
        return f"<Visitor {self.part.name} {self.stage.value}>"

    @property
    def wants_in(self) -> bool:
        """Whether they mean to be in their space now."""
        return self.stage not in (Stage.AWAY, Stage.LEAVING, Stage.GONE, Stage.TURNED_AWAY)

    @property
    def _knows_the_scene(self) -> bool:
        return self.view.space == self.space and not self._unsure

    def handle(self, happening: Happening, life: Life) -> None:
        """Do what follows."""
        match happening:
            case Begin():
                self._begin(life)
            case Woken(what=what, number=number):
                self._woken(what, number, life)
            case Fetched():
                self._fetched(happening, life)
            case Connected():
                self._connected(happening, life)
            case NotConnected():
                self._come_back(life)
            case Dropped():
                self._dropped(happening, life)
            case Received(event=event, payload=payload):
                self._received(event, payload, life)
            case Answered(ack=ack, answer=answer):
                self._answered(self._acks.pop(ack, ""), answer, life)

    def _begin(self, life: Life) -> None:
        part = self.part
        life.wake(part.arrives_us, "arrive")
        for number, (at_us, _space) in enumerate(part.moves):
            life.wake(at_us, "move", number)
        for number, words in enumerate(part.says):
            life.wake(words.at_us, "say", number)
        for number, doing in enumerate(part.does):
            life.wake(doing.at_us, "do", number)
        if part.leaves_us is not None:
            life.wake(part.leaves_us, "leave")

    def _woken(self, what: str, number: int, life: Life) -> None:
        match what:
            case "arrive":
                self._ask_to_join(life)
            case "ask again" if self.stage is Stage.ASKING:
                self._ask_to_join(life)
            case "dial" if self.stage is Stage.DIALING:
                life.dial()
            case "enter again" if self.stage is Stage.JOINING and self._online:
                self._enter(life)
            case "step" if self.stage is Stage.INSIDE:
                self._step(life)
            case "play" if self.stage is Stage.INSIDE:
                self._play(life)
            case "do" if self.wants_in:
                doing = self.part.does[number]
                self.wishes.add(doing.event, doing.payload)
                self._wish(life)
            case "wish" if self.stage is Stage.INSIDE:
                self._wish(life)
            case "enough said" | "enough spoken" if self.stage is Stage.INSIDE:
                self.wishes.enough(what, self.view.hall)
                self._wish(life)
            case "say":
                self._think(number, life)
            case "speak":
                self._speak(life)
            case "read" if self.stage is Stage.INSIDE:
                life.fetch(ReadHistory(self.space), "history")
            case "move" if self.wants_in:
                self._move(self.part.moves[number][1], life)
            case "leave" if self.wants_in:
                self._leave(life)
            case "hang up" if self.stage is Stage.LEAVING:
                self._go(life)
            case _:
                pass

    # Coming.

    def _ask_to_join(self, life: Life) -> None:
        self.stage = Stage.ASKING
        life.fetch(AskToJoin(self.space), "join")

    def _fetched(self, fetched: Fetched, life: Life) -> None:
        if fetched.tag == "history":
            if fetched.status == 200:
                self._history_is_due = False
                self.view.learn(fetched.body["messages"])
            elif self.stage is Stage.INSIDE:
                life.wake(TRY_AGAIN_US, "read")
        elif self.stage is Stage.ASKING:
            if fetched.status == 200:
                self.stage = Stage.DIALING
                life.dial()
            elif fetched.status in (0, 429) or fetched.status >= 500:
                life.wake(TRY_AGAIN_US, "ask again")
            else:
                self.errors.append(str(fetched.body.get("code")))
                self.stage = Stage.TURNED_AWAY

    def _connected(self, connected: Connected, life: Life) -> None:
        if connected.recovered:
            self.recoveries += 1
            self.view.recovered()
        else:
            self.view.connected(connected.socket_id)
            self.calls = {}
        self._online = True
        self._backoff.reset()
        if self.stage is not Stage.DIALING:
            self._go(life)
        elif connected.recovered and self._was_inside and self._knows_the_scene:
            self._go_on(life)
        else:
            self._enter(life)

    def _enter(self, life: Life) -> None:
        self.stage = Stage.JOINING
        self._was_inside = self._unsure = False
        space = self.space
        payload: dict[str, Any] = {
            "spaceType": space.type,
            "spaceId": space.id,
            "subspace": space.subspace,
        }
        if self.part.walks_mm:
            payload["position"] = self._here()
        if self.part.binary_poses:
            payload["poses"] = "binary"
        if self.part.account:
            payload["hearers"] = True  # Guests come with a stock client.
        life.emit("join-space", payload, self._ack("enter"))
        life.wake(ANSWER_WITHIN_US, "enter again")

    def _go_on(self, life: Life) -> None:
        self.stage = Stage.INSIDE
        if self._history_is_due:
            life.fetch(ReadHistory(self.space), "history")
        for saying in self.saying.values():
            saying.asked_us = None
        self._speak(life)
        self.wishes.start_over()
        self._wish(life)
        if self.part.walks_mm:
            life.wake(0, "step")
        if self.part.props:
            life.wake(EVERY_US, "play")

    def _inside(self, life: Life) -> None:
        self._history_is_due = True
        self._go_on(life)
        others = [one for one in self.view.roster if one != self.view.socket_id]
        for other in others[: self.part.calls]:
            self._signal("webrtc-offer", other, "offer", life)

    # Being there.

    def _here(self) -> dict[str, float]:
        x_mm, z_mm = place_mm(self.part.walks_mm, self.part.mm_per_s, self._walked_us)
        return {"x": x_mm / 1000, "y": 1.6, "z": z_mm / 1000}

    def _step(self, life: Life) -> None:
        if self.walks_until_us is not None and life.now_us >= self.walks_until_us:
            return
        period_us = SECOND_US // self.part.poses_hz
        self._walked_us += period_us
        self._poses += 1
        self.place, self.placed_us = self._here(), life.now_us
        update: dict[str, Any] = {"position": self.place}
        if not self.part.binary_poses:
            update["number"] = self._poses  # More than a frame can say: an event for everybody.
        life.emit("aframe-update", update)
        life.wake(period_us, "step")

    def _play(self, life: Life) -> None:
        if self.walks_until_us is None or life.now_us < self.walks_until_us:
            event, payload, what = self.props.next(self.view.scenery, life.chance("props"))
            life.emit(event, payload, self._ack(what))
            life.wake(EVERY_US, "play")

    def _think(self, number: int, life: Life) -> None:
        if self.wants_in:
            key = f"{self.part.name}-{number}"
            self.saying[key] = Saying(key, self.part.says[number].text, self.space)
            self._speak(life)

    def _speak(self, life: Life) -> None:
        """Say what has not been answered; the key makes it one message however often it is said."""
        if self.stage is not Stage.INSIDE or not self.saying:
            return
        now_us = life.now_us
        for saying in self.saying.values():
            if saying.asked_us is None or now_us - saying.asked_us >= ANSWER_WITHIN_US:
                saying.asked_us = now_us
                payload = {"content": saying.text, "key": saying.key}
                life.emit("chat-message", payload, self._ack(f"say {saying.key}"))
        life.wake(ANSWER_WITHIN_US, "speak")

    def _wish(self, life: Life) -> None:
        """Ask for what is wished first, if it is time to."""
        if self.stage is Stage.INSIDE:
            wished = self.wishes.next_event(self.view.hall, life)
            if wished is not None:
                number, event, payload = wished
                life.emit(event, payload, self._ack(f"wish {number}"))

    def _move(self, space: SpaceId, life: Life) -> None:
        self._give_up()
        self.space = space
        if self._online:
            self._enter(life)

    def _received(self, event: str, payload: Any, life: Life) -> None:
        before = self.view.space
        self.view.apply(event, payload)
        if self.view.space != before:
            # Answers to come are of the scene that was left.
            self._acks = {ack: w for ack, w in self._acks.items() if not w.startswith(PREFIX)}
        self.wishes.has_the_floor(event, payload, life)
        if event == "space-joined" and payload.get("resync") and self.stage is Stage.INSIDE:
            # What was said while the space was being rebuilt may have been shown to nobody.
            life.fetch(ReadHistory(self.space), "history")
        elif event == "webrtc-offer":
            self.calls[payload["fromSocketId"]] = "answered"
            self._signal("webrtc-answer", payload["fromSocketId"], "answer", life)
        elif event == "webrtc-answer":
            self.calls[payload["fromSocketId"]] = "connected"
            self._signal("webrtc-ice-candidate", payload["fromSocketId"], "candidate", life)
        elif event.endswith("-error") or event == "error":
            self.errors.append(f"{event} {payload.get('code')}")

    def _signal(self, event: str, to: str, field: str, life: Life) -> None:
        if event == "webrtc-offer":
            self.calls[to] = "offered"
        what = {"type": field, "sdp": f"v=0 {self.view.socket_id} {to}"}
        life.emit(event, {"targetSocketId": to, field: what}, self._ack("signal"))

    def _answered(self, what: str, answer: Any, life: Life) -> None:
        yes = bool(answer.get("success"))
        if what == "enter":
            self._entered(answer, life, yes=yes)
        elif what.startswith(PREFIX):
            if not self.props.answered(what, answer, self.view.scenery) and self.wants_in:
                self._enter(life)
        elif what.startswith("say "):
            self._kept(what.removeprefix("say "), answer, life, yes=yes)
        elif what.startswith("wish "):
            number = int(what.removeprefix("wish "))
            self.wishes.answered(number, answer, passes=_passes(answer))
            self._wish(life)
        elif what == "leave" and self.stage is Stage.LEAVING:
            self._go(life)

    def _entered(self, answer: dict[str, Any], life: Life, *, yes: bool) -> None:
        if self.stage is not Stage.JOINING:
            return
        if yes:
            if self.view.space == self.space:
                self._inside(life)
        elif _passes(answer):
            life.wake(TRY_AGAIN_US, "enter again")
        else:
            self.errors.append(str(answer.get("code")))
            self.stage = Stage.TURNED_AWAY
            self._hang_up(life)

    def _kept(self, key: str, answer: dict[str, Any], life: Life, *, yes: bool) -> None:
        saying = self.saying.get(key)
        if saying is None:
            return
        if yes:
            del self.saying[key]
            self.acknowledged[key] = (saying.space, answer["message"]["id"])
        elif _passes(answer):
            saying.asked_us = None
            life.wake(TRY_AGAIN_US, "speak")
        else:
            del self.saying[key]
            self.refused[key] = str(answer.get("code"))

    # Going.

    def _dropped(self, dropped: Dropped, life: Life) -> None:
        self.closed_by.append(dropped.reason)
        self.cut_short += not self._online
        self._online = False
        # Answers get lost: whether these changes were made is for a whole scene to show.
        self._unsure |= any(what.startswith(PREFIX) for what in self._acks.values())
        self._acks.clear()
        if self.stage is Stage.LEAVING:
            self.stage = Stage.GONE
        elif dropped.stay_away and self.wants_in:
            self.stage = Stage.TURNED_AWAY
        elif self.wants_in:
            self._was_inside |= self.stage is Stage.INSIDE
            self._come_back(life)

    def _come_back(self, life: Life) -> None:
        if self.wants_in:
            self.stage = Stage.DIALING
            life.wake(self._backoff.next_us(life.chance("backoff")), "dial")

    def _leave(self, life: Life) -> None:
        self._give_up()
        if self._online and self.stage in (Stage.INSIDE, Stage.JOINING):
            self.stage = Stage.LEAVING
            life.emit("leave-space", {}, self._ack("leave"))
            life.wake(3 * SECOND_US, "hang up")
        else:
            self._go(life)

    def _go(self, life: Life) -> None:
        self.stage = Stage.GONE
        self._hang_up(life)

    def _hang_up(self, life: Life) -> None:
        self._online = False
        self._acks.clear()
        life.hang_up()

    def _give_up(self) -> None:
        self.given_up |= dict.fromkeys(self.saying)
        self.saying.clear()

    def _ack(self, what: str) -> int:
        self._ack_last += 1
        self._acks[self._ack_last] = what
        return self._ack_last


def _passes(refusal: dict[str, Any]) -> bool:
    return bool(refusal.get("retryable")) or refusal.get("code") in PASSING_CODES
