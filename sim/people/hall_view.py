"""What somebody has been shown of a space's hall, and whom they know that they hear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

JsonObject = dict[str, Any]
Complain = Callable[[str, str], None]


class HallView:
    """Follows the hall's events. What no client may be told is a complaint.

    Attributes:
        mode: the audio mode in force.
        speaker: the account with the role.
        holders: microphone id to the account that has it.
        heard: socket id to the kind of link.
        hearers: socket ids of those who hear them, where their client asked.
    """

    def __init__(self, complain: Complain) -> None:
        self._complain = complain
        self.mode = "ambient"
        self.speaker: str | None = None
        self.holders: dict[str, str | None] = {}
        self.heard: dict[str, str] = {}
        self.hearers: set[str] = set()
        self._names: dict[str, str] = {}

    def microphone_id(self, name: str) -> str | None:
        """Return the id of the microphone with this name, if it has been shown."""
        return self._names.get(name)

    def joined(self, audio: JsonObject) -> None:
        """The whole hall is shown anew; who is heard follows."""
        self.mode, self.speaker = audio["audio_mode"], audio["current_speaker"]
        self.holders = {one["id"]: one["holder"] for one in audio["microphones"]}
        self._names = {one["microphone_name"]: one["id"] for one in audio["microphones"]}
        self.heard, self.hearers = {}, set()

    def left(self, socket_id: str) -> None:
        """Somebody has gone, and with them every link to them."""
        self.heard.pop(socket_id, None)
        self.hearers.discard(socket_id)

    def apply(self, event: str, payload: JsonObject, users: dict[str, JsonObject]) -> None:
        """Take in an event.

        Args:
            event: its name.
            payload: its one argument.
            users: who is in the space, as this client knows.
        """
        match event:
            case "audio-mode-changed":
                self.mode, self.speaker = payload["audio_mode"], payload["current_speaker"]
            case "speaker-role-granted":
                self._speaks(payload["speaker"])
            case "speaker-role-passed":
                self._speaks(payload["to_user"])
            case "speaker-role-released":
                self.speaker = None
            case "microphone-changed":
                one = payload["microphone"]
                self._names[one["microphone_name"]] = one["id"]
                self.holders.setdefault(one["id"], one["holder"])
            case "microphone-taken":
                self.holders[payload["microphone_id"]] = payload["holder"]
            case "microphone-released":
                self.holders[payload["microphone_id"]] = None
            case "spatial-connections-updated":
                self._hear(payload, users)
            case "spatial-hearers-updated":
                self._is_heard(payload, users)

    def _speaks(self, speaker: str) -> None:
        if self.mode not in {"announcement", "stage"}:
            self._complain("one_speaker", f"{speaker} is the speaker in {self.mode}")
        self.speaker = speaker

    def _hear(self, payload: JsonObject, users: dict[str, JsonObject]) -> None:
        mode = payload["audio_mode"]
        if mode != self.mode:
            self._complain("no_tick_mixes_modes", f"links of {mode} while the mode is {self.mode}")
        if payload["resync"]:
            self.heard = {}
        for socket_id in payload["ended"]:
            if self.heard.pop(socket_id, None) is None:
                self._complain("links_are_known", f"{socket_id} ended and was not heard")
        for link in payload["connections"]:
            if link["socketId"] not in users:
                self._complain("links_are_known", f"hears {link['socketId']}, who is not here")
            if mode == "announcement" and link["userAccount"] != self.speaker:
                self._complain("hearing_follows_the_mode", f"hears {link}, not {self.speaker}")
            self.heard[link["socketId"]] = link["kind"]

    def _is_heard(self, payload: JsonObject, users: dict[str, JsonObject]) -> None:
        if payload["resync"]:
            self.hearers = set()
        strangers = set(payload["hearers"]) - set(users) | set(payload["ended"]) - self.hearers
        if strangers:
            self._complain("hearers_are_known", f"heard by {sorted(strangers)}, who are not here")
        self.hearers = self.hearers - set(payload["ended"]) | set(payload["hearers"])
