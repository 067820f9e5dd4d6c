"""A page to read the documents: plain HTML with its style, no script, no network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

__all__ = ["page"]

Document = dict[str, Any]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
:root { color-scheme: light dark }
code, pre { font-family: ui-monospace, monospace; font-size: 13px }
pre { overflow: auto; padding: .6rem; border: 1px solid #8884; border-radius: 4px }
details { border-bottom: 1px solid #8884; padding: .3rem 0 }
summary { cursor: pointer }
b { display: inline-block; min-width: 4.5rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top }
"""


def page(openapi: Document, asyncapi: Document) -> str:
    """The page."""
    info = openapi["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        f"<p>{escape(info['description'])} As <a href=openapi.json>OpenAPI</a> and ",
        "<a href=asyncapi.json>AsyncAPI</a>.</p><h2>Routes</h2>",
        *_routes(openapi),
        "<h2>Sockets</h2>",
        *_sockets(asyncapi),
        "<h2>Models</h2>",
        *_models(openapi),
        "</html>",
    ]
    return "".join(parts)


def _routes(openapi: Document) -> Iterator[str]:
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            yield f"<details><summary><b>{escape(method.upper())}</b><code>{escape(path)}</code> "
            yield f"{escape(operation['summary'])}</summary><table>"
            for parameter in operation["parameters"]:
                name, where = escape(parameter["name"]), escape(parameter["in"])
                yield f"<tr><td><code>{name}</code><td>{where}<td>{_type(parameter['schema'])}"
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                yield f"<tr><td>body<td>{escape(kind)}<td>{_type(content['schema'])}"
            for status, answer in operation["responses"].items():
                content = next(iter(answer.get("content", {}).values()), None)
                schema = content["schema"] if content else {}
                yield f"<tr><td>{escape(status)}<td>{escape(answer['description'])}<td>{_type(schema)}"
            yield "</table></details>"


def _sockets(asyncapi: Document) -> Iterator[str]:
    for channel in asyncapi["channels"].values():
        yield f"<details><summary><code>{escape(channel['address'])}</code> "
        yield f"{escape(channel['description'])}</summary><p>"
        yield ", ".join(escape(name) for name in channel["messages"])
        yield "</p></details>"


def _models(openapi: Document) -> Iterator[str]:
    for name, schema in sorted(openapi["components"]["schemas"].items()):
        yield f"<details id={escape(name)}><summary><code>{escape(name)}</code> "
        yield f"{escape(schema.get('description', '').partition(chr(10))[0])}</summary>"
        yield f"<pre>{escape(json.dumps(schema, indent=2, ensure_ascii=False))}</pre></details>"


def _type(schema: Document) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'><code>{name}</code></a>"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(_type(part) for part in schema[key])
    if "items" in schema:
        return f"{_type(schema['items'])}[]"
    return f"<code>{escape(str(schema.get('format') or schema.get('type') or 'any'))}</code>"
