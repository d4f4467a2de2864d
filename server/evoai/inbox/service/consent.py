"""Words by which a contact asks to be left alone or to be written to again, and what it is told then.

A wish is the whole message, whatever its case, accents, punctuation and emoji: who writes of leaving a group means
something else.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from evoai.inbox.models.contacts import Wish

NOTICE = "notice"
"""The key in a message's `extra` that marks our confirmation; it alone is sent to who opted out."""

_LONGEST = 60
_OUT = """
sair|quero sair|parar|pare|para|stop|stopall|stop all|cancelar|cancela|cancele|cancelar inscricao|cancelar envio
cancelar mensagens|remover|remova|me remova|remover meu numero|remover da lista|me tire da lista|descadastrar
descadastre|desinscrever|unsubscribe|opt out|optout|quit|nao quero mais mensagens|nao quero mais receber mensagens
nao quero receber mensagens|nao quero mais receber|pare de mandar mensagens|pare de me mandar mensagens
pare de enviar mensagens|parar mensagens|parar de receber|nao me mande mais mensagens
""".replace("\n", "|").strip("|")
_IN = """
voltar|quero voltar|voltar a receber|quero receber|quero voltar a receber|quero receber mensagens|start|unstop
subscribe|opt in|optin|reativar|retomar|inscrever|entrar
""".replace("\n", "|").strip("|")
_WISHES: dict[str, Wish] = {
    **dict.fromkeys(_OUT.split("|"), "out"),
    **dict.fromkeys(_IN.split("|"), "in"),
}
_POLITE = ("por favor", "pf", "pfv", "pfvr", "please", "obrigado", "obrigada")

_SAID: dict[str, dict[Wish, str]] = {
    "pt": {
        "out": "Tudo bem: você não vai mais receber mensagens automáticas nossas. Para voltar, escreva VOLTAR.",
        "in": "Pronto: você voltou a receber nossas mensagens. Para sair, escreva SAIR.",
    },
    "en": {
        "out": "All right: you will get no more automatic messages from us. To come back, write START.",
        "in": "Done: you will get our messages again. To leave, write STOP.",
    },
}


@dataclass(frozen=True, slots=True)
class Wished:
    """A wish that changed something, for the log of consents."""

    tenant_id: UUID
    contact_id: UUID
    wish: Wish
    message_id: UUID
    text: str
    at: datetime


def wish_of(text: str | None) -> Wish | None:
    if not text or len(text) > _LONGEST:
        return None
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char if char.isalnum() else " " if not unicodedata.combining(char) else "" for char in decomposed)
    said = " ".join(plain.split())
    for word in _POLITE:
        said = said.removeprefix(f"{word} ").removesuffix(f" {word}")
    return _WISHES.get(said)


def confirmation(wish: Wish, language: str) -> str:
    return _SAID["en" if language.lower().startswith("en") else "pt"][wish]
