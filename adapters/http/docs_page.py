"""The API as one page of plain HTML: no script, nothing fetched from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .4rem 0;
  padding: .5rem .8rem }
summary { cursor: pointer; display: flex; gap: .8rem; flex-wrap: wrap; align-items: baseline }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere }
.method { font-weight: 700; min-width: 3.2rem } .quiet { opacity: .7 }
table { border-collapse: collapse; margin: .4rem 0 .8rem; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0;
  border-top: 1px solid var(--line) }
"""


def docs_page(document: dict[str, Any]) -> str:
    """Return the page for an OpenAPI document."""
    schemas = document["components"]["schemas"]
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    info = document["info"]
    sections = "".join(
        f"<h2>{escape(tag)}</h2>{''.join(operations)}" for tag, operations in by_tag.items()
    )
    bodies = "".join(_schema(name, schema) for name, schema in sorted(schemas.items()))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>"
        f'<h1>{escape(info["title"])} API <span class="quiet">{escape(info["version"])}</span></h1>'
        f"<p>{_prose(info['description'])} The same for machines: "
        f'<a href="openapi.json">openapi.json</a>.</p>{sections}<h2>Bodies</h2>{bodies}'
        "</body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = [
        (
            f"<code>{escape(one['name'])}</code>",
            f"{one['in']}{', required' if one['required'] else ''}",
            escape(_kind(one["schema"])),
        )
        for one in operation["parameters"]
    ]
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        rows.append(("body", "JSON", _linked(schema)))
    for status, response in operation["responses"].items():
        schema = response["content"]["application/json"]["schema"]
        rows.append((status, _prose(response["description"]), _linked(schema)))
    described = f"<p>{_prose(operation['description'])}</p>" if "description" in operation else ""
    return (
        f'<details id="{escape(operation["operationId"])}"><summary>'
        f'<span class="method">{method.upper()}</span><code>{escape(path)}</code>'
        f'<span class="quiet">{escape(operation["summary"])}</span></summary>'
        f"{described}{_table(rows)}</details>"
    )


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    rows = [
        (
            f"<code>{escape(field)}</code>",
            _linked(one) + ("" if field in required else ' <span class="quiet">optional</span>'),
            _prose(one.get("description", "")),
        )
        for field, one in schema.get("properties", {}).items()
    ]
    described = _prose(schema.get("description", ""))
    return (
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code>'
        f'<span class="quiet">{described}</span></summary>{_table(rows)}</details>'
    )


def _table(rows: list[tuple[str, str, str]]) -> str:
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{cells}</table>"


def _prose(text: str) -> str:
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))


def _linked(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_linked(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_linked(schema.get('items', {}))}"
    return escape(_kind(schema))


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    words = [schema.get("type", "any")]
    words += [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "from"),
            ("maximum", "to"),
            ("maxLength", "up to length"),
            ("default", "default"),
        )
        if schema.get(key) is not None
    ]
    return ", ".join(words)
