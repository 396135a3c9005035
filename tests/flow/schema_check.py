"""Holds a JSON file to a JSON Schema, as far as ours use it: schema_check.py SCHEMA FILE

Prints a line for each place that is not as the schema says. Nothing printed: it is.
"""
import json
import re
import sys

KINDS = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def check(where, schema, value, say):
    kind = schema.get("type")
    if kind and (not isinstance(value, KINDS[kind]) or (kind == "integer" and isinstance(value, bool))):
        return say(f"{where}: not {kind}")
    if "const" in schema and value != schema["const"]:
        say(f"{where}: {value!r}, not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        say(f"{where}: {value!r} is none of {schema['enum']}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        say(f"{where}: {value!r} is not like {schema['pattern']}")
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        say(f"{where}: {value} is out of bounds")
    if isinstance(value, str) and len(value) < schema.get("minLength", 0):
        say(f"{where}: too short")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            say(f"{where}: {len(value)} items")
        for n, item in enumerate(value):
            check(f"{where}[{n}]", schema.get("items", {}), item, say)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                say(f"{where}.{name}: missing")
        for name, of in value.items():
            if name in known:
                check(f"{where}.{name}", known[name], of, say)
            elif schema.get("additionalProperties") is False:
                say(f"{where}.{name}: not in the schema")
        if "if" in schema:
            told = []
            check(where, schema["if"], value, told.append)
            if not told:
                check(where, schema.get("then", {}), value, say)


check("$", json.load(open(sys.argv[1])), json.load(open(sys.argv[2])), print)
