#!/usr/bin/env python3
"""Compares two OpenAPI documents without their prose.

Usage: compare-openapi.py OLD.json NEW.json

Descriptions, summaries, tags, servers and titles may differ. Everything else (paths, operations,
parameters, schemas, responses) must be equal; the order of parameters and of `required` does not count.
Prints each difference with its JSON pointer and exits 1 if there is one.
"""
import json
import sys

PROSE = {"description", "summary", "tags", "servers", "title"}
# Below these, keys are names that the interface gives and not words of OpenAPI.
NAMES = {"properties", "schemas", "paths", "responses", "headers", "content", "securitySchemes", "scopes", "example"}


def stripped(value, under_names=False):
    """The value without prose. A field that is named `description` is no prose."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if under_names or key not in PROSE}
        return {key: stripped(item, key in NAMES and not under_names) for key, item in kept.items()}
    if isinstance(value, list):
        return [stripped(item) for item in value]
    return value


def ordered(value):
    """The value with lists whose order means nothing in a fixed order."""
    if isinstance(value, dict):
        result = {key: ordered(item) for key, item in value.items()}
        if isinstance(result.get("parameters"), list):
            result["parameters"].sort(key=lambda one: (one.get("in", ""), one.get("name", "")))
        if isinstance(result.get("required"), list):
            result["required"].sort()
        return result
    return [ordered(item) for item in value] if isinstance(value, list) else value


def differences(old, new, pointer=""):
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            here = f"{pointer}/{key}"
            if key not in new:
                yield f"{here}: gone, was {json.dumps(old[key], ensure_ascii=False)[:200]}"
            elif key not in old:
                yield f"{here}: new, is {json.dumps(new[key], ensure_ascii=False)[:200]}"
            else:
                yield from differences(old[key], new[key], here)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new)):
            yield from differences(*pair, f"{pointer}/{index}")
    elif old != new:
        yield f"{pointer}: {json.dumps(old, ensure_ascii=False)[:200]} -> {json.dumps(new, ensure_ascii=False)[:200]}"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    documents = []
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as file:
            documents.append(ordered(stripped(json.load(file))))
    found = list(differences(*documents))
    print("\n".join(found) or "equal but for prose, tags and servers")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
