"""The channel of a call is for the two who talk, and for nobody else."""

from __future__ import annotations

from actors.calls.messages import AcceptCall, StartCall, call_address
from actors.ledger.transfer import derived_id
from engine.outcome import Ok
from engine.refusal import Refused
from tests.actors.money.fair import Fair


def test_only_the_two_who_talk_watch_their_channel() -> None:
    """A tip given in a call is shown to both; who guesses the name is refused."""
    fair = Fair()
    fair.enrol("cleo")
    fair.give("ann", 200)
    call_id = derived_id("fair", "call")
    start = StartCall(fan="ann", creator="cleo", initiator="fan", rate=60)
    outcome = fair.ask(call_address(call_id), start)
    assert isinstance(outcome, Ok), outcome
    fair.ask(call_address(call_id), AcceptCall(by="cleo"))
    channel = outcome.value.facts.channel

    ann = fair.viewer("a1", "ann", channel)
    eve = fair.viewer("e1", "eve", channel)
    nobody = fair.viewer("n1", None, channel)
    for other in (eve, nobody):
        refused = other.answer(other.asked[-1])
        assert isinstance(refused, Refused)
        assert refused.code == "not_your_call"
    unknown = fair.viewer("u1", "ann", "call_000000000000")
    assert isinstance(unknown.answer(unknown.asked[-1]), Refused)

    fair.tip("ann", "cleo", 5, channel=channel)
    assert len(ann.got(f"tip:new:{channel}")) == 1
    assert eve.got(f"tip:new:{channel}") == []
