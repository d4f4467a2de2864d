"""The room of people. It has no routes of its own: what people do to log in is answered by `tenants`."""

from __future__ import annotations

from evoai.kit.module import Module

MODULE = Module("auth")
