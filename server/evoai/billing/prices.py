"""What models cost, so that a trace or a charge can say it. A model that is not listed has no known price."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

# USD per million tokens, input and output: OpenAI's standard tier for text (developers.openai.com/api/docs/pricing),
# from public copies of that list dated July 2025 to June 2026. Cached input costs less, so sums are upper bounds.
_PRICES: dict[str, tuple[Decimal, Decimal]] = {
    "gpt-4o-mini": (Decimal("0.15"), Decimal("0.60")),
    "gpt-4o": (Decimal("2.50"), Decimal("10.00")),
    "gpt-4.1": (Decimal("2.00"), Decimal("8.00")),
    "gpt-4.1-mini": (Decimal("0.40"), Decimal("1.60")),
    "gpt-4.1-nano": (Decimal("0.10"), Decimal("0.40")),
    "gpt-5": (Decimal("1.25"), Decimal("10.00")),
    "gpt-5-mini": (Decimal("0.25"), Decimal("2.00")),
    "gpt-5-nano": (Decimal("0.05"), Decimal("0.40")),
    "o4-mini": (Decimal("1.10"), Decimal("4.40")),
    "text-embedding-3-small": (Decimal("0.02"), Decimal(0)),
    "text-embedding-3-large": (Decimal("0.13"), Decimal(0)),
    # Of sound. Whisper is sold at $0.006 a minute, which are 600 of `SOUND_TOKENS`.
    "whisper-1": (Decimal(10), Decimal(0)),
    "gpt-4o-transcribe": (Decimal("6.00"), Decimal("10.00")),
    "gpt-4o-mini-transcribe": (Decimal("3.00"), Decimal("5.00")),
}
SOUND_TOKENS = 10
"""Tokens of a second of sound, as models count it that are sold by tokens; those sold by time count alike here."""
# `gpt-4o-2024-05-13` was dearer than its successors under the same name.
_OTHER_PRICE = frozenset({"gpt-4o-2024-05-13"})
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def price_of(model: str) -> tuple[Decimal, Decimal] | None:
    """USD per million tokens, input and output; a dated name costs what its undated one does."""
    if model in _OTHER_PRICE:
        return None
    return _PRICES.get(_DATED.sub("", model))


def cost_micro_usd(spent: Iterable[tuple[str, int, int]]) -> int | None:
    """Millionths of a US dollar for `(model, input tokens, output tokens)`; None if any of them has no known price."""
    total = Decimal(0)
    for model, tokens_in, tokens_out in spent:
        if not tokens_in and not tokens_out:
            continue
        price = price_of(model)
        if price is None:
            return None
        # Dollars per million tokens are millionths of a dollar per token.
        total += tokens_in * price[0] + tokens_out * price[1]
    return int(total.to_integral_value(ROUND_HALF_UP))
