"""Opening, asking, voting, picking, answering, closing: pure rules.

A session has one microphone, its host's. It goes from the host to one asker at a time and back,
and its ordinary queue stands still meanwhile.
"""

from __future__ import annotations

from dataclasses import replace

from actors.space.hall.deeds import AskQuestion, OpenQuestions, VoteForQuestion
from actors.space.hall.refusals import (
    AlreadyAsked,
    GuestsListen,
    Muted,
    NoSuchQuestion,
    NothingAsked,
    NotPermitted,
    QuestionsClosed,
    QuestionsOpen,
    QueueFull,
    TicketNeeded,
)
from actors.space.hall.state import Draft, Hall, JsonObject, with_item, without
from actors.space.hall.who import Who, check_may_hold
from actors.space.microphones.quota import LEAST_US, turn_us
from actors.space.microphones.uses import (
    check_quota,
    give,
    left_us,
    microphone_of,
    take_back,
)
from actors.store_hall import Question, QuestionRound, Vote
from actors.wire_time import iso_utc
from engine.clock import SECOND_US
from engine.refusal import BadInput

TEXT_LENGTH_MAX = 500
TITLE_LENGTH_MAX = 200
QUESTIONS_MAX = 2_000  # of one session; all of them are in memory


def question_view(question: Question) -> JsonObject:
    """Return a question as the wire shows it."""
    return {
        "number": question.number,
        "user": question.user_account,
        "text": question.text,
        "votes": question.votes,
        "status": question.status,
        "asked_at": iso_utc(question.asked_at_us),
    }


def round_view(hall: Hall) -> JsonObject | None:
    """Return the open session as the wire shows it, with the queue in its order."""
    if hall.round is None:
        return None
    asker = hall.asker()
    return {
        "id": hall.round.id,
        "title": hall.round.title,
        "host": hall.round.host,
        "microphone_id": hall.round.microphone_id,
        "tickets_only": hall.round.tickets_only,
        "by_votes": hall.round.by_votes,
        "running": hall.round.running,
        "asking": None if asker is None else question_view(asker),
        "waiting": [question_view(one) for one in queue(hall)],
    }


def queue(hall: Hall) -> list[Question]:
    """Return the waiting questions in their order: by votes where the session says so, then age."""
    by_votes = hall.round is not None and hall.round.by_votes
    waiting = [one for one in hall.questions.values() if one.status == "waiting"]
    return sorted(waiting, key=lambda one: (-one.votes if by_votes else 0, one.number))


def open_round(draft: Draft, who: Who, deed: OpenQuestions) -> JsonObject:
    """Open a session; its host is given the microphone.

    Raises:
        Refusal: not a moderator, one is open, no such microphone, or the host may not speak.
    """
    account = who.moderator()
    if draft.hall.round is not None:
        raise QuestionsOpen
    microphone = microphone_of(draft.hall, deed.microphone_id)
    if len(deed.title) > TITLE_LENGTH_MAX:
        raise BadInput(f"title: expected at most {TITLE_LENGTH_MAX} characters", field="title")
    check_may_hold(draft, account, field="user")
    session = QuestionRound(
        id=draft.room.id(),
        title=deed.title,
        host=account,
        microphone_id=microphone.id,
        tickets_only=deed.tickets_only,
        by_votes=deed.by_votes,
        running=deed.running,
        opened_at_us=draft.now_us,
    )
    if microphone.id in draft.hall.holding:
        take_back(draft, microphone.id, "questions opened")
    draft.set(round=session, questions={}, votes={})
    _return_to_host(draft)
    draft.audit("questions_open", account, round_id=session.id, title=deed.title)
    view = round_view(draft.hall)
    draft.tell("questions-opened", {"questions": view})
    return {"questions": view}


