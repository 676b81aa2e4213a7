"""Who may call a route: asked before its query and its body are looked at.

So a stranger learns nothing of what a route takes, and is told what they lack, whatever they send.
"""

from __future__ import annotations

from actors.space.hall.refusals import GuestsListen
from adapters.http.call import Call
from adapters.http.handlers.payouts import operator
from adapters.http.once import proven
from adapters.http.routing import AnyRoute
from adapters.identity.errors import LoginRequired


async def admit(route: AnyRoute, call: Call) -> None:
    """Let a caller pass whose proof is what the route needs.

    Raises:
        LoginRequired: it needs an account, or a guest with a token, and there is none.
        GuestsListen: it is about a hall, and the caller is a guest.
        OperatorsOnly: the caller is not one of the operators.
    """
    match route.proof:
        case "required":
            await proven(call)
        case "speaker":
            if (await call.caller()).person.account is None:
                raise GuestsListen
        case "operator":
            await operator(call)
        case "person":
            person = (await call.caller()).person
            if person.account is None and person.guest_id is None:
                raise LoginRequired
        case _:
            return
