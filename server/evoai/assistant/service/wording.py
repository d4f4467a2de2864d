"""What the assistant says by itself, without a model, in the tenant's language."""

from __future__ import annotations

from typing import Literal

Occasion = Literal["asked", "handed-over", "failed", "unavailable", "busy", "unknown", "offer"]

_PORTUGUESE: dict[Occasion, str] = {
    "asked": "Claro! Já avisei a nossa equipe: uma pessoa vai continuar a conversa por aqui.",
    "handed-over": "Vou passar a conversa para a nossa equipe. Uma pessoa continua com você por aqui.",
    "failed": "Desculpe, não consegui responder agora. Já avisei a nossa equipe: uma pessoa vai continuar por aqui.",
    "unavailable": "Recebemos a sua mensagem! Uma pessoa da nossa equipe vai responder por aqui.",
    "busy": "Obrigado pelas mensagens! Para continuar, uma pessoa da nossa equipe vai responder por aqui.",
    "unknown": "Não encontrei essa informação por aqui. Quer que eu chame uma pessoa da nossa equipe?",
    "offer": "Se quiser, chamo uma pessoa da nossa equipe.",
}
_ENGLISH: dict[Occasion, str] = {
    "asked": "Of course! I have told our team: a person will carry on with you right here.",
    "handed-over": "I am passing this on to our team. A person will carry on with you right here.",
    "failed": "Sorry, I could not answer just now. I have told our team: a person will carry on right here.",
    "unavailable": "We got your message! A person from our team will answer you right here.",
    "busy": "Thank you for your messages! A person from our team will carry on with you right here.",
    "unknown": "I could not find that here. Shall I ask a person from our team?",
    "offer": "If you like, I can ask a person from our team.",
}


def wording(language: str, occasion: Occasion) -> str:
    return (_ENGLISH if language.lower().startswith("en") else _PORTUGUESE)[occasion]
