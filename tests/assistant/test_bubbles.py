"""Answers as bubbles: cleaned, and cut where nothing tears."""

from __future__ import annotations

import random
import re

import pytest

from evoai.assistant.service.bubbles import clean, split_bubbles, until_last_sentence

SENTENCE = "Nossa clínica fica na Rua das Flores e abre de segunda a sexta. "
FAMILY = "👩‍👩‍👧‍👦"
FLAG = "🇧🇷"


def words(text: str) -> list[str]:
    return text.split()


def test_up_to_a_thousand_characters_is_one_bubble() -> None:
    text = "a\n\nb " * 166
    assert split_bubbles(text) == (text.strip(),)
    assert split_bubbles("x" * 1000) == ("x" * 1000,)
    assert split_bubbles(" \n ") == ()


def test_longer_texts_are_cut_at_paragraphs_first() -> None:
    paragraphs = [(SENTENCE * 9).strip(), (SENTENCE * 8).strip(), (SENTENCE * 5).strip()]
    assert split_bubbles("\n\n".join(paragraphs)) == (paragraphs[0], "\n\n".join(paragraphs[1:]))


def test_then_at_sentences_but_not_after_abbreviations() -> None:
    text = ("Quem cuida de você é a Dra. Paula e o Dr. João, na Av. Brasil. " * 40).strip()
    bubbles = split_bubbles(text)
    assert 1 < len(bubbles) <= 4
    assert all(bubble.endswith("Brasil.") for bubble in bubbles)
    assert words(" ".join(bubbles)) == words(text)


def test_the_rest_goes_into_the_fourth() -> None:
    text = (SENTENCE * 100).strip()
    bubbles = split_bubbles(text)
    assert len(bubbles) == 4
    assert all(len(bubble) <= 1000 for bubble in bubbles[:3])
    assert 1000 < len(bubbles[3]) <= 4096
    assert words(" ".join(bubbles)) == words(text)


def test_what_is_too_long_for_that_gets_larger_bubbles() -> None:
    text = (SENTENCE * 200).strip()
    bubbles = split_bubbles(text)
    assert len(bubbles) <= 4
    assert all(len(bubble) <= 4096 for bubble in bubbles)
    assert words(" ".join(bubbles)) == words(text)


def test_links_stay_whole() -> None:
    link = "https://clinica.example/agenda?dia=2026-11-21&nome=" + "a.b!c?" * 100
    text = "Veja: " + "palavra " * 100 + link + " ok? " + "palavra " * 200
    bubbles = split_bubbles(text)
    assert sum(link in bubble for bubble in bubbles) == 1


@pytest.mark.parametrize("cluster", [FAMILY, FLAG, "👍🏽", "é", "❤️", "\u0e01\u0e33"])
def test_graphemes_stay_whole(cluster: str) -> None:
    for shift in range(len(cluster)):
        bubbles = split_bubbles("x" * shift + cluster * (3000 // len(cluster)))
        assert len(bubbles) > 1
        assert all(re.fullmatch(f"x*(?:{cluster})*", bubble) for bubble in bubbles)


def test_nothing_is_lost_and_no_bound_is_passed() -> None:
    chance = random.Random(7)
    pieces = ["palavra", "fim.", "Dr.", "\n\n", "\n", "https://a.example/x", FAMILY, FLAG, "é" * 30, "x" * 700]
    for _ in range(200):
        text = " ".join(chance.choices(pieces, k=chance.randrange(1, 250))).strip()
        if len(text) > 12_000:
            continue
        bubbles = split_bubbles(text)
        assert 0 < len(bubbles) <= 4 or not text
        assert all(0 < len(bubble) <= 4096 for bubble in bubbles)
        assert "".join(words("".join(bubbles))) == "".join(words(text))


def test_what_no_bubbles_hold_loses_its_end() -> None:
    bubbles = split_bubbles(FAMILY * 5000)
    assert len(bubbles) == 4
    assert all(len(bubble) <= 4096 and bubble.replace(FAMILY, "") == "" for bubble in bubbles)
    marks = split_bubbles("a" + "\u0301" * 30_000)
    assert all(len(bubble) <= 4096 for bubble in marks)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("a\x00b\x1b[31mc\u202ed\ufeff", "ab[31mcd"),
        ("a\ud800b", "ab"),
        ("um\r\ndois\rtrês\t!", "um\ndois\ntrês !"),
        ("a\n\n\n \n\nb  \nc", "a\n\nb\nc"),
        ("**Limpeza**: R$ 180", "*Limpeza*: R$ 180"),
        ("## Preços\nLimpeza", "*Preços*\nLimpeza"),
        ("[agenda](https://a.example/x)", "agenda: https://a.example/x"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        (f"Oi {FAMILY}{FLAG} ❤️ 2 * 3 * 4", f"Oi {FAMILY}{FLAG} ❤️ 2 * 3 * 4"),
        ("\x00 \u200b", ""),
    ],
)
def test_clean(written: str, sent: str) -> None:
    assert clean(written) == sent


def test_a_cut_text_ends_with_its_last_sentence() -> None:
    assert until_last_sentence("Sim. Custa R$ 180. E o clar") == "Sim. Custa R$ 180."
    assert until_last_sentence("Sem fim nenhum") == "Sem fim nenhum"
    assert until_last_sentence("Acabou.") == "Acabou."