def ask(draft: Draft, who: Who, deed: AskQuestion) -> JsonObject:
    """Queue with or without a written question.

    Raises:
        Refusal: no session, this person may not ask here, or has a question waiting.
    """
    account = who.proven()
    session = _open(draft)
    if deed.key is not None:
        for one in draft.hall.questions.values():
            if one.user_account == account and one.idempotency_key == deed.key:
                return {"question": question_view(one)}
    check_may_hold(draft, account, field="user")
    if not who.abilities.ask_question:
        raise TicketNeeded if session.tickets_only else Muted
    text = deed.text.strip() if deed.text is not None else None
    if text is not None and len(text) > TEXT_LENGTH_MAX:
        raise BadInput(f"text: expected at most {TEXT_LENGTH_MAX} characters", field="text")
    for one in draft.hall.questions.values():
        if one.user_account == account and one.status in {"waiting", "asking"}:
            raise AlreadyAsked(one.number)
    if session.asked >= QUESTIONS_MAX:
        raise QueueFull(QUESTIONS_MAX)
    question = Question(
        round_id=session.id,
        number=session.asked + 1,
        user_account=account,
        text=text or None,
        idempotency_key=deed.key,
        asked_at_us=draft.now_us,
    )
    draft.set(round=replace(session, asked=question.number))
    _put(draft, question)
    draft.tell("question-added", {"question": question_view(question)})
    run(draft)
    return {"question": question_view(draft.hall.questions[question.number])}


def withdraw(draft: Draft, who: Who, number: int) -> JsonObject:
    """Take a waiting question back, as its asker or a moderator.

    Raises:
        Refusal: no session, no such question, or it is another's.
    """
    account = who.proven()
    _open(draft)
    question = _waiting(draft, number)
    if question.user_account != account:
        who.moderator()
    _end(draft, question, "withdrawn")
    return {}


def vote(draft: Draft, who: Who, deed: VoteForQuestion) -> JsonObject:
    """Vote for a waiting question once, or take the vote back.

    Raises:
        Refusal: no session, no such question, or a guest votes.
    """
    account = who.proven()
    _open(draft)
    question = _waiting(draft, deed.number)
    if not who.abilities.vote:
        raise GuestsListen
    key = (question.number, account)
    if (key in draft.hall.votes) != deed.vote:
        votes = question.votes + (1 if deed.vote else -1)
        if deed.vote:
            row = Vote(
                round_id=question.round_id,
                number=question.number,
                user_account=account,
                voted_at_us=draft.now_us,
            )
            draft.set(votes=with_item(draft.hall.votes, key, row))
        else:
            draft.set(votes=without(draft.hall.votes, key))
        question = replace(question, votes=votes)
        _put(draft, question)
        draft.tell("question-voted", {"number": question.number, "votes": votes})
    return {"number": question.number, "votes": question.votes}


def pick(draft: Draft, who: Who, number: int | None) -> JsonObject:
    """Give the microphone to an asker; who has it now counts as answered.

    Raises:
        Refusal: not the host nor a moderator, no session, nobody to pick, or they cannot speak
            (now, or until some of their quota is back).
    """
    _host(draft, who)
    if number is None:
        question = _first_ready(draft)
        if question is None:
            raise NoSuchQuestion
    else:
        question = _waiting(draft, number)
        check_may_hold(draft, question.user_account, field="number")
        microphone = draft.hall.microphones[_open(draft).microphone_id]
        check_quota(draft, microphone, question.user_account)
    asker = draft.hall.asker()
    if asker is not None:
        _end(draft, asker, "answered")
    _give_to(draft, question)
    return {"question": question_view(draft.hall.questions[question.number])}


def set_running(draft: Draft, who: Who, *, running: bool) -> JsonObject:
    """Let the queue run, or stop it.

    Raises:
        Refusal: not the host nor a moderator, or no session.
    """
    session = _host(draft, who)
    if session.running != running:
        draft.set(round=replace(session, running=running))
        draft.tell("questions-running", {"running": running})
    return {"running": running}


def answered(draft: Draft, who: Who) -> JsonObject:
    """End the present question, as host, moderator or its asker.

    Raises:
        Refusal: none is being asked, or it is not this person's to end.
    """
    _open(draft)
    asker = draft.hall.asker()
    if asker is None:
        raise NothingAsked
    if who.account != asker.user_account:
        _host(draft, who)
    finish(draft, "answered")
    return {}


def close(draft: Draft, who: Who) -> JsonObject:
    """End the session as host or moderator.

    Raises:
        Refusal: no session, or not allowed to.
    """
    session = _host(draft, who)
    draft.audit("questions_close", who.account, round_id=session.id, asked=session.asked)
    end_round(draft, "closed")
    return {}


