"""What realtime plugs into the house."""

from __future__ import annotations

from evoai.kit.module import Module
from evoai.realtime.controllers import realtime

MODULE = Module(name="realtime", controllers=(realtime,))
