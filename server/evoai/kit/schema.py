"""Bases of the structs on the wire: closed for what comes in, plain for what goes out."""

from __future__ import annotations

import msgspec


class In(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A request body. Unknown fields are refused, so that no caller can set what we did not list."""


class Patch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A partial update: fields default to `UNSET` and only those sent are changed."""

    def changes(self) -> dict[str, object]:
        """The fields that were sent, by name."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not msgspec.UNSET}


class Out(msgspec.Struct, kw_only=True):
    """An answer."""
