"""Writes the TypeScript types of the wire from the models: `python -m jupyter_conv.schema [--check]`.

They are the values as the server writes them: a field that has a default is always there. `--check` writes nothing,
and exits with 1 when the file is not what would be written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from . import models
from .errors import ErrorBody

__all__ = ["main", "typescript"]

TARGET = Path(__file__).parents[1] / "labextension" / "src" / "api" / "types.ts"

_HEAD = """\
// Written by `python -m jupyter_conv.schema` from the models of the Python package; do not edit.

/** Any JSON value. */
export type Json =
  null | boolean | number | string | Json[] | { [key: string]: Json };
"""
_ROOTS = (models.Conversation, models.Task, models.Event, ErrorBody)
_UNIONS = {
    "Runnable": (models.Runnable, "What a task runs, of the types that this version knows."),
    "Detail": (models.Detail, "What an event says, of the types that this version knows."),
    "NotebookOutput": (models.NotebookOutput, "One output of a cell."),
}
_SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}
_WIDTH = 80

Schema = dict[str, Any]


class _AsWritten(GenerateJsonSchema):
    """The schema of what the server writes, where every field is there."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return True


def typescript() -> str:
    """The whole file, the same for the same models."""
    roots: list[Any] = [*_ROOTS, *(union for union, _ in _UNIONS.values())]
    adapters: list[TypeAdapter[Any]] = [TypeAdapter(root) for root in roots]
    schemas, definitions = _AsWritten(ref_template="{model}").generate_definitions(
        [(i, "serialization", adapter.core_schema) for i, adapter in enumerate(adapters)]
    )
    unions = {
        " | ".join(_members(schemas[len(_ROOTS) + i, "serialization"])): name
        for i, name in enumerate(_UNIONS)
    }
    parts = [_HEAD]
    for members, name in unions.items():
        parts.append(_comment(_UNIONS[name][1]) + _alias(name, members.split(" | ")))
    for name, schema in sorted(definitions.items()):
        if name == "JsonValue":
            continue
        parts.append(_comment(schema.get("description", "")) + _definition(name, schema, unions))
    return "\n".join(parts)


def _definition(name: str, schema: Schema, unions: dict[str, str]) -> str:
    if "properties" not in schema:
        return _alias(name, _members(schema))
    fields = [
        f"  {field}: {_named(_members(value), unions)};\n"
        for field, value in schema["properties"].items()
    ]
    if schema.get("additionalProperties") is True:
        fields.append("  [key: string]: Json;\n")
    return f"export interface {name} {{\n{''.join(fields)}}}\n"


def _named(members: list[str], unions: dict[str, str]) -> str:
    text = " | ".join(members)
    for union, name in unions.items():
        text = text.replace(union, name)
    return text


def _members(schema: Schema) -> list[str]:
    """The types of a union; of anything else, the one type."""
    if "$ref" in schema:
        return ["Json" if schema["$ref"] == "JsonValue" else schema["$ref"]]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            found = [member for part in schema[key] for member in _members(part)]
            return list(dict.fromkeys(found))
    if "const" in schema:
        return [f"'{schema['const']}'"]
    if "enum" in schema:
        return [f"'{value}'" for value in schema["enum"]]
    return [_plain(schema)]


def _plain(schema: Schema) -> str:
    kind = schema.get("type")
    if kind == "null":
        return "null"
    if kind == "array":
        items = _members(schema.get("items", {}))
        return f"{items[0]}[]" if len(items) == 1 else f"({' | '.join(items)})[]"
    if kind == "object":
        # An empty schema, or a pattern for the names of the keys, is said by `patternProperties`.
        values = schema.get("additionalProperties")
        if not isinstance(values, dict):
            values = next(iter(schema.get("patternProperties", {}).values()), {})
        return f"{{ [key: string]: {' | '.join(_members(values))} }}"
    return _SCALARS.get(str(kind), "Json")


def _alias(name: str, members: list[str]) -> str:
    head, union = f"export type {name} =", f"{' | '.join(members)};\n"
    if len(head) + len(union) <= _WIDTH:
        return f"{head} {union}"
    if len(union) < _WIDTH:
        return f"{head}\n  {union}"
    return head + "".join(f"\n  | {member}" for member in members) + ";\n"


def _comment(text: str) -> str:
    lines = text.strip().splitlines()
    if len(lines) < 2:
        return f"/** {text.strip()} */\n" if lines else ""
    return "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"


def main(argv: list[str] | None = None) -> int:
    """Write the file, or with `--check` say whether it is stale."""
    parser = argparse.ArgumentParser(prog="python -m jupyter_conv.schema", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when stale"
    )
    if not parser.parse_args(argv).check:
        TARGET.write_text(typescript(), encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == typescript():
        return 0
    sys.stderr.write(f"{TARGET} is stale: run python -m jupyter_conv.schema\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
