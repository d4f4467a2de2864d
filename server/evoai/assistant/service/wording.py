"""What the assistant says by itself, without a model, in the tenant's language."""

from __future__ import annotations

from typing import Literal

Occasion = Literal["asked", "handed-over", "failed", "unavailable"]

_PORTUGUESE: dict[Occasion, str] = {
    "asked": "Claro! Já avisei a nossa equipe: uma pessoa vai continuar a conversa por aqui.",
    "handed-over": "Vou passar a conversa para a nossa equipe. Uma pessoa continua com você por aqui.",
    "failed": "Desculpe, não consegui responder agora. Já avisei a nossa equipe: uma pessoa vai continuar por aqui.",
    "unavailable": "Recebemos a sua mensagem! Uma pessoa da nossa equipe vai responder por aqui.",
}
_ENGLISH: dict[Occasion, str] = {
    "asked": "Of course! I have told our team: a person will carry on with you right here.",
    "handed-over": "I am passing this on to our team. A person will carry on with you right here.",
    "failed": "Sorry, I could not answer just now. I have told our team: a person will carry on right here.",
    "unavailable": "We got your message! A person from our team will answer you right here.",
}


def wording(language: str, occasion: Occasion) -> str:
    return (_ENGLISH if language.lower().startswith("en") else _PORTUGUESE)[occasion]
