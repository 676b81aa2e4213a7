"""Is the server there, and can it work?"""

from __future__ import annotations

from actors.space.entry import LOBBY
from actors.store import ReadFacts
from actors.store_answers import StoreUnavailable, StoreUnknown
from actors.wire_time import iso_utc
from adapters.http.answers import Alive, Connection, Connections, Health, Readiness
from adapters.http.call import Answer, Call
from adapters.http.routing import Nothing

SERVICE = "presence"


async def health(call: Call, _query: Nothing, _body: Nothing) -> Health:
    """Answer that the process serves requests; says nothing of what it depends on."""
    settings = call.services.settings
    return Health(
        status="ok",
        service=SERVICE,
        timestamp=iso_utc(call.services.now_us()),
        version=settings.version,
        node=settings.node,
    )


async def livez(_call: Call, _query: Nothing, _body: Nothing) -> Alive:
    """Answering at all is the answer: the loop turns."""
    return Alive(status="ok")


async def ready(call: Call, _query: Nothing, _body: Nothing) -> Readiness | Answer:
    """Answer whether people should be sent here, with every reason why not."""
    reasons = call.services.readiness()
    if not reasons:
        return Readiness(status="ready", reasons=[])
    answer = Readiness(
        status="not_ready",
        reasons=reasons,
        error=f"Not ready: {', '.join(reasons)}",
        code="not_ready",
    )
    return Answer(503, answer, {"Retry-After": "1"})


async def connections(call: Call, _query: Nothing, _body: Nothing) -> Answer:
    """Ask the database something; the other two hosts' parts are in this server."""
    now = iso_utc(call.services.now_us())
    database = Connection(status="connected", timestamp=now)
    try:
        await call.services.store.perform(ReadFacts(space=LOBBY))
    except (StoreUnavailable, StoreUnknown) as error:
        database = Connection(status="failed", timestamp=now, error=str(error))
    unused = Connection(status="not_used", timestamp=now)
    body = Connections(
        timestamp=now,
        replica_db=database,
        redis=unused,
        data_api=unused,
        node=call.services.settings.node,
    )
    return Answer(200 if database.status == "connected" else 500, body)
