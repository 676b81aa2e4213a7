"""What browsers need for WebRTC: TURN credentials under three names."""

from __future__ import annotations

from adapters.http.answers import TurnConfig, TurnCredentials
from adapters.http.call import Call
from adapters.http.routing import Nothing
from adapters.http.turn import ice_servers


async def turn_config(call: Call, _query: Nothing, _body: Nothing) -> TurnConfig:
    """Give fresh credentials in the form of `RTCPeerConnection`'s configuration."""
    caller = await call.caller()
    return TurnConfig(iceServers=ice_servers(call.turn_credentials(caller.person.account)))


async def turn_credentials(call: Call, _query: Nothing, _body: Nothing) -> TurnCredentials:
    """Give fresh credentials in coturn's own form."""
    caller = await call.caller()
    return call.turn_credentials(caller.person.account)
