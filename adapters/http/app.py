"""The Quart-Trio app: one entry for every request, one place where refusals become answers."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any, cast

import msgspec
from quart import Response, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.exceptions import RequestTimeout as BodyTimeout

from actors.store_answers import StoreUnavailable, StoreUnknown
from adapters.http.call import Answer, Call, Download
from adapters.http.cors import OriginRule
from adapters.http.docs_page import CONTENT_SECURITY_POLICY, docs_page
from adapters.http.doorman import Asgi, Doorman
from adapters.http.gates import admit
from adapters.http.money_answers import MoneyProblem
from adapters.http.money_problems import money_body_of
from adapters.http.openapi import document
from adapters.http.problems import (
    MethodNotAllowed,
    NotFound,
    RequestTimeout,
    TooLarge,
    Unavailable,
    body_of,
    headers_of,
    status_of,
)
from adapters.http.routing import Nothing, Router, segments_of
from adapters.http.services import Services
from adapters.http.static import VENDOR, StaticFiles, not_modified
from adapters.http.table import ROUTES
from engine.refusal import Refusal, Refused

JSON = "application/json"
_API_HEADERS = {
    "Content-Type": JSON,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_INTERNAL_ERROR = Refused(
    code="internal_error", text="Something went wrong on the server; it has been logged."
)
_READS = ("GET", "HEAD")

# Where stock servers have the client libraries that pages name in script tags.
_SOCKET_IO = (VENDOR, "socket.io-client", "socket.io.min.js")
_EASYRTC = (VENDOR, "open-easyrtc", "easyrtc.js")

_log = logging.getLogger("presence.http")


class Face:
    """Answers every request. Quart reads the protocol; the routes are ours (see `routing`)."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self.services = services
        self._router = Router(ROUTES)
        self._origins = OriginRule(settings.cors_origins)
        self._static = StaticFiles(settings.static)
        described = document(ROUTES, version=settings.version)
        self._openapi = msgspec.json.encode(described)
        self._docs = docs_page(described).encode()

    async def answer(self) -> Response:
        """Answer any request. Registered to run before Quart's own routing, and instead of it."""
        scope: Any = request.scope
        call = Call(
            services=self.services,
            method=request.method,
            path=request.path,
            headers={name.lower(): value for name, value in request.headers.items()},
            parameters={},
            query_string=request.query_string.decode("ascii", "replace"),
            peer=(scope.get("client") or ("",))[0],
            scheme=request.scheme,
        )
        segments: list[str] = []
        refuse = _refused
        try:
            segments = segments_of(scope["raw_path"])
            if any(route.problem is MoneyProblem for route in self._router.at(segments)):
                refuse = self._refused_money
            response = await self._respond(call, segments)
        except Refusal as refusal:
            response = refuse(refusal.value())
        except (StoreUnavailable, StoreUnknown) as error:
            _log.warning("%s %s could not be answered: %s", call.method, call.path, error)
            response = refuse(Unavailable().value())
        except RequestEntityTooLarge:
            response = refuse(TooLarge(self.services.settings.body_bytes_max).value())
        except BodyTimeout:
            response = refuse(RequestTimeout().value())
        except Exception:  # noqa: BLE001 - the edge: logged, and answered as our fault
            _log.exception("%s %s failed", call.method, call.path)
            response = refuse(_INTERNAL_ERROR, 500)
        origin = call.headers.get("origin")
        any_origin = any(route.any_origin for route in self._router.at(segments))
        tell = self._origins.preflight if call.method == "OPTIONS" else self._origins.headers
        response.headers.update(tell(origin, call.base_url, any_origin=any_origin))
        return response

    async def _respond(self, call: Call, segments: list[str]) -> Response:
        if call.method == "OPTIONS":
            return Response(b"", status=204)
        page = self._page(call, segments)
        if page is not None:
            if call.method not in _READS:
                raise MethodNotAllowed(list(_READS))
            return page
        route, parameters = self._router.find(call.method, segments)
        if not route.unlimited:
            call.limit_requests()
        call = replace(call, parameters=parameters)
        await admit(route, call)
        body: bytes = b""
        if route.body is not Nothing:
            body = await request.get_data(cache=True, as_text=False, parse_form_data=False)
        call = replace(call, raw=body)
        if route.seal is not None:
            route.seal(call)
        answer = await route.handler(
            call, call.read_query(route.query), call.read_body(route.body, body)
        )
        if isinstance(answer, Download):
            headers = {
                **_API_HEADERS,
                "Content-Type": answer.media_type,
                "Content-Disposition": f'attachment; filename="{answer.file_name}"',
            }
            return Response(answer.text.encode(), headers=headers)
        if not isinstance(answer, Answer):
            answer = Answer(200, answer)
        return Response(
            msgspec.json.encode(answer.body),
            status=answer.status,
            headers={**_API_HEADERS, **answer.headers},
        )

    def _refused_money(self, refused: Refused, status: int | None = None) -> Response:
        return _answered(refused, money_body_of(refused, self.services.now_us()), status)

    def _page(self, call: Call, segments: list[str]) -> Response | None:
        """Return what is not an operation: a file, the document or its page."""
        match segments:
            case ["openapi.json"]:
                return Response(self._openapi, headers=_API_HEADERS)
            case ["docs"]:
                headers = {
                    "Content-Type": "text/html; charset=utf-8",
                    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
                }
                return Response(self._docs, headers=headers)
            case [""] | ["index.html"]:
                served = self._static.find(["index.html"])
            case ["socket.io", "socket.io.js" | "socket.io.min.js"]:
                served = self._static.find(_SOCKET_IO)
            case ["easyrtc", "easyrtc.js"]:
                served = self._static.find(_EASYRTC)
            case ["static", *inner]:
                served = self._static.find(inner)
            case _:
                return None
        if served is None:
            raise NotFound
        if not_modified(call.headers.get("if-none-match"), served.headers["ETag"]):
            kept = {name: served.headers[name] for name in ("ETag", "Cache-Control")}
            return Response(b"", status=304, headers=kept)
        return Response(served.body, headers=dict(served.headers))


def create_app(services: Services) -> QuartTrio:
    """Return the ASGI app of the HTTP face."""
    app = QuartTrio("presence", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = services.settings.body_bytes_max
    app.config["BODY_TIMEOUT"] = services.settings.body_timeout_s
    app.before_request(Face(services).answer)
    app.register_error_handler(HTTPException, _http_error)
    inner = cast("Asgi", app.asgi_app)
    app.asgi_app = Doorman(  # type: ignore[method-assign,assignment] # as Quart's manual says
        inner, patience_s=services.settings.body_timeout_s
    )
    return app


async def _http_error(error: HTTPException) -> Response:
    """Answer what the framework itself refuses, such as a Host header it cannot read."""
    refused = Refused(code="bad_input", text=error.description or "The request cannot be read.")
    return _refused(refused, error.code)


def _refused(refused: Refused, status: int | None = None) -> Response:
    return _answered(refused, body_of(refused), status)


def _answered(refused: Refused, body: dict[str, Any], status: int | None) -> Response:
    return Response(
        msgspec.json.encode(body),
        status=status or status_of(refused),
        headers={**_API_HEADERS, **headers_of(refused)},
    )
