"""The OpenAPI 3.1 document, made from the route table and the structs that carry the bodies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from adapters.http.routing import AnyRoute, Nothing

_REF = "#/components/schemas/{name}"

_STATUS_TEXT = {
    200: "Done.",
    400: "The request does not fit; `field` says where.",
    402: "There are too few tokens for it.",
    401: "The proof of identity is missing or wrong.",
    403: "This caller may not.",
    404: "There is no such thing, or not for this caller.",
    405: "This address answers other methods.",
    408: "The body did not arrive in time.",
    409: "It contradicts something done before.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Full, or too many requests; `Retry-After` says when to come back.",
    500: "Something the server depends on has failed.",
    503: "Not now; `Retry-After` says when to try again.",
}

_SECURITY = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token that login, guest and join answer. `<signature>:<account>` with "
        "a `challenge` in the body is read too.",
    },
    "account": {"type": "apiKey", "in": "header", "name": "x-account"},
    "challenge": {
        "type": "apiKey",
        "in": "header",
        "name": "x-challenge",
        "description": "The signed text: from /api/auth/challenge, or Unix seconds.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "x-signature",
        "description": "130 hex digits over SHA-256 of the challenge.",
    },
}
_SIGNED: dict[str, list[str]] = {"account": [], "challenge": [], "signature": []}
_SESSION: dict[str, list[str]] = {"session": []}


def document(routes: Iterable[AnyRoute], *, version: str) -> dict[str, Any]:
    """Return the document for these routes. Servers are left out: the one it came from is meant."""
    routes = list(routes)
    schemas, components = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = route.path.replace("...}", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Presence",
            "version": version,
            "description": "People in shared spaces. A space's id may hold slashes, sent as they "
            "are or as %2F. Refusals are `{error, code, field}`.",
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


def _schemas(routes: list[AnyRoute]) -> tuple[dict[type, Any], dict[str, Any]]:
    kinds: dict[type, None] = {}
    for route in routes:
        kinds[route.problem] = None
        kinds |= dict.fromkeys(route.answers.values())
        kinds |= dict.fromkeys(kind for kind in (route.body, route.query) if kind is not Nothing)
    found, components = msgspec.json.schema_components(list(kinds), ref_template=_REF)
    by_kind = dict(zip(kinds, found, strict=True))
    for route in routes:  # Queries are written out as parameters.
        components.pop(route.query.__name__, None)
    return by_kind, components


def _operation(route: AnyRoute, schemas: dict[type, Any]) -> dict[str, Any]:
    refusals = sorted({*route.refusals, *(() if route.unlimited else (429,))})
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": _parameters(route),
        "responses": {
            str(status): _response(status, schemas[kind], also=route.also if status == 200 else ())
            for status, kind in route.answers.items()
        }
        | {str(status): _response(status, schemas[route.problem]) for status in refusals},
    }
    if route.same_as is not None:
        operation["description"] = f"Another name for {route.same_as.replace('...}', '}')}."
    if route.body is not Nothing:
        required = bool(schemas_required(route.body))
        operation["requestBody"] = {
            "required": required,
            "content": {"application/json": {"schema": schemas[route.body]}},
        }
    if route.proof != "none":
        optional: list[dict[str, list[str]]] = [{}] if route.proof == "optional" else []
        operation["security"] = [*optional, _SESSION, _SIGNED]
    return operation


def operation_id(route: AnyRoute) -> str:
    """Return a name that is the same in every version and unique among the routes."""
    words = route.path.replace("...", "").replace("{", "").replace("}", "").replace("-", "_")
    return f"{route.method.lower()}{words.replace('/', '_')}"


def schemas_required(kind: type[msgspec.Struct]) -> list[str]:
    """Return the fields of a struct that have no default."""
    return [one.encode_name for one in msgspec.structs.fields(kind) if one.required]


def _parameters(route: AnyRoute) -> list[dict[str, Any]]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in route.parameters
    ]
    if route.query is not Nothing:
        (_,), components = msgspec.json.schema_components([route.query], ref_template=_REF)
        schema = components[route.query.__name__]
        required = schema.get("required", [])
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": one}
            for name, one in schema["properties"].items()
        ]
    if route.idempotent_by_key:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "A repeat with the same key answers with the first message.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 128},
            }
        )
    return parameters


def _response(status: int, schema: Any, *, also: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "description": _STATUS_TEXT[status],
        "content": {"application/json": {"schema": schema}}
        | {media_type: {"schema": {"type": "string"}} for media_type in also},
    }
