"""Words into terms: accents and case away, endings away, words without meaning away. Documents and questions pass
through the same function, so whether somebody writes accents never matters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import snowballstemmer

_WORD = re.compile(r"[a-z0-9]+(?:[.,:][0-9]+)*")
_LONGEST = 40

_SMALL_WORDS = """
a à ao aos aquela aquelas aquele aqueles aquilo as até com como da das de dela delas dele deles depois do dos e ela elas
ele eles em entre era essa essas esse esses esta está estão estar estava este estes estou eu foi foram fosse há isso
isto já la lá lhe lhes lo mas me mesmo meu meus minha minhas muito muita na nas nem no nos nós nossa nossas nosso nossos
num numa o os ou para pela pelas pelo pelos por pra pro porque que quem se seja sem ser será seu seus si só sob sobre
somos sou sua suas são tá também te tem têm tenho ter teria teu tinha toda todo todas todos tu tua um uma umas uns vai
vão vocês você vc vcs vou é eh ô oi olá bom boa noite obrigado obrigada favor gostaria queria quero saber posso pode
podem poderia podia consigo fazer faço faz fica ficam ficar aí aqui ali qual quais quando quanto quanta quantos quantas
onde cadê oq q pq pois então assim alguma algum alguns algumas cada outro outra outros outras mais tipo existe existem
preciso precisa precisamos gente diz dizer the of and to in is are for on with what how do you i an it
"""

# With its accents gone, Portuguese loses endings that the stemmer knows by them.
_RESTORED = (("coes", "ções"), ("cao", "ção"), ("oes", "ões"), ("aes", "ães"), ("avel", "ável"), ("ivel", "ível"))

# snowballstemmer ships no types.
_stem: Callable[[str], str] = cast(Any, snowballstemmer).stemmer("portuguese").stemWord


def fold(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


_STOP = frozenset(fold(word) for word in _SMALL_WORDS.split())


def words(text: str) -> list[str]:
    """What carries meaning, folded, in order."""
    found = (word.strip(".,:") for word in _WORD.findall(fold(text)))
    return [word[:_LONGEST] for word in found if word not in _STOP and (len(word) > 1 or word.isdigit())]


def all_words(text: str) -> list[str]:
    """Every word, folded, in order."""
    return [word.strip(".,:") for word in _WORD.findall(fold(text))]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The term of a folded word."""
    if word[0].isdigit():
        # 14h, 14:00 and 14h00 are one time of the day.
        if found := re.fullmatch(r"(\d{1,2})(?:h(?:s|rs|oras?)?|:00|h00)(?:min)?", word):
            return found[1] + "h"
        return word
    for ending, accented in _RESTORED:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            word = word[: -len(ending)] + accented
            break
    found = fold(_stem(word))
    return found if len(found) > 1 else fold(word)


def terms(text: str) -> list[str]:
    """The terms of a text, in order, as often as they stand there."""
    return [stem(word) for word in words(text)]


_ROOT = 5


def root(term: str) -> str | None:
    """The beginning that a term shares with its kin (`parcelado`, `parcelamento`), where a stemmer keeps them apart.
    Marked, so that it is no word's term."""
    return f"~{term[:_ROOT]}" if len(term) >= _ROOT and term.isalpha() else None


def indexed(text: str) -> list[str]:
    """What a document's text is found by: its terms and their roots."""
    found = terms(text)
    return found + [kin for term in found if (kin := root(term)) is not None]
