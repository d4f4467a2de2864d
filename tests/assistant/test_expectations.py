"""What is expected of an answer, read without accents, case, and ways of writing a price or a time."""

from __future__ import annotations

import pytest

from evoai.assistant.service.expectations import says, suggested


@pytest.mark.parametrize(
    ("answer", "wanted", "there"),
    [
        ("A limpeza custa R$ 180.", "R$ 180,00", True),
        ("A limpeza custa R$180,00", "r$ 180", True),
        ("A limpeza custa R$ 1.180", "R$ 180", False),
        ("A limpeza custa R$ 1800", "R$ 180", False),
        ("São R$ 1.500,50 no total", "1500,50", True),
        ("São R$ 1.500,50 no total", "1500,5", True),
        ("Abrimos das 08:00–12:00", "8h", True),
        ("Abrimos às 8 horas", "08:00", True),
        ("Abrimos às 18h", "8h", False),
        ("Abrimos às 8h30", "8h", False),
        ("São 6 VEZES sem juros", "6 vezes", True),
        ("Não há avaliação", "avaliacao", True),
        ("Falamos de descontos", "desconto", False),
        ("Só 10% hoje", "10%", True),
        ("Só 110% hoje", "10%", False),
        ("Veja https://clinica.example/precos", "https://clinica.example/precos", True),
        ("Claro 😊", "😊", True),
        ("Claro", "😊", False),
    ],
)
def test_what_an_answer_says(answer: str, wanted: str, there: bool) -> None:
    assert says(answer, wanted) is there


def test_expectations_are_suggested_from_what_must_not_change() -> None:
    reply = "A limpeza custa R$ 1.180,00, às 8h30 ou 14:00. Veja https://clinica.example/x. Ligue (11) 98765-4321."
    assert [(item.kind, item.value) for item in suggested(reply, False)] == [
        ("contains", "https://clinica.example/x"),
        ("contains", "R$ 1.180,00"),
        ("contains", "8h30"),
        ("contains", "14:00"),
        ("contains", "11"),
        ("contains", "98765-4321"),
    ]
    assert [item.kind for item in suggested("Uma pessoa já vem.", True)] == ["handed_over"]
    assert [(item.kind, item.value) for item in suggested("Sim, atendemos crianças.", False)] == [
        ("criterion", "Diz o mesmo que: Sim, atendemos crianças.")
    ]
    assert suggested(None, False) == []