def finish(draft: Draft, status: str) -> None:
    """End the question being asked; the microphone returns to the host, or to the next asker."""
    asker = draft.hall.asker()
    assert asker is not None
    _end(draft, asker, status)
    _return_to_host(draft)


def drop(draft: Draft, account: str) -> None:
    """Take an account that is gone out of the session; without its host it ends."""
    session = draft.hall.round
    if session is None:
        return
    if session.host == account:
        end_round(draft, "host left")
        return
    for question in tuple(draft.hall.questions.values()):
        if question.user_account == account and question.status == "waiting":
            _end(draft, question, "dropped")
    asker = draft.hall.asker()
    if asker is not None and asker.user_account == account:
        finish(draft, "dropped")


def end_round(draft: Draft, reason: str) -> None:
    """Close the session; its microphone is free again."""
    session = draft.hall.round
    assert session is not None
    for question in tuple(draft.hall.questions.values()):
        if question.status == "asking":
            _end(draft, question, "answered")
        elif question.status == "waiting":
            _end(draft, question, "dropped", tell=False)
    for question in draft.hall.questions.values():
        draft.end(question)
    draft.end(replace(session, closed_at_us=draft.now_us))
    draft.set(round=None, questions={}, votes={})
    draft.tell("questions-closed", {"id": session.id, "reason": reason})
    if session.microphone_id in draft.hall.holding:
        take_back(draft, session.microphone_id, "questions closed")


def run(draft: Draft) -> None:
    """Where the queue runs and nobody asks, give the microphone to the first who is ready."""
    session = draft.hall.round
    if session is not None and session.running and draft.hall.asker() is None:
        quota_s = draft.hall.microphones[session.microphone_id].daily_quota_seconds
        least_us = 0 if quota_s is None else turn_us(quota_s * SECOND_US)
        question = _first_ready(draft, least_us)
        if question is not None:
            _give_to(draft, question)


def _open(draft: Draft) -> QuestionRound:
    if draft.hall.round is None:
        raise QuestionsClosed
    return draft.hall.round


def _host(draft: Draft, who: Who) -> QuestionRound:
    account = who.proven()
    session = _open(draft)
    if session.host != account and not who.abilities.moderate:
        raise NotPermitted("moderator")
    return session


def _waiting(draft: Draft, number: int) -> Question:
    question = draft.hall.questions.get(number)
    if question is None or question.status != "waiting":
        raise NoSuchQuestion
    return question


def _first_ready(draft: Draft, least_us: int = LEAST_US) -> Question | None:
    """Return the first whose asker is here, may speak and has so much left of a quota."""
    microphone = draft.hall.microphones[_open(draft).microphone_id]
    for question in queue(draft.hall):
        account = question.user_account
        room = draft.room
        here = account not in draft.hall.absent and room.present(account)
        able = here and room.abilities(account).hold_floor
        left = left_us(draft, microphone, account)
        if able and (left is None or left >= least_us):
            return question
    return None


def _put(draft: Draft, question: Question) -> None:
    draft.set(questions=with_item(draft.hall.questions, question.number, question))


def _end(draft: Draft, question: Question, status: str, *, tell: bool = True) -> None:
    ended = replace(question, status=status, ended_at_us=draft.now_us)
    _put(draft, ended)
    if tell:
        event = "question-answered" if status == "answered" else "question-removed"
        draft.tell(
            event,
            {"number": question.number, "user": question.user_account, "status": status},
        )


def _give_to(draft: Draft, question: Question) -> None:
    session = _open(draft)
    turn = 1 + max((one.turn or 0 for one in draft.hall.questions.values()), default=0)
    picked = replace(question, status="asking", turn=turn, picked_at_us=draft.now_us)
    _put(draft, picked)
    if session.microphone_id in draft.hall.holding:
        take_back(draft, session.microphone_id, "passed")
    draft.tell("question-picked", {"question": question_view(picked)})
    give(draft, session.microphone_id, question.user_account, granted_by=session.host)


def _return_to_host(draft: Draft) -> None:
    session = _open(draft)
    usage = draft.hall.holding.get(session.microphone_id)
    if usage is not None and usage.user_account == session.host and usage.until_us is None:
        return  # With a limit, the host has asked too; hosting has none.
    if usage is not None:
        take_back(draft, session.microphone_id, "returned")
    give(draft, session.microphone_id, session.host, granted_by=session.host, limited=False)
