"""Requests for a person: told from words alone, in Portuguese and English, and not from their denial."""

from __future__ import annotations

from time import perf_counter

import pytest

from evoai.assistant.service.asked import asks_for_person, normalise

ASKING = """
quero falar com um atendente
QUERO FALAR COM UM HUMANO!!!
atendente
Atendente, por favor
atendenteeeee
ａｔｅｎｄｅｎｔｅ
humano
posso falar com alguém?
queria falar com uma pessoa
não quero robô, quero falar com um atendente
nao consigo resolver, me passa pra um atendente
quero um atendente
preciso de um atendente urgente
chama um atendente aí
me transfere para um humano
transferir para atendente
Tem algum atendente disponível?
tem algum humano aí?
quero atendimento humano
gostaria de ser atendida por uma pessoa
como faço para falar com um atendente?
falar c atendente
Não dá pra falar com um atendente não? sério
por que você não chama um atendente?
quero falar com o gerente
Poderia me passar para alguém da equipe?
você pode chamar uma pessoa?
quero conversar com uma pessoa de verdade
não, quero falar com atendente
nao quero mais falar com robo quero um atendente
não consigo falar com ninguém, quero uma pessoa
I want to talk to a human
can I speak to a real person?
agent
human please
I need a human agent
connect me with an agent
transfer me to a representative
please let me speak with someone
I don't want a bot, I want a human
why don't you get me a human?
""".strip().splitlines()

NOT_ASKING = """
não quero falar com atendente
nao quero falar com um atendente, só saber o preço
não preciso de atendente
não precisa chamar um atendente
não quero que chame um atendente
não quero ter que falar com um atendente
quero falar com atendente não
sem atendente por favor
nem quero falar com humano
qual o horário de atendimento?
vocês têm atendimento aos sábados?
adorei o atendimento
o atendente de ontem foi muito grosso
você é humano?
estou falando com um humano ou robô?
quero trabalhar como atendente
tem vaga de atendente?
vocês atendem pessoa com deficiência?
recursos humanos
o corpo humano tem 32 dentes?
quero marcar uma consulta para uma pessoa idosa
a gente quer saber o preço
quanto custa a limpeza?
bom dia
I don't want to talk to a human
no need to speak to an agent
do not transfer me to an agent
I don’t need a human
are you a human?
""".strip().splitlines()


@pytest.mark.parametrize("message", ASKING)
def test_asks(message: str) -> None:
    assert asks_for_person([message])


@pytest.mark.parametrize("message", NOT_ASKING)
def test_does_not_ask(message: str) -> None:
    assert not asks_for_person([message])


def test_one_of_several_messages_is_enough() -> None:
    assert asks_for_person(["oi", "tudo bem?", "quero um atendente"])
    assert not asks_for_person([])


@pytest.mark.parametrize(
    ("message", "keyword", "found"),
    [
        ("preciso de REEMBOLSO já", "reembolso", True),
        ("reembolsos", "reembolso", False),
        ("quero meu dinheiro de volta.", "Dinheiro de Volta!", True),
        ("não quero reembolso", "reembolso", True),
        ("olá!!", "!!", False),
        ("advogado", "ação", False),
    ],
)
def test_keywords_are_whole_words(message: str, keyword: str, found: bool) -> None:
    assert asks_for_person([message], [keyword]) is found


def test_zero_width_characters_hide_nothing() -> None:
    assert normalise("aten\u200bdente") == "atendente"


def test_a_huge_message_is_looked_at_in_no_time() -> None:
    began = perf_counter()
    assert not asks_for_person(["nao quero " * 100_000, "a" * 1_000_000, "falar com " * 100_000])
    assert asks_for_person(["x " * 100_000 + ". quero um atendente"])
    assert perf_counter() - began < 1
