"""Holds docs/api.yaml against the program: api_check.py SPEC ADMIN_C BASE_URL TOKEN ORDER EVENT PERSON

Prints a line for each route that only one of them has, and for each member of a real answer that is
missing or of another type than the file says. Nothing printed: they agree.
"""
import json
import re
import sys
import urllib.request
import yaml

spec = yaml.safe_load(open(sys.argv[1]))
base, token = sys.argv[3], sys.argv[4]
names = {"order": sys.argv[5], "event": sys.argv[6], "person": sys.argv[7], "audit": sys.argv[8]}

# A path with parameters is a star in the program's table, which takes the rest of the path.
table = set(re.findall(r'\{"(GET|POST)",\s+"([^"]+)"', open(sys.argv[2]).read()))
told = {(method.upper(), re.sub(r"\{.*", "*", path)) for path, of in spec["paths"].items() for method in of}
for route in sorted(table - told):
    print("not in the file:", *route)
for route in sorted(told - table):
    print("not in the program:", *route)


def resolved(schema):
    while "$ref" in schema:
        at = spec
        for part in schema["$ref"][2:].split("/"):
            at = at[part]
        schema = at
    return schema


kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
         "null": type(None)}


def compare(where, schema, value):
    schema = resolved(schema)
    for part in schema.get("allOf", []):
        compare(where, part, value)
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and not any(isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))
                          for kind in wanted):
        print(f"{where}: {type(value).__name__}, not {' or '.join(wanted)}")
        return
    if "enum" in schema and value not in schema["enum"]:
        print(f"{where}: {value!r} is none of {schema['enum']}")
    if isinstance(value, dict):
        for member in schema.get("required", []):
            if member not in value:
                print(f"{where}.{member}: missing")
        for member, of in schema.get("properties", {}).items():
            if member in value:
                compare(f"{where}.{member}", of, value[member])
    if isinstance(value, list):
        for item in value[:20]:
            compare(f"{where}[]", schema.get("items", {}), item)


def fetch(path):
    request = urllib.request.Request(base + path, headers={"Authorization": "Bearer " + token})
    return json.load(urllib.request.urlopen(request, timeout=20))


asked = 0
for path, methods in spec["paths"].items():
    content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    if "application/json" not in content:
        continue
    schema = resolved(content["application/json"]["schema"])
    for which in schema.get("oneOf", [schema]):
        filled = path.replace("{report}", which.get("$ref", "").split("/")[-1])
        for name, value in names.items():
            filled = filled.replace("{" + name + "}", value)
        answer = fetch(filled)
        compare(filled, which, answer)
        if isinstance(answer, list) and not answer:
            print(filled, "is empty: nothing was compared")
        asked += 1
if asked < 14:
    print("only", asked, "answers were compared")
