"""What models write in Markdown, as WhatsApp shows it; and that nothing which was said is lost on the way."""

from __future__ import annotations

import random
import re

import pytest

from evoai.assistant.service.bubbles import clean, split_bubbles
from evoai.assistant.service.markdown import as_whatsapp

TABLE = """Nossos preços:

| Serviço | Preço | Duração |
|:--------|------:|---------|
| Limpeza | R$ 180 | 40 min |
| **Clareamento** | R$ 600 | |

Quer marcar?"""


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("**negrito** e __forte__", "*negrito* e *forte*"),
        ("***os dois***", "*_os dois_*"),
        ("*já é nosso* e _itálico_", "*já é nosso* e _itálico_"),
        ("~~R$ 200~~ R$ 180", "~R$ 200~ R$ 180"),
        ("# Título\ntexto", "*Título*\ntexto"),
        ("### **Título** ###\ntexto", "*Título*\ntexto"),
        ("#1 na cidade", "#1 na cidade"),
        ("* um\n* dois\n+ três\n• quatro", "- um\n- dois\n- três\n- quatro"),
        ("- um\n  - dentro", "- um\n  - dentro"),
        ("1. um\n2. dois", "1. um\n2. dois"),
        ("- [x] feito\n- [ ] por fazer", "- feito\n- por fazer"),
        ("antes\n\n---\n\ndepois", "antes\n\n\ndepois"),
        ("> citado", "> citado"),
        ("use `a**b**c` aqui", "use `a**b**c` aqui"),
        ("```python\nx = '**a**'\n```", "```x = '**a**'```"),
        ("``` não é código", "``` não é código"),
        ("[agenda](https://a.example/x_y__z__w)", "agenda: https://a.example/x_y__z__w"),
        ("![foto](https://a.example/f.png)", "foto: https://a.example/f.png"),
        ("[](https://a.example)", "https://a.example"),
        ('[a](https://a.example/b "título")', "a: https://a.example/b"),
        ("[a](https://a.example/b_(c))", "a: https://a.example/b_(c)"),
        ("<https://a.example/?q=1>", "https://a.example/?q=1"),
        ("**https://a.example/x**", "*https://a.example/x*"),
        ("https://a.example/a__b__c**d**?x=~~y~~", "https://a.example/a__b__c**d**?x=~~y~~"),
        ("um<br>dois<br/>três", "um\ndois\ntrês"),
        ("custa 2 \\* 3 \\_ 4 \\#5", "custa 2 \\* 3 _ 4 #5"),
        ("meu__init__arquivo e snake_case_name", "meu__init__arquivo e snake_case_name"),
        ("2 ** 3 ** 4", "2 ** 3 ** 4"),
        ("a|b sem tabela", "a|b sem tabela"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "- 1: 2\n"),
    ],
)
def test_markdown_becomes_whatsapp(written: str, sent: str) -> None:
    assert as_whatsapp(written) == sent
    assert as_whatsapp(sent) == sent


def test_a_table_becomes_a_list_that_can_be_read() -> None:
    assert clean(TABLE) == (
        "Nossos preços:\n\n- Limpeza: Preço: R$ 180; Duração: 40 min\n- *Clareamento*: Preço: R$ 600\n\nQuer marcar?"
    )


PIECES = [
    "**negrito**", "_itálico_", "~~fora~~", "`código`", "# Título", "- item", "1. item", "> citado", "palavra.",
    "R$ 1.500,00", "R$ 1 500", "11 98765-4321", "14h30", "Dr. Silva", "https://a.example/x?y=1&z=__2__", "\n", "\n\n",
    "[link](https://b.example/c)", "fim!", "😀", "| a | b |", "|---|---|", "***", "**", "__", "`", "\\*", "<br>",
]  # fmt: skip


WHOLE = (
    *("https://a.example/x?y=1&z=__2__", "https://b.example/c"),
    *("R$ 1.500,00", "R$ 1 500", "11 98765-4321", "Dr. Silva"),
)
STRAY = {"***", "**", "__", "`", "\\*"}
"""Marks without a partner, which find one by chance."""


def said(text: str) -> str:
    """The letters and digits of a text, in order."""
    return re.sub(r"[\W_]+", "", text.replace("<br>", ""))


@pytest.mark.parametrize("seed", range(8))
def test_no_word_is_lost_and_twice_is_as_once(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(250):
        pieces = chance.choices([piece for piece in PIECES if "|" not in piece], k=chance.randrange(1, 60))
        text = " ".join(pieces)
        once = clean(text)
        assert clean(once) == once or STRAY & set(pieces), text
        assert said(once) == said(text), text
        for link in re.findall(r"https://a\.example/x\?y=1&z=__2__", text):
            assert link in once


@pytest.mark.parametrize("seed", range(8))
def test_bubbles_tear_no_link_number_or_item_and_hold_no_lonely_word(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        text = clean(" ".join(chance.choices(PIECES, k=chance.randrange(150, 500))))
        bubbles = split_bubbles(text)
        assert "".join("".join(bubbles).split()) == "".join(text.split())
        assert all(0 < len(bubble) <= 4096 for bubble in bubbles)
        if len(bubbles) > 1:
            assert [bubble for bubble in bubbles if len(bubble.split()) < 2 and len(bubble) < 60] == []
        assert [bubble for bubble in bubbles if re.search(r"(?:^|\n) *\d{1,3}\.$", bubble)] == []
        for whole in WHOLE:
            assert sum(bubble.count(whole) for bubble in bubbles) == text.count(whole), whole


def test_a_list_stays_with_what_announces_it_and_its_items_stay_whole() -> None:
    filler = ("Nossa clínica abre de segunda a sexta. " * 20).strip()
    items = "\n".join(f"- Serviço {n}: limpeza completa\n  com avaliação e retorno em {n} dias" for n in range(1, 9))
    bubbles = split_bubbles(f"{filler}\n\nTemos os seguintes serviços:\n\n{items}")
    assert len(bubbles) == 2
    assert bubbles[1].startswith("Temos os seguintes serviços:")
    long = "\n".join(f"- Serviço {n}: " + "limpeza completa " * 6 + f"\n  retorno em {n} dias" for n in range(1, 30))
    for bubble in split_bubbles(long):
        assert bubble.startswith("- Serviço")
        assert bubble.endswith("dias")


def test_a_heading_stays_with_its_text() -> None:
    text = clean("## Preços\n\n" + "Limpeza custa R$ 180. " * 30 + "\n\n## Horários\n\n" + "Das 8h às 18h. " * 40)
    bubbles = split_bubbles(text)
    assert [bubble.split("\n")[0] for bubble in bubbles] == ["*Preços*", "*Horários*"]
