"""Tests of operations look at the simulated world as those of the inbox do: each with a log of its own."""

from __future__ import annotations

from tests.inbox.conftest import own_log

__all__ = ["own_log"]
