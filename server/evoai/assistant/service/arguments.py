"""Arguments of tools that come as a JSON schema: from an admin's definition, or from a server that lists its tools.

A schema is somebody's input. What it refers to is put in place before it is compiled, so that nothing is fetched and
nothing runs in circles; patterns run on an engine whose time grows with the text alone.
"""

from __future__ import annotations

from typing import Any, cast

import jsonschema_rs
import msgspec

SCHEMA_BYTES = 16_000
ARGUMENT_BYTES = 16_000
_NODES = 1_000
_DEPTH = 12
_PATTERN_BYTES = 1_000_000
_REFERENCES = ("$dynamicRef", "$recursiveRef")


class JsonArguments:
    """Arguments that keep to `schema`. Raises `ValueError` for a schema that cannot be used."""

    def __init__(self, schema: dict[str, Any]) -> None:
        if len(msgspec.json.encode(schema)) > SCHEMA_BYTES:
            raise ValueError(f"the schema is larger than {SCHEMA_BYTES} bytes")
        plain = _Inlined(schema).result
        if plain.get("type") != "object":
            raise ValueError('the schema must be of "type": "object"')
        patterns = jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES)
        try:
            self._validator = jsonschema_rs.validator_for(plain, retriever=_nothing, pattern_options=patterns)
        except ValueError as error:
            raise ValueError(str(error).split("\n", 1)[0][:200]) from None
        self.schema = plain

    @property
    def names(self) -> frozenset[str]:
        """Of the properties at the top."""
        return frozenset(self.schema.get("properties", {}))

    def read(self, written: str) -> dict[str, Any]:
        """What the model wrote. Raises `ValueError` with words for the model."""
        if len(written) > ARGUMENT_BYTES:
            raise ValueError("the arguments are too long")
        return self.check(msgspec.json.decode(written or "{}", type=dict[str, Any]))

    def check(self, values: dict[str, Any]) -> dict[str, Any]:
        """Raises `ValueError`."""
        wrong = next(iter(self._validator.iter_errors(values)), None)
        if wrong is not None:
            where = "/".join(str(part) for part in wrong.instance_path)
            raise ValueError(f"{where or 'the arguments'}: {wrong.message}"[:300])
        return values


def _nothing(uri: str) -> Any:
    raise ValueError(f"{uri[:100]} is not fetched")


class _Inlined:
    """A schema with what its references name put in their place. Raises `ValueError` for what refers elsewhere, in
    circles, or grows too large."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._root, self._nodes = schema, 0
        body = {name: value for name, value in schema.items() if name not in ("$defs", "definitions")}
        self.result = cast(dict[str, Any], self._walk(body, (), 0))

    def _walk(self, value: Any, inside: tuple[str, ...], depth: int) -> Any:
        self._nodes += 1
        if depth > _DEPTH or self._nodes > _NODES:
            raise ValueError("the schema is too deep or too large")
        if isinstance(value, list):
            return [self._walk(item, inside, depth + 1) for item in cast(list[Any], value)]
        if not isinstance(value, dict):
            return value
        found = cast(dict[str, Any], value)
        if any(isinstance(found.get(name), str) for name in _REFERENCES):
            raise ValueError("the schema has a reference that is not taken")
        target = found.get("$ref")
        if not isinstance(target, str):
            return {name: self._walk(item, inside, depth + 1) for name, item in found.items()}
        if target in inside:
            raise ValueError("the schema refers to itself")
        named = self._walk(self._target(target), (*inside, target), depth + 1)
        beside = {name: self._walk(item, inside, depth + 1) for name, item in found.items() if name != "$ref"}
        return {**cast(dict[str, Any], named), **beside} if isinstance(named, dict) else named

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            raise ValueError("the schema refers to something outside it")
        found: Any = self._root
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or name not in found:
                raise ValueError("the schema refers to what it does not have")
            found = cast(dict[str, Any], found)[name]
        return found
