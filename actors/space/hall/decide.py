"""The table from deed to rule. Each rule checks all before it changes anything."""

from __future__ import annotations

from typing import assert_never

from actors.space import aversions, floor, moderation
from actors.space.hall.deeds import (
    AskQuestion,
    BanPerson,
    BarOne,
    CloseQuestions,
    ConfigureMicrophone,
    CreateMicrophone,
    DeclineSpeaker,
    Deed,
    DeleteMicrophone,
    GrantSpeaker,
    Kick,
    ListMicrophones,
    MarkAnswered,
    MuteAll,
    MuteOne,
    OpenQuestions,
    PassMicrophone,
    PassSpeaker,
    PickQuestion,
    ReleaseMicrophone,
    ReleaseSpeaker,
    RequestMicrophone,
    RequestSpeaker,
    RevokeMicrophone,
    RunQuestions,
    SetAudioMode,
    TakeSpeaker,
    Unban,
    UnbarOne,
    UnmuteAll,
    UnmuteOne,
    VoteForQuestion,
    WithdrawQuestion,
)
from actors.space.hall.state import Draft, JsonObject
from actors.space.hall.who import Who
from actors.space.microphones import rules as microphones
from actors.space.microphones.uses import announce_queues, serve
from actors.space.questions import rules as questions


def decide(draft: Draft, who: Who, deed: Deed) -> JsonObject:
    """Do a deed in the draft and return the answer to it.

    Raises:
        Refusal: it may not be done now; the draft is to be thrown away.
    """
    answer = _decide(draft, who, deed)
    settle(draft)
    return answer


def settle(draft: Draft) -> None:
    """Do what follows from any change: queues go on, and those who wait hear their places."""
    questions.run(draft)
    serve(draft)
    announce_queues(draft)


def _decide(draft: Draft, who: Who, deed: Deed) -> JsonObject:
    match deed:
        case BarOne():
            return aversions.bar_one(draft, who, deed)
        case UnbarOne(person=person):
            return aversions.unbar_one(draft, who, person)
        case MuteOne() | UnmuteOne() | MuteAll() | UnmuteAll() | Kick() | BanPerson() | Unban():
            return _moderate(draft, who, deed)
        case (
            OpenQuestions() | AskQuestion() | WithdrawQuestion() | VoteForQuestion()
            | PickQuestion() | RunQuestions() | MarkAnswered() | CloseQuestions()
        ):  # fmt: skip
            return _question(draft, who, deed)
        case (
            CreateMicrophone() | ConfigureMicrophone() | DeleteMicrophone() | ListMicrophones()
            | RequestMicrophone() | ReleaseMicrophone() | PassMicrophone() | RevokeMicrophone()
        ):  # fmt: skip
            return _microphone(draft, who, deed)
        case _:
            return _floor(draft, who, deed)


_Floor = (
    SetAudioMode | RequestSpeaker | GrantSpeaker | DeclineSpeaker | PassSpeaker | ReleaseSpeaker
    | TakeSpeaker
)  # fmt: skip


def _floor(draft: Draft, who: Who, deed: _Floor) -> JsonObject:
    match deed:
        case SetAudioMode():
            return floor.set_mode(draft, who, deed)
        case RequestSpeaker():
            return floor.request(draft, who)
        case GrantSpeaker(target_user=target):
            return floor.grant(draft, who, target)
        case DeclineSpeaker(target_user=target):
            return floor.decline(draft, who, target)
        case PassSpeaker(target_user=target):
            return floor.pass_on(draft, who, target)
        case ReleaseSpeaker():
            return floor.give_up(draft, who)
        case TakeSpeaker():
            return floor.take(draft, who)
        case _:
            assert_never(deed)


_Microphone = (
    CreateMicrophone | ConfigureMicrophone | DeleteMicrophone | ListMicrophones | RequestMicrophone
    | ReleaseMicrophone | PassMicrophone | RevokeMicrophone
)  # fmt: skip


def _microphone(draft: Draft, who: Who, deed: _Microphone) -> JsonObject:
    match deed:
        case CreateMicrophone():
            return microphones.create(draft, who, deed)
        case ConfigureMicrophone():
            return microphones.configure(draft, who, deed)
        case DeleteMicrophone():
            return microphones.delete(draft, who, deed)
        case ListMicrophones():
            return microphones.listed(draft, who)
        case RequestMicrophone(microphone_id=microphone_id):
            return microphones.request(draft, who, microphone_id)
        case ReleaseMicrophone(microphone_id=microphone_id):
            session, asker = draft.hall.round, draft.hall.asker()
            if session is not None and session.microphone_id == microphone_id:
                if asker is not None and asker.user_account == who.account:
                    return questions.answered(draft, who)
                if session.host == who.account:
                    return questions.close(draft, who)
            return microphones.release(draft, who, microphone_id)
        case PassMicrophone():
            return microphones.pass_on(draft, who, deed)
        case RevokeMicrophone(microphone_id=microphone_id):
            return microphones.revoke(draft, who, microphone_id)
        case _:
            assert_never(deed)


_Question = (
    OpenQuestions | AskQuestion | WithdrawQuestion | VoteForQuestion | PickQuestion | RunQuestions
    | MarkAnswered | CloseQuestions
)  # fmt: skip


def _question(draft: Draft, who: Who, deed: _Question) -> JsonObject:
    match deed:
        case OpenQuestions():
            return questions.open_round(draft, who, deed)
        case AskQuestion():
            return questions.ask(draft, who, deed)
        case WithdrawQuestion(number=number):
            return questions.withdraw(draft, who, number)
        case VoteForQuestion():
            return questions.vote(draft, who, deed)
        case PickQuestion(number=number):
            return questions.pick(draft, who, number)
        case RunQuestions(running=running):
            return questions.set_running(draft, who, running=running)
        case MarkAnswered():
            return questions.answered(draft, who)
        case CloseQuestions():
            return questions.close(draft, who)
        case _:
            assert_never(deed)


_Moderation = MuteOne | UnmuteOne | MuteAll | UnmuteAll | Kick | BanPerson | Unban


def _moderate(draft: Draft, who: Who, deed: _Moderation) -> JsonObject:
    match deed:
        case MuteOne():
            return moderation.mute_one(draft, who, deed)
        case UnmuteOne(person=person):
            return moderation.unmute_one(draft, who, person)
        case MuteAll():
            return moderation.mute_all(draft, who, deed)
        case UnmuteAll():
            return moderation.unmute_all(draft, who)
        case Kick():
            return moderation.kick(draft, who, deed)
        case BanPerson():
            return moderation.ban(draft, who, deed)
        case Unban(person=person):
            return moderation.unban(draft, who, person)
        case _:
            assert_never(deed)
